"""Asking, and what a reader does with an answer, in a real browser."""

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


async def test_an_answer_comes_with_its_source_and_how_it_was_made(
    open_tab: Open, channel: Channel
) -> None:
    tab = await open_tab("maya", channel)
    await tab.ask(HOW_LONG)
    answer = await tab.answered()
    await expect(answer).to_contain_text("Sources")

    await answer.get_by_role("button", name="Show passage 1").click()
    passage = tab.page.get_by_role("dialog", name="Passage 1")
    await expect(passage).to_contain_text("leave.md")
    await tab.page.keyboard.press("Escape")
    await expect(passage).to_have_count(0)

    await answer.get_by_role("button", name="What happened").click()
    why = tab.page.get_by_role("complementary", name="What happened")
    await expect(why).to_contain_text("Answered")
    await expect(why.locator(".timeline li")).not_to_have_count(0)
    await expect(why.locator(".sentence.passed")).to_contain_text(SIXTEEN)
    await expect(why.locator(".passage.cited mark").first).to_contain_text("16 weeks")
    await why.get_by_role("button", name="Thread").click()
    await expect(tab.page.get_by_role("complementary", name="Thread")).to_be_visible()


async def test_an_answer_that_is_given_again_says_so_and_how_it_was_made(
    open_tab: Open, channel: Channel
) -> None:
    first = await open_tab("maya", channel)
    await first.ask(HOW_LONG)
    await first.answered()
    tab = await open_tab("maya", channel)
    await tab.ask(f"hi, {HOW_LONG.lower()}")
    answer = await tab.answered()
    await answer.get_by_role("button", name="What happened").click()
    why = tab.page.get_by_role("complementary", name="What happened")
    await expect(why).to_contain_text("it was given again in")
    await expect(why.locator(".stage-time").first).not_to_contain_text("not run")


async def test_a_follow_up_in_the_thread_needs_no_mention(open_tab: Open, channel: Channel) -> None:
    tab = await open_tab("maya", channel)
    await tab.ask(HOW_LONG)
    await tab.answered()
    reply = tab.page.locator("#reply-box")
    await reply.fill("And how is the guest wifi called?")
    await reply.press("Enter")
    await tab.answered("The guest wifi is called DeskNet.")
    await expect(tab.page.locator("main .thread-link")).to_contain_text("3 replies")


async def test_a_slow_answer_is_shown_as_it_comes(
    open_tab: Open, channel: Channel, demo: Demo
) -> None:
    tab = await open_tab("maya", channel)
    await tab.page.locator("main .bot-pill").click()
    switch = tab.page.get_by_role("switch", name="Slow model")
    try:
        await switch.click()
        await expect(switch).to_have_attribute("aria-checked", "true")
        await expect(tab.page.locator(".bot-pill")).to_contain_text("Bot running")
        await demo.bot.ready(60)
        await tab.ask(HOW_LONG)
        await tab.panel.locator("article[aria-busy=true]").first.wait_for()
        await tab.answered()
        await expect(tab.panel.locator("article[aria-busy=true]")).to_have_count(0)
    finally:
        demo.switches.switch("all", False)
        assert await demo.bot.ready(60)


async def test_a_killed_bot_comes_back_and_answers(
    open_tab: Open, channel: Channel, demo: Demo
) -> None:
    tab = await open_tab("maya", channel)
    await tab.page.locator(".bot-pill").click()
    lives = demo.bot.lives
    await tab.page.get_by_role("button", name="Kill the bot").click()
    await tab.page.get_by_role("button", name="Close Break it").click()
    await tab.ask(HOW_LONG)
    await tab.answered()
    await expect(tab.page.locator(".bot-pill")).to_contain_text("Bot running")
    assert demo.bot.lives == lives + 1


async def test_feedback_stays_marked_after_a_reload(open_tab: Open, channel: Channel) -> None:
    tab = await open_tab("maya", channel)
    await tab.ask(HOW_LONG)
    answer = await tab.answered()
    helped = answer.get_by_role("button", name="This answer helped")
    await helped.click()
    await expect(helped).to_have_attribute("aria-pressed", "true")
    await tab.page.reload()
    answer = await tab.answered()
    helped = answer.get_by_role("button", name="This answer helped")
    await expect(helped).to_have_attribute("aria-pressed", "true")


async def test_a_reload_and_a_second_tab_show_the_same(open_tab: Open, channel: Channel) -> None:
    tab = await open_tab("maya", channel)
    await tab.ask(HOW_LONG)
    await tab.answered()
    before = await tab.panel.locator("article .message-main").all_inner_texts()
    await tab.page.reload()
    await tab.answered()
    await expect(tab.panel.locator("article .message-main")).to_have_text(
        before, use_inner_text=True
    )

    other = await open_tab("tom", channel)
    await other.page.locator("main .thread-link").click()
    await other.answered()
    await other.page.locator("#reply-box").fill("Thanks from me too")
    await other.page.locator("#reply-box").press("Enter")
    await expect(tab.panel).to_contain_text("Thanks from me too")


async def test_a_message_is_edited_reacted_to_and_deleted(open_tab: Open, channel: Channel) -> None:
    tab = await open_tab("maya", channel)
    await tab.box.fill("Lunch at noon, @tom.lindqvist?")
    await tab.box.press("Enter")
    message = tab.page.locator("main article")
    await message.hover()
    await message.get_by_role("button", name="More message actions").click()
    await tab.page.get_by_role("menuitem", name="Edit message").click()
    edit = message.get_by_label("Edit message")
    await expect(edit).to_have_value("Lunch at noon, @tom.lindqvist?")
    await edit.fill("Lunch at one, @tom.lindqvist?")
    await edit.press("Enter")
    await expect(message).to_contain_text("Lunch at one, @Tom Lindqvist?")
    await expect(message).to_contain_text("(edited)")

    await message.hover()
    await message.get_by_role("button", name="Add a reaction").click()
    await tab.page.get_by_role("menuitem", name="tada").click()
    mine = message.get_by_role("button", name="tada, 1")
    await expect(mine).to_have_attribute("aria-pressed", "true")
    await mine.click()
    await expect(mine).to_have_count(0)

    await message.hover()
    await message.get_by_role("button", name="More message actions").click()
    await tab.page.get_by_role("menuitem", name="Delete message").click()
    await tab.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(message).to_have_count(0)


async def test_a_slash_command_is_offered_and_answered_to_its_author_alone(
    open_tab: Open, channel: Channel
) -> None:
    tab = await open_tab("maya", channel)
    await tab.box.press_sequentially("/desk")
    await tab.page.get_by_role("option").first.wait_for()
    await tab.box.press("Enter")
    await expect(tab.box).to_have_value("/deskhand ")
    await tab.box.press_sequentially("help")
    await tab.box.press("Enter")
    hidden = tab.page.locator("main article.ephemeral")
    await expect(hidden).to_contain_text("Only visible to you")
    other = await open_tab("tom", channel)
    await expect(other.page.locator("main article.ephemeral")).to_have_count(0)


async def test_a_file_that_is_chosen_is_sent_with_the_message(
    open_tab: Open, channel: Channel
) -> None:
    tab = await open_tab("maya", channel)
    notes = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"Notes of today."}
    await tab.page.locator("main input[type=file]").set_input_files(notes)
    await tab.box.fill("My notes")
    await tab.box.press("Enter")
    message = tab.page.locator("main article", has_text="My notes")
    await expect(message.get_by_role("link", name="notes.txt")).to_be_visible()
