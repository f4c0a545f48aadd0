"""Putting messages into conversations, changing and removing them, with the events that follow."""

from __future__ import annotations

from typing import Any

from bot.workspace.changes import ChangeKind
from bot.workspace.channels import Channel
from bot.workspace.errors import Json
from bot.workspace.messages import Message
from bot.workspace.people import Kind, Person
from bot.workspace.pings import pings_of
from bot.workspace.slack import Slack
from bot.workspace.views import with_block_ids


def post(
    slack: Slack,
    channel: Channel,
    author: Person,
    text: str,
    *,
    thread_ts: str = "",
    blocks: list[Json] | None = None,
    link_names: bool = False,
    emit: bool = True,
    **more: Any,
) -> Message:
    """Adds a message and tells the app; `more` are fields of Message.

    `emit`: whether the event is sent here; a caller that sends more than one decides their order.
    """
    world = slack.world
    message = Message(
        channel=channel.id,
        ts=world.new_ts(),
        user=author.id,
        text=text,
        team=author.team_id,
        bot_id=author.bot_id,
        app_id=author.app_id,
        blocks=with_block_ids({"blocks": blocks or []})["blocks"],
        **more,
    )
    if thread_ts:
        message.thread_ts = world.root_of(channel, thread_ts)
        root = channel.messages.get(message.thread_ts)
        if root:
            root.thread_ts = root.ts
    channel.messages[message.ts] = message
    account_pings(slack, channel, message, link_names=link_names)
    session = world.sessions.get((channel.id, message.thread_ts))
    if session and author.id == world.app.bot_user:
        session.text = ""  # a reply clears the status
        world.changes.tell(ChangeKind.SESSION, channel.id, message.thread_ts)
    tell_message(slack, message)
    if emit:
        slack.events.emit(message_event(slack, channel, message), channel)
    return message


def tell_message(slack: Slack, message: Message) -> None:
    """Tells listeners of a message that is new, changed or gone; a reply changes its root too."""
    changes = slack.world.changes
    changes.tell(ChangeKind.MESSAGE, message.channel, message.ts)
    if message.is_reply:
        changes.tell(ChangeKind.MESSAGE, message.channel, message.thread_ts)


def message_event(slack: Slack, channel: Channel, message: Message) -> Json:
    """The `message` event of a new message."""
    event = slack.world.render_message(message)
    author = slack.world.people.get(message.user)
    if author is not None and author.kind is not Kind.BOT:
        event["client_msg_id"] = f"{message.channel}-{message.ts}".lower()
    if author is not None and author.outsider:
        event |= {"user_team": author.team_id, "source_team": author.team_id}
    return event | {
        "channel": channel.id,
        "channel_type": channel.type.value,
        "event_ts": message.ts,
    }


def mention_event(slack: Slack, channel: Channel, message: Message) -> Json:
    """The `app_mention` event of a message; it has no channel_type."""
    event = message_event(slack, channel, message)
    return {k: v for k, v in event.items() if k != "channel_type"} | {"type": "app_mention"}


def change(slack: Slack, channel: Channel, message: Message, before: Json) -> None:
    """Tells the app of a message that was changed, and accounts for new mentions."""
    account_pings(slack, channel, message)
    tell_message(slack, message)
    event = {
        "type": "message",
        "subtype": "message_changed",
        "channel": channel.id,
        "channel_type": channel.type.value,
        "ts": slack.world.new_ts(),
        "hidden": True,
        "message": slack.world.render_message(message) | {"source_team": message.team},
        "previous_message": before,
    }
    slack.events.emit(event, channel)


def mark_edited(slack: Slack, message: Message, by: str) -> None:
    """Notes that and when somebody edited a message."""
    message.edited_by = by
    message.edited_ts = f"{int(slack.clock.now())}.000000"


def delete(slack: Slack, channel: Channel, message: Message) -> None:
    """Removes a message; a root with replies leaves a tombstone that keeps its thread."""
    before = slack.world.render_message(message)
    replies = [m for m in channel.thread(message.ts) if m.is_reply]
    del channel.messages[message.ts]
    for file_id in message.files:
        slack.world.files[file_id].shares.remove((channel.id, message.ts))
    if replies:
        channel.deleted_roots.add(message.ts)
    tell_message(slack, message)
    slack.events.emit(
        {
            "type": "message",
            "subtype": "message_deleted",
            "channel": channel.id,
            "channel_type": channel.type.value,
            "ts": slack.world.new_ts(),
            "deleted_ts": message.ts,
            "hidden": True,
            "previous_message": before,
        },
        channel,
    )


def react(slack: Slack, channel: Channel, message: Message, user: str, name: str) -> None:
    """Adds a reaction and tells the app."""
    message.reactions.setdefault(name, []).append(user)
    _reaction_event(slack, "reaction_added", channel, message, user, name)


def unreact(slack: Slack, channel: Channel, message: Message, user: str, name: str) -> None:
    """Takes a reaction back and tells the app."""
    message.reactions[name].remove(user)
    if not message.reactions[name]:
        del message.reactions[name]
    _reaction_event(slack, "reaction_removed", channel, message, user, name)


def _reaction_event(
    slack: Slack, kind: str, channel: Channel, message: Message, user: str, name: str
) -> None:
    tell_message(slack, message)
    event = {
        "type": kind,
        "user": user,
        "reaction": name,
        "item_user": message.user,
        "item": {"type": "message", "channel": channel.id, "ts": message.ts},
    }
    slack.events.emit(event, channel)


def account_pings(
    slack: Slack, channel: Channel, message: Message, *, link_names: bool = False
) -> None:
    """Adds the message's live mentions to the account, each once for a message."""
    known = {(p.channel, p.ts, p.kind, p.target) for p in slack.pings if p.ts == message.ts}
    for ping in pings_of(slack.world, channel, message, link_names=link_names):
        if (ping.channel, ping.ts, ping.kind, ping.target) not in known:
            slack.pings.append(ping)


def share_file(
    slack: Slack,
    channel: Channel,
    author: Person,
    files: list[str],
    text: str,
    thread_ts: str,
    *,
    blocks: list[Json] | None = None,
) -> Message:
    """Posts uploaded files as one message, with a `file_shared` event for each."""
    message = post(
        slack,
        channel,
        author,
        text,
        thread_ts=thread_ts,
        subtype="file_share",
        files=files,
        blocks=blocks,
    )
    for file_id in files:
        slack.world.files[file_id].shares.append((channel.id, message.ts))
        event = {
            "type": "file_shared",
            "channel_id": channel.id,
            "file_id": file_id,
            "user_id": author.id,
            "file": {"id": file_id},
        }
        slack.events.emit(event, channel)
    return message
