"""What somebody does in the page, done in the workspace as one does in Slack's own clients."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.page.refusal import Refusal, bad_request, forbidden, not_found
from bot.page.sight import Sight
from bot.workspace import Actor, LocalWorkspace
from bot.workspace.changes import ChangeKind
from bot.workspace.channels import Channel, ChannelType
from bot.workspace.entered import NotOffered, parse_chosen
from bot.workspace.interactions import Interaction, find_element
from bot.workspace.messages import Ephemeral, Message
from bot.workspace.views import View

Json = dict[str, Any]
MESSAGE_CHARS = 12_000
"""What Slack's clients let somebody write in one message."""
GONE = Refusal(409, "not_now", "This window is no longer open.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act of `actor`. given: its fields."""

    workspace: LocalWorkspace
    actor: Actor
    sight: Sight
    given: Mapping[str, Any]

    def text(self, name: str, *, needed: bool = True) -> str:
        """A text field.

        Raises: Refusal.
        """
        value = self.given.get(name)
        if value is None and not needed:
            return ""
        if not isinstance(value, str) or (needed and not value):
            raise bad_request(f"The field {name} must be a text.")
        return value

    def mapping(self, name: str) -> Mapping[str, Any]:
        """An object; empty where it is not given.

        Raises: Refusal.
        """
        value = self.given.get(name) or {}
        if not isinstance(value, Mapping):
            raise bad_request(f"The field {name} must be an object.")
        return value

    def channel(self) -> Channel:
        """The channel, which its person is in.

        Raises: Refusal.
        """
        channel = self.workspace.world.channels.get(self.text("channel"))
        if channel is None or not self.sight.may_see(channel):
            raise not_found("There is no such channel for this person.")
        return channel

    def message(self) -> Message:
        """The message of a channel its person is in.

        Raises: Refusal.
        """
        message = self.channel().messages.get(self.text("ts"))
        if message is None:
            raise not_found("This message is no longer there.")
        return message

    def modal(self) -> View:
        """Their open modal.

        Raises: Refusal.
        """
        stack = self.workspace.slack.views.stack(self.actor.id)
        wanted = self.text("view")
        found = next((view for view in stack if view.id == wanted), None)
        if found is None:
            raise GONE
        return found

    def clickable(self) -> Message | Ephemeral | View:
        """The message, modal or home tab that an element stands in.

        Raises: Refusal.
        """
        if "view" in self.given:
            home = self.workspace.home(self.actor)
            return home if home is not None and home.id == self.text("view") else self.modal()
        channel = self.channel()
        hidden = self.sight.ephemeral_at(channel, self.text("ts"))
        return hidden if hidden is not None else self.message()


def _say(act: Act) -> Json:
    text = act.text("text").strip("\n")
    if not text.strip():
        raise bad_request("There is nothing to send.")
    _check_length(text)
    thread_ts = act.text("thread_ts", needed=False)
    channel = act.channel()
    if thread_ts and not act.workspace.world.is_root(channel, thread_ts):
        raise not_found("This thread is no longer there.")
    message = act.actor.say(channel, text, thread_ts=thread_ts)
    act.sight.remembered.read[act.actor.id, channel.id] = message.ts
    return {"channel": channel.id, "ts": message.ts}


def _edit(act: Act) -> Json:
    text = act.text("text")
    _check_length(text)
    message = act.message()
    if message.text != text:
        act.actor.edit(message, text)
    return {}


def _delete(act: Act) -> Json:
    act.actor.delete(act.message())
    return {}


def _react(act: Act) -> Json:
    name = act.text("name")
    if len(name) > 100 or not name.replace("_", "").replace("-", "").replace("+", "").isalnum():
        raise bad_request("The field name must be a reaction's name.")
    act.actor.react(act.message(), name)
    return {}


def _unreact(act: Act) -> Json:
    message, name = act.message(), act.text("name")
    if act.actor.id in message.reactions.get(name, ()):
        act.actor.unreact(message, name)
    return {}


async def _command(act: Act) -> Json:
    line = act.text("line").strip()
    _check_length(line)
    return _answered(await act.actor.command(act.channel(), line))


async def _shortcut(act: Act) -> Json:
    message = act.message() if "ts" in act.given else None
    return _answered(await act.actor.shortcut(act.text("callback_id"), message))


async def _click(act: Act) -> Json:
    place = act.clickable()
    action_id, block_id = act.text("action_id"), act.text("block_id", needed=False)
    blocks = place.content["blocks"] if isinstance(place, View) else place.blocks
    try:
        _, element = find_element(blocks, action_id, block_id)
        chosen = parse_chosen(element, act.mapping("chosen"))
    except LookupError:
        raise not_found("This button is no longer there.") from None
    except NotOffered as error:
        raise bad_request(f"This cannot be chosen here: {error}.") from None
    done = await act.actor.click(place, action_id, block_id=block_id, chosen=chosen)
    if done.acked and element["type"] == "feedback_buttons" and isinstance(place, Message):
        pressed = act.sight.remembered.feedback
        mine = pressed.setdefault((act.actor.id, place.channel, place.ts), {})
        mine[action_id] = chosen["value"]
        act.workspace.world.changes.tell(ChangeKind.MESSAGE, place.channel, place.ts)
    return _answered(done)


async def _suggest(act: Act) -> Json:
    action_id, block_id = act.text("action_id"), act.text("block_id", needed=False)
    typed = act.text("text", needed=False)
    _check_length(typed)
    try:
        done = await act.actor.suggest(act.clickable(), action_id, typed, block_id=block_id)
    except LookupError:
        raise not_found("This field is no longer there.") from None
    offered = done.ack.get("options") or [
        option for group in done.ack.get("option_groups") or () for option in group["options"]
    ]
    return {"acked": done.acked, "options": offered}


async def _submit(act: Act) -> Json:
    return _answered(await act.actor.fill_in(act.modal(), act.mapping("values")))


async def _close(act: Act) -> Json:
    return _answered(await act.actor.close(act.modal(), clear=act.given.get("clear") is True))


def _open_home(act: Act) -> Json:
    tab = act.text("tab")
    if tab not in ("home", "messages"):
        raise bad_request("The field tab must be home or messages.")
    act.actor.open_home(tab)
    return {}


def _stop(act: Act) -> Json:
    return {"stopped": act.actor.stop(act.channel(), act.text("thread_ts"))}


def _read(act: Act) -> Json:
    channel = act.channel()
    latest = next(reversed(channel.messages), "")
    read = act.sight.remembered.read
    if read.get((act.actor.id, channel.id), "") < latest:
        read[act.actor.id, channel.id] = latest
        act.workspace.world.changes.tell(ChangeKind.CHANNEL, channel.id)
    return {}


def _dm(act: Act) -> Json:
    other = act.workspace.world.people.get(act.text("user"))
    if other is None or other.deleted or other.id == act.actor.id:
        raise not_found("There is nobody to write to.")
    channel, _ = act.workspace.world.direct_message([act.actor.id, other.id])
    return {"channel": channel.id}


def _invite(act: Act) -> Json:
    channel = act.channel()
    other = act.workspace.world.people.get(act.text("user"))
    if channel.type in (ChannelType.IM, ChannelType.MPIM):
        raise forbidden("Nobody can be added to a direct message.")
    if other is None or other.deleted:
        raise not_found("There is nobody to add.")
    if other.id not in channel.members:
        act.workspace.invite(channel, other)
    return {}


def _check_length(text: str) -> None:
    if len(text) > MESSAGE_CHARS:
        raise bad_request(f"A message has at most {MESSAGE_CHARS:,} characters.")


def _answered(done: Interaction) -> Json:
    return {"acked": done.acked, "errors": dict(done.errors)}


ACTS: dict[str, Callable[[Act], Json | Awaitable[Json]]] = {
    "say": _say,
    "edit": _edit,
    "delete": _delete,
    "react": _react,
    "unreact": _unreact,
    "command": _command,
    "shortcut": _shortcut,
    "click": _click,
    "suggest": _suggest,
    "submit": _submit,
    "close": _close,
    "open_home": _open_home,
    "stop": _stop,
    "read": _read,
    "dm": _dm,
    "invite": _invite,
}
