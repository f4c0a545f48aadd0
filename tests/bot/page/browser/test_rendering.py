"""What others wrote stays words, whatever block it stands in; nothing breaks the page."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from bot.page.demo import Demo
from bot.workspace.channels import Channel
from bot.workspace.posting import post
from tests.bot.page.browser.conftest import Open
from tests.bot.page.browser.gallery import BLOCKS, HOSTILE, MODAL, escaped

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]
MANY = 3_000


async def test_every_block_is_shown_and_no_word_becomes_markup(
    open_tab: Open, channel: Channel, demo: Demo
) -> None:
    app = demo.workspace.world.people[demo.workspace.app.bot_user]
    post(demo.workspace.slack, channel, app, "all", blocks=BLOCKS, emit=False)
    hostile = demo.cast.people["tom"]
    post(demo.workspace.slack, channel, hostile.person, escaped(HOSTILE), emit=False)
    tab = await open_tab("maya", channel)
    gallery = tab.page.locator("main article").first
    await expect(gallery.get_by_role("heading", name="Everything")).to_be_visible()
    await expect(tab.page.locator("main article").nth(1)).to_contain_text(HOSTILE)

    assert await tab.page.evaluate("window.hacked") is None
    assert await gallery.locator("script, iframe, object").count() == 0
    addresses = await gallery.locator("a, img").evaluate_all("all => all.map(a => a.href ?? a.src)")
    assert addresses
    assert not [a for a in addresses if not str(a).startswith("https://example.com/")]
    assert await gallery.locator("img").count() == 0
    await expect(gallery.locator(".unknown-block")).to_have_count(3)
    await expect(gallery.locator("ol > li > ul > li")).to_have_text("inside first")
    await expect(gallery.locator("ol[start='2'] > li")).to_have_text("second")
    await expect(gallery.locator("table")).to_have_count(2)
    await expect(gallery.locator(".task.in_progress")).to_contain_text(HOSTILE)
    assert await tab.violations() == []

    await gallery.get_by_role("button", name="Sure?").click()
    dialog = tab.page.get_by_role("dialog", name="Really?")
    await expect(dialog.get_by_role("button", name="Do it")).to_be_visible()
    await dialog.get_by_role("button", name="Leave it").click()
    await expect(dialog).to_have_count(0)


async def test_every_input_of_a_modal_is_shown_and_views_lie_on_one_another(
    open_tab: Open, channel: Channel, demo: Demo
) -> None:
    tab = await open_tab("tom", channel)
    tom = demo.cast.people["tom"]
    views = demo.workspace.slack.views
    views.open(tom.id, MODAL)
    dialog = tab.page.get_by_role("dialog", name="Everything")
    await dialog.wait_for()
    await expect(dialog.get_by_label("Input plain_text_input")).to_have_value(HOSTILE)
    await expect(dialog.get_by_role("group", name="Input radio_buttons")).to_be_visible()
    assert await tab.violations() == []
    second = MODAL | {"title": {"type": "plain_text", "text": "On top"}}
    views.push(tom.id, second)
    await tab.page.get_by_role("dialog", name="On top").wait_for()
    await tab.page.keyboard.press("Escape")
    await dialog.wait_for()
    await tab.page.get_by_role("button", name="Cancel").click()
    await expect(tab.page.get_by_role("dialog")).to_have_count(0)


async def test_thousands_of_messages_are_read_page_by_page(
    open_tab: Open, channel: Channel, demo: Demo
) -> None:
    tom = demo.cast.people["tom"].person
    for number in range(MANY):
        post(demo.workspace.slack, channel, tom, f"Message {number}", emit=False)
    tab = await open_tab("maya", channel)
    await expect(tab.page.locator("main article").last).to_contain_text(f"Message {MANY - 1}")
    assert await tab.page.locator("main article").count() <= 100
    scroller = tab.page.locator("main .scroller")
    for older in (60, 120):
        await scroller.evaluate("box => box.scrollTo(0, -box.scrollHeight)")
        await tab.page.locator("main article", has_text=f"Message {MANY - older}").wait_for()
    top = tab.page.locator("main article", has_text=f"Message {MANY - 60}")
    await top.scroll_into_view_if_needed()
    before = await top.bounding_box()
    post(demo.workspace.slack, channel, tom, "One more", emit=False)
    await tab.page.locator("main article", has_text="One more").wait_for(state="attached")
    after = await top.bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 4
