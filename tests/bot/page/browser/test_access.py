"""Keyboard, screen readers, colours and narrow screens."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from bot.page.demo import Demo
from bot.workspace.channels import Channel
from tests.bot.page.browser.conftest import HOW_LONG, Open

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_shown_breaks_the_rules_of_access(
    open_tab: Open, channel: Channel, demo: Demo, scheme: str
) -> None:
    tab = await open_tab("rita", channel, color_scheme=scheme)
    assert await tab.violations() == []
    await tab.ask(HOW_LONG)
    answer = await tab.answered()
    assert await tab.violations() == []
    await answer.get_by_role("button", name="What happened").click()
    await tab.panel.locator(".timeline").wait_for()
    assert await tab.violations() == []
    await tab.panel.get_by_role("button", name="Thread").click()
    await answer.get_by_role("button", name="Get a human").click()
    await tab.page.get_by_role("link", name="escalations").click()
    card = tab.page.locator("main article", has_text="A question needs a person").last
    await card.get_by_role("button", name="Answer this question yourself").click()
    await tab.page.get_by_role("dialog", name="Answer a question").wait_for()
    assert await tab.violations() == []
    await tab.page.keyboard.press("Escape")
    assert await tab.violations() == []
    await tab.page.get_by_role("link", name="Deskhand").click()
    await tab.page.get_by_role("tab", name="Home").click()
    await expect(tab.page.get_by_role("tabpanel")).to_contain_text("What I know")
    assert await tab.violations() == []
    await tab.page.locator("main .bot-pill").click()
    await tab.page.get_by_role("switch").first.wait_for()
    assert await tab.violations() == []


async def test_a_narrow_screen_shows_one_pane_and_never_scrolls_sideways(
    open_tab: Open, channel: Channel
) -> None:
    tab = await open_tab("maya", channel, width=360, height=720)

    async def fits() -> None:
        await expect(tab.page.locator(".pane:visible")).to_have_count(1)
        await tab.page.wait_for_function("document.documentElement.scrollWidth <= 360")
        assert await tab.violations() == []

    await fits()
    await tab.box.fill(f"@Deskhand {HOW_LONG}")
    await tab.box.press("Enter")
    await tab.page.locator("main .thread-link").click()
    answer = await tab.answered()
    await fits()
    await answer.get_by_role("button", name="What happened").click()
    await tab.panel.locator(".timeline").wait_for()
    await fits()
    await tab.panel.get_by_role("button", name="Close What happened").click()
    await tab.page.get_by_role("button", name="Back to the list of channels").click()
    await tab.page.get_by_role("link", name="general").wait_for()
    await fits()
    await tab.page.get_by_role("link", name="general").click()
    await expect(tab.box).to_be_visible()


async def test_all_of_it_can_be_done_with_the_keyboard(open_tab: Open, channel: Channel) -> None:
    tab = await open_tab("maya", channel)
    keyboard = tab.page.keyboard
    await expect(tab.box).to_be_focused()
    await keyboard.type("@desk")
    await tab.page.get_by_role("option", name="Deskhand").wait_for()
    await keyboard.press("Enter")
    await keyboard.type("How many weeks is")
    await keyboard.press("Shift+Enter")
    await keyboard.type("parental leave?")
    await keyboard.press("Enter")
    await tab.answered()
    reply = tab.page.locator("#reply-box")
    await expect(reply).to_be_focused()

    await keyboard.press("Shift+Tab")
    await expect(tab.panel.get_by_role("button", name="What happened")).to_be_focused()
    await keyboard.press("Enter")
    await tab.panel.locator(".timeline").wait_for()
    await keyboard.press("Escape")
    await expect(tab.panel).to_have_count(0)

    question = tab.page.locator("main article").last
    await question.focus()
    await keyboard.press("Tab")
    await expect(tab.page.locator("main .thread-link")).to_be_focused()

    await keyboard.press("Control+k")
    jump = tab.page.get_by_role("combobox", name="Jump to a channel or person")
    await expect(jump).to_be_focused()
    await keyboard.type("gene")
    await keyboard.press("Enter")
    await expect(tab.page.get_by_role("heading", name="general", level=1)).to_be_visible()


async def test_the_colours_follow_the_system_until_the_reader_chooses(open_tab: Open) -> None:
    tab = await open_tab("maya", color_scheme="dark")
    ground = tab.page.locator("body")
    await expect(ground).to_have_css("background-color", "rgb(22, 25, 26)")
    await tab.page.get_by_role("button", name="Light colours").click()
    await expect(ground).to_have_css("background-color", "rgb(255, 255, 255)")
    await tab.page.reload()
    await tab.box.wait_for()
    await expect(ground).to_have_css("background-color", "rgb(255, 255, 255)")
