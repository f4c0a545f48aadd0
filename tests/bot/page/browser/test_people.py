"""Persons behind the bot: a case from the asker's tab to the reviewer's and back."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from bot.page.demo import Demo
from bot.workspace.channels import Channel
from tests.bot.page.browser.conftest import Open, Tab

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]


async def test_a_case_goes_to_a_reviewer_whose_edited_answer_the_asker_sees(
    open_tab: Open, channel: Channel, demo: Demo
) -> None:
    asker = await open_tab("maya", channel)
    # A question that no other test asks: what a person answers is what the bot says from then on.
    await asker.ask("How much does the bicycle lease cost?")
    answer = await asker.answered("The bicycle lease costs 20 euros a month.")
    await answer.get_by_role("button", name="Get a human").click()

    reviewer = await open_tab("rita", demo.cast.escalations)
    card = reviewer.page.locator("main article", has_text="A question needs a person").last
    await card.get_by_role("button", name="Claim").click()
    await expect(card).to_contain_text("Rita Sanchez has")
    await card.get_by_role("button", name="Edit the draft").click()
    form = reviewer.page.get_by_role("dialog", name="Edit and send")
    field = form.get_by_label("The answer")
    await expect(field).to_have_value("The bicycle lease costs 20 euros a month. [1]")

    await field.fill("")
    await form.get_by_role("button", name="Send").click()
    await expect(form.get_by_role("alert")).to_contain_text("required")
    await expect(field).to_be_focused()
    await expect(field).to_have_value("")

    await field.fill("It is 25 euros since this month. [1]")
    await form.get_by_role("button", name="Send").click()
    await expect(form).to_have_count(0)
    told = asker.panel.locator("article", has_text="It is 25 euros since this month.")
    await expect(told).to_contain_text("Rita Sanchez")


async def test_who_acts_is_switched_and_sees_only_their_channels(
    open_tab: Open, channel: Channel
) -> None:
    tab = await open_tab("maya", channel)
    channels = tab.page.get_by_role("navigation", name="Channels")
    await expect(channels.get_by_role("link", name="escalations")).to_have_count(0)
    await tab.page.get_by_role("button", name="Acting as").click()
    await tab.page.get_by_role("menuitemradio", name="Rita Sanchez").click()
    await expect(channels.get_by_role("link", name="escalations")).to_be_visible()
    await tab.page.get_by_role("button", name="Acting as").click()
    await tab.page.get_by_role("menuitemradio", name="Greta Weiss").click()
    await expect(channels.get_by_role("link", name="project-north")).to_be_visible()
    await expect(channels.get_by_role("link", name="general")).to_have_count(0)


async def test_the_apps_home_says_what_it_knows(open_tab: Open) -> None:
    tab = await open_tab("adam")
    await tab.page.get_by_role("link", name="Deskhand").click()
    await tab.page.get_by_role("tab", name="Home").click()
    await expect(tab.page.get_by_role("tabpanel")).to_contain_text("What I know")
    await tab.page.get_by_role("tab", name="Home").press("ArrowRight")
    await expect(tab.page.get_by_role("tab", name="Messages")).to_be_focused()
    await expect(tab.box).to_be_visible()


async def test_a_reviewer_answers_a_case_without_a_mouse(
    open_tab: Open, channel: Channel, demo: Demo
) -> None:
    maya = demo.cast.people["maya"]
    asked = maya.mention(channel, "Who pays for a broken window of my own car?")
    reviewer = await open_tab("rita", demo.cast.escalations)
    keyboard = reviewer.page.keyboard
    card = reviewer.page.locator("main article", has_text="a broken window of my own car").last
    await card.wait_for()

    await expect(reviewer.box).to_be_focused()
    await keyboard.press("Shift+Tab")  # from the box to the newest message's last control
    await press_on(reviewer, card.get_by_role("button", name="Claim"), "Shift+Tab")
    await expect(card).to_contain_text("Rita Sanchez has")
    await press_on(
        reviewer, card.get_by_role("button", name="Answer this question yourself"), "Tab"
    )
    form = reviewer.page.get_by_role("dialog", name="Answer a question")
    await expect(form.get_by_label("Your answer")).to_be_focused()
    await keyboard.type("You do, and the insurance pays you back.")
    await press_on(reviewer, form.get_by_role("button", name="Send"), "Tab")
    await expect(form).to_have_count(0)

    asker = await open_tab("maya", channel)
    await asker.page.locator("main .thread-link").click()
    told = asker.panel.locator("article", has_text="the insurance pays you back")
    await expect(told.first).to_contain_text("Rita Sanchez")
    assert asked.channel == channel.id


async def press_on(tab: Tab, button: Locator, step: str) -> None:
    """Goes to a button by key, and presses it."""
    await button.wait_for()
    for _ in range(40):
        if await button.evaluate("button => button === document.activeElement"):
            await tab.page.keyboard.press("Enter")
            return
        await tab.page.keyboard.press(step)
    raise AssertionError("the keyboard does not come to the button")
