"""Somebody in the workspace, and what they can do there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.workspace import interactions
from bot.workspace.channels import Channel
from bot.workspace.delivery import Envelope, EnvelopeType
from bot.workspace.entered import entered_values, files_in
from bot.workspace.errors import Json
from bot.workspace.interactions import Interaction
from bot.workspace.messages import Ephemeral, Message
from bot.workspace.posting import post
from bot.workspace.speaker import Forbidden, Speaker
from bot.workspace.views import View


class Actor(Speaker):
    """A person acting as one does in Slack's own clients; what they do reaches the app.

    Clicks, submissions, commands and shortcuts wait for the app's acknowledgement.
    """

    async def click(
        self,
        message: Message | Ephemeral | View,
        action_id: str,
        *,
        block_id: str = "",
        chosen: Json | None = None,
    ) -> Interaction:
        """Uses an element of a message, a modal or a home tab; `chosen` adds to the action.

        block_id: where more than one block has an element of this action id.

        Raises:
            LookupError: nothing there has this action id.
        """
        slack, world = self._slack, self._slack.world
        blocks = message.content["blocks"] if isinstance(message, View) else message.blocks
        block_id, element = interactions.find_element(blocks, action_id, block_id)
        action = interactions.action_of(slack, block_id, element, chosen or {})
        payload = {
            "type": "block_actions",
            **interactions.common(slack, self.person),
            "actions": [action],
            "state": {"values": {}},
        }
        if isinstance(message, View):
            payload["container"] = {"type": "view", "view_id": message.id}
            payload["view"] = message.render(world)
            return await interactions.send_interaction(slack, payload)
        channel = world.channels[message.channel]
        hidden = isinstance(message, Ephemeral)
        payload["channel"] = {"id": channel.id, "name": channel.name or "directmessage"}
        payload["container"] = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": hidden,
        }
        if message.thread_ts:
            payload["container"]["thread_ts"] = message.thread_ts
        if isinstance(message, Message):
            payload["message"] = world.render_message(message, with_metadata=True)
        payload["response_url"] = slack.interactivity.new_address(
            user=self.id,
            channel=channel.id,
            thread_ts=message.thread_ts,
            message_ts=message.ts,
        )
        return await interactions.send_interaction(slack, payload)

    async def suggest(
        self,
        place: Message | Ephemeral | View,
        action_id: str,
        typed: str,
        *,
        block_id: str = "",
    ) -> Interaction:
        """Types into a select whose options the app loads; the acknowledgement carries them.

        Raises:
            LookupError: nothing there has this action id.
        """
        world = self._slack.world
        blocks = place.content["blocks"] if isinstance(place, View) else place.blocks
        block_id, _ = interactions.find_element(blocks, action_id, block_id)
        payload = {
            "type": "block_suggestion",
            **interactions.common(self._slack, self.person, trigger=False),
            "action_id": action_id,
            "block_id": block_id,
            "value": typed,
        }
        if isinstance(place, View):
            payload["container"] = {"type": "view", "view_id": place.id}
            payload["view"] = place.render(world)
        else:
            channel = world.channels[place.channel]
            payload["container"] = {
                "type": "message",
                "message_ts": place.ts,
                "channel_id": channel.id,
            }
            payload["channel"] = {"id": channel.id, "name": channel.name or "directmessage"}
            if isinstance(place, Message):
                payload["message"] = world.render_message(place)
        return await interactions.send_interaction(self._slack, payload)

    async def give_feedback(
        self, message: Message, *, positive: bool, action_id: str = ""
    ) -> Interaction:
        """Uses the feedback buttons of a message."""
        for block in message.blocks:
            for element in block.get("elements", ()) if block["type"] == "context_actions" else ():
                if element["type"] != "feedback_buttons":
                    continue
                if action_id and element["action_id"] != action_id:
                    continue
                side = element["positive_button" if positive else "negative_button"]
                chosen = {"text": side["text"], "value": side["value"]}
                return await self.click(message, element["action_id"], chosen=chosen)
        raise LookupError("the message has no feedback buttons")

    async def submit(self, view: View, given: dict[str, str | Json] | None = None) -> Interaction:
        """Submits a modal with what was entered, by block id or action id.

        A required input that is missing keeps it open without asking the app.
        """
        return await self._submit(view, *interactions.values_of(view, given or {}))

    async def fill_in(self, view: View, values: Mapping[str, Any]) -> Interaction:
        """Submits a modal with `{block_id: {action_id: {...}}}`, as Slack's `state.values` are.

        What Slack's own clients would not take keeps it open without asking the app.
        """
        world = self._slack.world
        mine = {f.id: world.render_file(f) for f in world.files.values() if f.user == self.id}
        entered, problems = entered_values(view, values, mine)
        if not problems:
            for file_id in files_in(entered):
                world.files[file_id].submitted = True
        return await self._submit(view, entered, problems)

    async def _submit(self, view: View, values: Json, problems: dict[str, str]) -> Interaction:
        if problems:
            return Interaction(acked=False, errors=problems)
        slack = self._slack
        view.values = values
        payload = {
            "type": "view_submission",
            **interactions.common(slack, self.person),
            "view": view.render(slack.world),
            "response_urls": [],
        }
        answered = await interactions.send_interaction(slack, payload)
        return interactions.follow_response_action(slack, view, answered)

    async def close(self, view: View, *, clear: bool = False) -> Interaction:
        """Closes a modal; the app hears of it where the view asks for that."""
        self._slack.views.close(view, all=clear)
        if not view.content.get("notify_on_close"):
            return Interaction(acked=True)
        payload = {
            "type": "view_closed",
            **interactions.common(self._slack, self.person, trigger=False),
            "view": view.render(self._slack.world),
            "is_cleared": clear,
        }
        return await interactions.send_interaction(self._slack, payload)

    async def command(self, channel: Channel, line: str) -> Interaction:
        """Types a slash command such as `/deskhand ask ...`.

        Raises:
            Forbidden: the app has no such command.
        """
        slack = self._slack
        command, _, text = line.partition(" ")
        if command not in slack.world.app.commands or "commands" not in slack.world.app.scopes:
            raise Forbidden(f"{command} is not a valid command")
        payload = interactions.command_payload(slack, self.person, channel, command, text)
        sent = await slack.delivery.once(Envelope(type=EnvelopeType.COMMAND, payload=payload))
        shown = sent.body.get("text") or sent.body.get("blocks")
        if shown and sent.body.get("response_type") == "in_channel":
            bot = slack.world.people[slack.world.app.bot_user]
            post(slack, channel, bot, sent.body.get("text", ""), blocks=sent.body.get("blocks"))
        elif shown:
            slack.world.show_ephemeral(
                Ephemeral(
                    channel=channel.id,
                    ts=slack.world.new_ts(),
                    user=self.id,
                    text=sent.body.get("text", ""),
                    blocks=sent.body.get("blocks", []),
                )
            )
        return Interaction(
            acked=sent.acked,
            ack=sent.body,
            trigger_id=payload["trigger_id"],
            response_url=payload["response_url"],
        )

    async def shortcut(self, callback_id: str, message: Message | None = None) -> Interaction:
        """Uses a shortcut of the app: a message's where `message` is given, else a global one.

        Raises:
            Forbidden: the app has no such shortcut.
        """
        slack, world = self._slack, self._slack.world
        kind = "message" if message is not None else "global"
        if world.app.shortcuts.get(callback_id) != kind:
            raise Forbidden(f"the app has no {kind} shortcut {callback_id!r}")
        payload = {
            **interactions.common(slack, self.person),
            "type": "shortcut",
            "callback_id": callback_id,
            "action_ts": world.new_ts(),
        }
        if message is not None:
            channel = world.channels[message.channel]
            payload |= {
                "type": "message_action",
                "message_ts": message.ts,
                "message": world.render_message(message),
                "channel": {"id": channel.id, "name": channel.name or "directmessage"},
                "response_url": slack.interactivity.new_address(
                    user=self.id,
                    channel=channel.id,
                    thread_ts=message.thread_ts,
                    message_ts=message.ts,
                ),
            }
        return await interactions.send_interaction(slack, payload)
