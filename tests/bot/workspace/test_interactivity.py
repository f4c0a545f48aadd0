"""Trigger ids, response addresses, modals and home tabs."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import Forbidden, LocalWorkspace, ManualClock
from tests.bot.workspace.test_web_api import error_of


def modal(**more: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": "A title"},
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "hi"}}],
        **more,
    }


def home(text: str) -> dict[str, Any]:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    return {"type": "home", "blocks": [section]}


async def test_a_trigger_opens_one_view_within_three_seconds(
    still: LocalWorkspace, still_client: AsyncWebClient, clock: ManualClock
) -> None:
    alice = still.join("alice")
    triggers = still.slack.interactivity
    first = triggers.new_trigger(alice.id)
    await still_client.views_open(trigger_id=first, view=modal())
    again = still_client.views_open(trigger_id=first, view=modal())
    assert (await error_of(again))["error"] == "exchanged_trigger_id"
    late = triggers.new_trigger(alice.id)
    await clock.advance(3.1)
    opening = still_client.views_open(trigger_id=late, view=modal())
    assert (await error_of(opening))["error"] == "expired_trigger_id"
    opening = still_client.views_open(trigger_id="1.2.x", view=modal())
    assert (await error_of(opening))["error"] == "invalid_trigger_id"


async def test_three_modals_stand_on_one_another_and_no_more(
    still: LocalWorkspace, still_client: AsyncWebClient
) -> None:
    alice = still.join("alice")
    new = still.slack.interactivity.new_trigger
    await still_client.views_open(trigger_id=new(alice.id), view=modal())
    for _ in range(2):
        await still_client.views_push(trigger_id=new(alice.id), view=modal())
    fourth = still_client.views_push(trigger_id=new(alice.id), view=modal())
    assert (await error_of(fourth))["error"] == "push_limit_reached"
    top = still.modal(alice)
    assert top is not None
    old = top.hash
    update = {"view_id": top.id, "view": modal(private_metadata="new")}
    await still_client.views_update(hash=old, **update)
    assert (await error_of(still_client.views_update(hash=old, **update)))[
        "error"
    ] == "hash_conflict"
    await alice.close(top, clear=True)
    assert still.modal(alice) is None
    assert (await error_of(still_client.views_update(**update)))["error"] == "not_found"


async def test_a_view_that_slack_would_not_take_is_refused(
    still: LocalWorkspace, still_client: AsyncWebClient
) -> None:
    alice = still.join("alice")
    field = {
        "type": "input",
        "label": {"type": "plain_text", "text": "Name"},
        "element": {"type": "plain_text_input"},
    }
    for wrong in (
        modal(title={"type": "plain_text", "text": "x" * 25}),
        modal(private_metadata="x" * 3001),
        modal(blocks=[{"type": "divider"}] * 101),
        modal(blocks=[{"type": "markdown", "text": "not in views"}]),
        modal(blocks=[field]),  # without a submit button
        home("a home tab"),
    ):
        trigger = still.slack.interactivity.new_trigger(alice.id)
        refused = await error_of(still_client.views_open(trigger_id=trigger, view=wrong))
        assert refused["error"] == "invalid_arguments"
        assert refused["response_metadata"]["messages"]
    trigger = still.slack.interactivity.new_trigger(alice.id)
    large = modal(blocks=[{"type": "divider", "block_id": "x" * 260_000}])
    refused = await error_of(still_client.views_open(trigger_id=trigger, view=large))
    assert refused["error"] == "view_too_large"


async def test_a_home_tab_is_published_and_comes_with_the_next_opening(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    alice = workspace.join("alice")
    alice.open_home()
    assert "view" not in workspace.slack.events.sent[-1]["event"]
    first = await client.views_publish(user_id=alice.id, view=home("one"))
    await client.views_publish(user_id=alice.id, view=home("two"), hash=first["view"]["hash"])
    stale = client.views_publish(user_id=alice.id, view=home("x"), hash=first["view"]["hash"])
    assert (await error_of(stale))["error"] == "hash_conflict"
    shown = workspace.home(alice)
    assert shown is not None
    assert shown.content["blocks"][0]["text"]["text"] == "two"
    alice.open_home()
    assert workspace.slack.events.sent[-1]["event"]["view"]["id"] == shown.id


async def test_a_response_url_takes_five_answers_in_thirty_minutes(
    still: LocalWorkspace, clock: ManualClock
) -> None:
    alice = still.join("alice")
    general = still.public("general", alice)
    said = alice.say(general, "x")

    def address() -> str:
        return still.slack.interactivity.new_address(
            user=alice.id, channel=general.id, message_ts=said.ts
        )

    async with aiohttp.ClientSession() as session:

        async def answer(url: str, **body: Any) -> tuple[int, str]:
            async with session.post(url, json=body) as response:
                return response.status, await response.text()

        url = address()
        for number in range(5):
            assert await answer(url, text=str(number)) == (200, "ok")
        status, body = await answer(url, text="sixth")
        assert (status, "used_url" in body) == (404, True)
        assert len(still.ephemerals(alice)) == 5
        late = address()
        await clock.advance(30 * 60 + 1)
        status, body = await answer(late, text="late")
        assert (status, "expired_url" in body) == (404, True)
        await answer(address(), text="replaced", replace_original=True)
        assert still.messages(general)[0].text == "replaced"
        await answer(address(), text="to all", response_type="in_channel")
        assert still.messages(general)[1].text == "to all"
        await answer(address(), delete_original=True)
        assert [m.text for m in still.messages(general)] == ["to all"]
        assert (await answer(address()))[0] == 400


async def test_slacks_clients_do_not_offer_what_is_not_there(workspace: LocalWorkspace) -> None:
    alice, bob = workspace.join("alice"), workspace.join("bob")
    general = workspace.public("general", alice)
    with pytest.raises(Forbidden):
        bob.say(general, "x")
    with pytest.raises(Forbidden):
        await alice.command(general, "/other")
    with pytest.raises(Forbidden):
        await alice.shortcut("unknown")
    said = alice.say(general, "x")
    with pytest.raises(LookupError):
        await alice.click(said, "nothing")
    with pytest.raises(Forbidden):
        bob.edit(said, "y")
    workspace.archive(general)
    with pytest.raises(Forbidden):
        alice.say(general, "x")


async def test_buttons_inside_cards_and_containers_can_be_clicked(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    def button(action_id: str) -> dict[str, Any]:
        label = {"type": "plain_text", "text": "Go"}
        return {"type": "button", "action_id": action_id, "text": label}

    card = {"type": "card", "body": {"type": "mrkdwn", "text": "x"}, "actions": [button("card")]}
    container = {
        "type": "container",
        "title": {"type": "plain_text", "text": "Sources"},
        "child_blocks": [{"type": "actions", "elements": [button("inside")]}],
    }
    general = workspace.public("general", alice := workspace.join("alice"))
    blocks = [{"type": "carousel", "elements": [card]}, container]
    await client.chat_postMessage(channel=general.id, text="x", blocks=blocks)
    workspace.sockets.ack_within_s = 0.05
    (message,) = workspace.messages(general)
    for action_id in ("card", "inside"):
        await alice.click(message, action_id)
        sent = workspace.delivery.attempts[-1].envelope.payload
        assert sent["actions"][0]["action_id"] == action_id
