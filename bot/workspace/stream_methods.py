"""chat.startStream, appendStream and stopStream."""

from __future__ import annotations

from bot.workspace.arguments import Arguments
from bot.workspace.blocks import MARKDOWN_CHARS, require_blocks
from bot.workspace.changes import ChangeKind
from bot.workspace.channels import ChannelType
from bot.workspace.chat_methods import metadata_argument, thread_argument, writable_channel
from bot.workspace.errors import Json, refuse
from bot.workspace.messages import Message, Streaming
from bot.workspace.posting import account_pings, change, message_event, post, tell_message
from bot.workspace.slack import Slack
from bot.workspace.streams import Stream, parse_chunks
from bot.workspace.views import with_block_ids

STATUSES = ("active", "processing", "suspended", "closed")


def start_stream(slack: Slack, args: Arguments) -> Json:
    """chat.startStream."""
    world = slack.world
    channel = writable_channel(slack, args.text("channel"))
    if channel.type is not ChannelType.IM:
        if not args.has("recipient_user_id"):
            refuse("missing_recipient_user_id")
        if not args.has("recipient_team_id"):
            refuse("missing_recipient_team_id")
        if args.text("recipient_user_id") not in world.people:
            refuse("user_not_found")
        if args.text("recipient_team_id") not in {p.team_id for p in world.people.values()}:
            refuse("team_not_found")
    thread_ts = thread_argument(slack, channel, args)
    parse_chunks(args.json("chunks", "invalid_chunks"))  # before there is a message
    if len(args.text("markdown_text")) > MARKDOWN_CHARS:
        refuse("msg_too_long")
    author = world.people[world.app.bot_user]
    message = post(slack, channel, author, "", thread_ts=thread_ts, emit=False)
    try:
        stream = slack.streams.open(
            message,
            recipient=args.text("recipient_user_id"),
            display_mode=args.text("task_display_mode"),
        )
        _append(slack, message, stream, args)
    except Exception:
        del channel.messages[message.ts]
        tell_message(slack, message)
        raise
    slack.events.emit(message_event(slack, channel, message), channel)
    world.session(channel.id, thread_ts).status = "processing"
    world.changes.tell(ChangeKind.SESSION, channel.id, thread_ts)
    return {"channel": channel.id, "ts": message.ts}


def append_stream(slack: Slack, args: Arguments) -> Json:
    """chat.appendStream."""
    message, stream = _running(slack, args, appending=True)
    if not args.has("markdown_text") and not args.has("chunks"):
        refuse("no_text")
    _append(slack, message, stream, args)
    return {"channel": message.channel, "ts": message.ts}


def stop_stream(slack: Slack, args: Arguments) -> Json:
    """chat.stopStream."""
    world = slack.world
    status = args.text("session_status") or "active"
    if status not in STATUSES:
        refuse("invalid_arguments")
    message, stream = _running(slack, args, appending=False)
    blocks = require_blocks(args.json("blocks", "invalid_blocks_format"))
    metadata = metadata_argument(args)
    before = world.render_message(message)
    _append(slack, message, stream, args)
    stream.blocks += blocks
    message.blocks = with_block_ids({"blocks": stream.render()})["blocks"]
    message.metadata = metadata or message.metadata
    message.streaming = Streaming.COMPLETED
    world.session(message.channel, message.thread_ts).status = status
    world.changes.tell(ChangeKind.SESSION, message.channel, message.thread_ts)
    change(slack, world.channels[message.channel], message, before)
    return {
        "channel": message.channel,
        "ts": message.ts,
        "message": world.render_message(message, with_metadata=True),
    }


def _running(slack: Slack, args: Arguments, *, appending: bool) -> tuple[Message, Stream]:
    channel = slack.world.find_channel(args.text("channel"))
    message = slack.world.find_message(channel, args.text("ts"))
    if message.user != slack.world.app.bot_user:
        refuse("message_not_owned_by_app")
    if channel.archived:
        refuse("is_archived")
    return message, slack.streams.running(message, appending=appending)


def _append(slack: Slack, message: Message, stream: Stream, args: Arguments) -> None:
    slack.streams.append(stream, args.text("markdown_text"), args.json("chunks", "invalid_chunks"))
    message.text = stream.markdown
    message.blocks = with_block_ids({"blocks": stream.render()})["blocks"]
    account_pings(slack, slack.world.channels[message.channel], message)
    tell_message(slack, message)


METHODS = {
    "chat.startStream": start_stream,
    "chat.appendStream": append_stream,
    "chat.stopStream": stop_stream,
}
