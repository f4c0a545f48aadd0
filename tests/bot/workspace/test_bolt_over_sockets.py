"""Bolt for Python, unmodified, over Socket Mode."""

from __future__ import annotations

import asyncio
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.workspace import Disconnect, LocalWorkspace
from tests.bot.workspace.conftest import Connect


async def test_a_mention_reaches_bolt_and_its_reply_stands_in_the_thread(
    workspace: LocalWorkspace, bolt: AsyncApp, connect: Connect
) -> None:
    @bolt.event("app_mention")
    async def answer(event: dict[str, Any], say: Any) -> None:
        await say(text=f"You said {event['text']}", thread_ts=event["ts"])

    @bolt.event("message")
    async def ignore() -> None: ...

    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    await connect(bolt)
    question = alice.mention(general, "hello")
    await workspace.until(lambda: workspace.replies_by_app(general, question.ts))
    reply = workspace.thread(general, question.ts)[1]
    assert reply.text == f"You said <@{workspace.app.bot_user}> hello"
    await workspace.settled()
    kinds = [a.envelope.payload["event"]["type"] for a in workspace.attempts()]
    assert sorted(kinds) == ["app_mention", "message", "message"]
    assert len({a.envelope.payload["event_id"] for a in workspace.attempts()}) == 3


async def test_a_stream_by_bolts_helper_ends_as_one_message(
    workspace: LocalWorkspace, bolt: AsyncApp, connect: Connect
) -> None:
    @bolt.event("app_mention")
    async def answer(event: dict[str, Any], client: Any, context: Any) -> None:
        stream = await client.chat_stream(
            channel=event["channel"],
            thread_ts=event["ts"],
            recipient_user_id=event["user"],
            recipient_team_id=context.team_id,
            buffer_size=4,
        )
        for word in ("one ", "two ", "three"):
            await stream.append(markdown_text=word)
        await stream.stop()

    @bolt.event("message")
    async def ignore() -> None: ...

    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    await connect(bolt)
    question = alice.mention(general, "count")
    await workspace.until(lambda: workspace.calls("chat.stopStream"))
    assert [m.text for m in workspace.replies_by_app(general, question.ts)] == ["one two three"]


async def test_commands_shortcuts_buttons_and_modals_are_answered_in_their_acknowledgements(
    workspace: LocalWorkspace, bolt: AsyncApp, connect: Connect
) -> None:
    @bolt.command("/deskhand")
    async def command(ack: Any, command: dict[str, Any]) -> None:
        await ack(f"You typed {command['text']}")

    modal = {
        "type": "modal",
        "callback_id": "edit",
        "title": {"type": "plain_text", "text": "Edit"},
        "submit": {"type": "plain_text", "text": "Save"},
        "blocks": [
            {
                "type": "input",
                "block_id": "answer",
                "label": {"type": "plain_text", "text": "Answer"},
                "element": {"type": "plain_text_input", "action_id": "text"},
            }
        ],
    }

    @bolt.shortcut("ask")
    async def shortcut(ack: Any, shortcut: dict[str, Any], client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=shortcut["trigger_id"], view=modal)

    @bolt.view("edit")
    async def submitted(ack: Any, view: dict[str, Any]) -> None:
        value = view["state"]["values"]["answer"]["text"]["value"]
        if value == "bad":
            await ack(response_action="errors", errors={"answer": "Too bad"})
        else:
            await ack()

    @bolt.action("more")
    async def clicked(ack: Any, respond: Any) -> None:
        await ack()
        await respond("Here is more")

    @bolt.action("feedback")
    async def feedback(ack: Any, action: dict[str, Any], respond: Any) -> None:
        await ack()
        await respond(f"Thanks for {action['value']}")

    @bolt.event("message")
    async def ignore() -> None: ...

    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    await connect(bolt)

    typed = await alice.command(general, "/deskhand ask this")
    assert typed.acked
    assert [e.text for e in workspace.ephemerals(alice)] == ["You typed ask this"]

    said = alice.say(general, "hello")
    assert (await alice.shortcut("ask", said)).acked
    await workspace.until(lambda: workspace.modal(alice))
    opened = workspace.modal(alice)
    assert opened is not None
    assert (await alice.submit(opened, {})).errors == {
        "answer": "Please complete this required field."
    }
    assert (await alice.submit(opened, {"text": "bad"})).errors == {"answer": "Too bad"}
    assert workspace.modal(alice) is opened
    assert (await alice.submit(opened, {"text": "good"})).acked
    assert workspace.modal(alice) is None

    await bolt.client.chat_postMessage(
        channel=general.id,
        text="An answer",
        blocks=[
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "action_id": "more",
                        "text": {"type": "plain_text", "text": "More"},
                    }
                ],
            },
            {
                "type": "context_actions",
                "elements": [
                    {
                        "type": "feedback_buttons",
                        "action_id": "feedback",
                        "positive_button": {
                            "text": {"type": "plain_text", "text": "Good"},
                            "value": "good",
                        },
                        "negative_button": {
                            "text": {"type": "plain_text", "text": "Bad"},
                            "value": "bad",
                        },
                    }
                ],
            },
        ],
    )
    answer = workspace.messages(general)[-1]
    assert (await alice.click(answer, "more")).acked
    assert (await alice.give_feedback(answer, positive=False)).acked
    await workspace.until(lambda: len(workspace.ephemerals(alice)) == 3)
    assert [e.text for e in workspace.ephemerals(alice)][1:] == ["Here is more", "Thanks for bad"]


async def test_two_sockets_share_the_events_and_a_refresh_loses_none(
    workspace: LocalWorkspace, bolt: AsyncApp, connect: Connect
) -> None:
    seen: list[str] = []

    @bolt.event("message")
    async def hear(event: dict[str, Any]) -> None:
        seen.append(event["text"])

    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    await connect(bolt)
    await connect(bolt)
    await workspace.until(lambda: len(workspace.sockets.sockets) == 2)
    for number in range(20):
        alice.say(general, f"message {number}")
    await workspace.settled()
    assert all(socket.acked for socket in workspace.sockets.sockets)
    first = workspace.sockets.sockets[0]
    await workspace.sockets.disconnect(Disconnect.REFRESH, socket=first)
    for number in range(20, 30):
        alice.say(general, f"message {number}")
    await workspace.settled()
    await workspace.until(lambda: len(workspace.sockets.sockets) == 2)
    await asyncio.sleep(0)
    assert sorted(seen) == sorted(f"message {number}" for number in range(30))
