"""What is written, dropped and pressed: drafts, files, a shortcut, what one person alone sees."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from bot.page.demo import Demo
from bot.workspace.channels import Channel
from tests.bot.page.browser.conftest import HOW_LONG, SIXTEEN, Open

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]
DROP = """([area, name, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name, { type: "text/plain" }));
  const how = { bubbles: true, cancelable: true, dataTransfer: carried };
  const tell = (kind) => area.dispatchEvent(new DragEvent(kind, how));
  tell("dragover");
  return () => tell("drop");
}"""


async def test_what_is_not_sent_yet_survives_a_reload_for_its_writer_alone(
    open_tab: Open, channel: Channel, demo: Demo
) -> None:
    root = demo.cast.people["tom"].say(channel, "What shall we eat?")
    tab = await open_tab("maya", channel)
    await tab.page.locator("main article", has_text="What shall we eat?").hover()
    await tab.page.get_by_role("button", name="Reply in thread").click()
    reply = tab.page.locator("#reply-box")
    await reply.fill("Soup, I think")
    await tab.box.fill("A longer thought, \nof two lines")
    await tab.page.get_by_role("link", name="general").click()
    await expect(tab.page.get_by_role("heading", name="general", level=1)).to_be_visible()
    await expect(tab.box).to_have_value("")

    await tab.page.goto(f"{demo.page.guard.origin}/")
    await tab.page.goto(
        f"{demo.page.guard.origin}/#as={demo.cast.people['maya'].id}&in={channel.id}&thread={root.ts}"
    )
    await expect(tab.box).to_have_value("A longer thought, \nof two lines")
    await expect(reply).to_have_value("Soup, I think")
    await reply.press("Enter")
    await expect(tab.panel.locator("article", has_text="Soup, I think")).to_be_visible()
    await tab.page.reload()
    await expect(tab.box).to_have_value("A longer thought, \nof two lines")
    await expect(reply).to_have_value("")

    await tab.page.get_by_role("button", name="Acting as").click()
    await tab.page.get_by_role("menuitemradio", name="Tom Lindqvist").click()
    await tab.page.get_by_role("link", name=channel.name).click()
    await expect(tab.page.get_by_role("heading", name=channel.name, level=1)).to_be_visible()
    await expect(tab.box).to_have_value("")


async def test_a_file_that_is_dropped_is_sent_with_the_message(
    open_tab: Open, channel: Channel
) -> None:
    tab = await open_tab("maya", channel)
    area = await tab.page.locator("main .conversation").element_handle()
    drop = await tab.page.evaluate_handle(DROP, [area, "plan.txt", "The plan."])
    await expect(tab.page.get_by_text("Drop files to send them to")).to_be_visible()
    await drop.evaluate("drop => drop()")
    await expect(tab.page.get_by_text("Drop files to send them to")).to_have_count(0)
    await expect(tab.page.get_by_role("button", name="Remove plan.txt")).to_be_visible()
    await tab.box.fill("Dropped")
    await tab.box.press("Enter")
    message = tab.page.locator("main article", has_text="Dropped")
    await expect(message.get_by_role("link", name="plan.txt")).to_be_visible()
    await expect(tab.page.get_by_role("button", name="Remove plan.txt")).to_have_count(0)


async def test_a_messages_shortcut_asks_about_it_once(
    open_tab: Open, channel: Channel, demo: Demo
) -> None:
    demo.cast.people["tom"].say(channel, HOW_LONG)
    tab = await open_tab("maya", channel)
    message = tab.page.locator("main article", has_text=HOW_LONG)

    async def ask_about() -> None:
        await message.hover()
        await message.get_by_role("button", name="More message actions").click()
        await tab.page.get_by_role("menuitem", name="Ask Deskhand about this").click()

    await ask_about()
    await message.locator(".thread-link").click()
    await tab.answered(SIXTEEN)
    await ask_about()
    again = tab.panel.locator("article.ephemeral")
    await expect(again).to_contain_text("Only visible to you")


async def test_a_button_that_one_person_alone_sees_is_pressed(open_tab: Open, demo: Demo) -> None:
    people = demo.cast.people
    north = demo.workspace.public("with-a-guest", people["maya"], people["greta"])
    tab = await open_tab("maya", north)
    await tab.ask(HOW_LONG)
    offer = tab.page.locator("article.ephemeral", has_text="You may read more about this")
    await expect(offer).to_contain_text("Only visible to you")
    guest = await open_tab("greta", north)
    await expect(guest.page.locator("main .thread-link")).to_be_visible()
    await expect(guest.page.locator("article.ephemeral")).to_have_count(0)
    await offer.get_by_role("button").click()
    await expect(tab.page.locator("article.ephemeral").last).to_contain_text("direct message")
    await tab.page.get_by_role("link", name="Deskhand").click()
    asked = tab.page.locator("main article", has_text="You asked: How many weeks").last
    await asked.locator(".thread-link").click()
    await tab.answered(SIXTEEN)


async def test_slacks_refusals_and_a_bot_that_is_away_cost_no_answer(
    open_tab: Open, channel: Channel, demo: Demo
) -> None:
    tab = await open_tab("maya", channel, width=1700)
    pill = tab.page.locator("main .bot-pill")
    try:
        await pill.click()
        refusing = tab.page.get_by_role("switch", name="Slack 429")
        await refusing.click()
        await expect(refusing).to_have_attribute("aria-checked", "true")
        await expect(pill).to_contain_text("1 fault")
        await tab.ask(HOW_LONG)
        await pill.click()
        await refusing.click()
        await expect(refusing).to_have_attribute("aria-checked", "false")
        await tab.page.locator("main .thread-link").click()
        await tab.answered()
        await pill.click()

        away = tab.page.get_by_role("switch", name="Bot offline")
        await away.click()
        await expect(pill).to_contain_text("Bot offline")
        await tab.ask("What is the guest wifi called?")
        await pill.click()
        await away.click()
        await expect(pill).to_contain_text("Bot running")
        waiting = tab.page.locator("main article", has_text="What is the guest wifi called?")
        await waiting.locator(".thread-link").click()
        await tab.answered("The guest wifi is called DeskNet.")
    finally:
        demo.switches.switch("all", False)
        assert await demo.bot.ready(60)
