"""chat.*: posting, changing and deleting messages as the app."""

from __future__ import annotations

import json
import re
from typing import Any

from bot.workspace.arguments import Arguments
from bot.workspace.blocks import MARKDOWN_CHARS, require_blocks
from bot.workspace.channels import Channel, ChannelType
from bot.workspace.errors import Json, refuse
from bot.workspace.messages import Ephemeral, Message
from bot.workspace.posting import change, delete, mark_edited, post
from bot.workspace.slack import Slack
from bot.workspace.views import with_block_ids

POST_CHARS = 40_000
"""Slack cuts longer text of a new message without a word."""
UPDATE_CHARS = 4_000
METADATA_CHARS = 8_000
_TS = re.compile(r"\d{10}\.\d{6}")


def writable_channel(slack: Slack, given: str) -> Channel:
    """The channel the app may post to; a user's id means the conversation with them.

    Raises:
        SlackError: it is not there, is archived, or the app is not in it.
    """
    world = slack.world
    if given in world.people and given[0] in "UW":
        if world.people[given].deleted:
            refuse("channel_not_found")
        channel, _ = world.direct_message([given, world.app.bot_user])
    else:
        channel = world.find_channel(given)
    if channel.archived:
        refuse("is_archived")
    if world.app.bot_user not in channel.members and not (
        channel.type is ChannelType.PUBLIC and "chat:write.public" in world.app.scopes
    ):
        refuse("not_in_channel")
    if channel.type is ChannelType.IM and not world.app.messages_tab:
        refuse("messages_tab_disabled")
    return channel


def thread_argument(slack: Slack, channel: Channel, args: Arguments) -> str:
    """The thread to post in; empty for none.

    Raises:
        SlackError: it has not the shape of a ts, or nothing ever stood there.
    """
    if not args.has("thread_ts"):
        return ""
    thread_ts = args.text("thread_ts")
    if not _TS.fullmatch(thread_ts):
        refuse("invalid_thread_ts")
    if not slack.world.is_root(channel, thread_ts):
        refuse("thread_not_found")
    return thread_ts


def metadata_argument(args: Arguments) -> Json | None:
    """The message's metadata.

    Raises:
        SlackError: it is not `{event_type, event_payload}`, or too large.
    """
    metadata = args.json("metadata", "invalid_metadata_format")
    if metadata in (None, ""):
        return None
    if not isinstance(metadata, dict):
        refuse("invalid_metadata_format")
    if not metadata:
        return None
    if not isinstance(metadata.get("event_type"), str) or not isinstance(
        metadata.get("event_payload"), dict
    ):
        refuse("invalid_metadata_schema")
    if len(json.dumps(metadata)) > METADATA_CHARS:
        refuse("metadata_too_large")
    return metadata


def content_arguments(args: Arguments, *, text_chars: int | None) -> dict[str, Any]:
    """Text, blocks and attachments of a message; `text_chars` is where a text is refused.

    Raises:
        SlackError: there is none, too much, or what excludes each other.
    """
    markdown = args.text("markdown_text")
    if markdown and (args.has("text") or args.has("blocks")):
        refuse("markdown_text_conflict")
    if len(markdown) > MARKDOWN_CHARS:
        refuse("msg_too_long")
    blocks = require_blocks(args.json("blocks", "invalid_blocks_format"))
    attachments = args.json("attachments", "invalid_attachments") or []
    if not isinstance(attachments, list):
        refuse("invalid_attachments")
    if len(attachments) > 100:
        refuse("too_many_attachments")
    text = args.text("text")
    if text_chars is not None and len(text) > text_chars:
        refuse("msg_too_long")
    if not (text or markdown or blocks or attachments):
        refuse("no_text")
    if markdown:
        blocks = [{"type": "markdown", "text": markdown}]
    return {
        "text": (text or markdown)[:POST_CHARS],
        "blocks": blocks,
        "attachments": attachments,
    }


def post_message(slack: Slack, args: Arguments) -> Json:
    """chat.postMessage."""
    content = content_arguments(args, text_chars=None)
    metadata = metadata_argument(args)
    channel = writable_channel(slack, args.text("channel"))
    author = slack.world.people[slack.world.app.bot_user]
    message = post(
        slack,
        channel,
        author,
        content["text"],
        thread_ts=thread_argument(slack, channel, args),
        blocks=content["blocks"],
        attachments=content["attachments"],
        metadata=metadata,
        unfurl=args.flag("unfurl_links") or args.flag("unfurl_media", default=True),
        broadcast=args.flag("reply_broadcast"),
        link_names=args.flag("link_names") or args.text("parse") == "full",
    )
    return {
        "channel": channel.id,
        "ts": message.ts,
        "message": slack.world.render_message(message, with_metadata=True),
    }


def update(slack: Slack, args: Arguments) -> Json:
    """chat.update."""
    channel, message = own_message(slack, args, "cant_update_message")
    slack.streams.refuse_update(message)
    content = content_arguments(args, text_chars=UPDATE_CHARS)
    metadata = metadata_argument(args)
    before = slack.world.render_message(message)
    message.text = content["text"]
    # blocks that are not given go, unless the text is not given either
    message.blocks = with_block_ids({"blocks": content["blocks"]})["blocks"]
    if args.has("attachments"):
        message.attachments = content["attachments"]
    if "metadata" in args.given:
        message.metadata = metadata
    mark_edited(slack, message, slack.world.app.bot_user)
    change(slack, channel, message, before)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": slack.world.render_message(message, with_metadata=True),
    }


def delete_message(slack: Slack, args: Arguments) -> Json:
    """chat.delete."""
    channel, message = own_message(slack, args, "cant_delete_message")
    delete(slack, channel, message)
    return {"channel": channel.id, "ts": message.ts}


def own_message(slack: Slack, args: Arguments, error: str) -> tuple[Channel, Message]:
    """The app's own message that `channel` and `ts` name.

    Raises:
        SlackError: it is not there, or `error`: it is somebody else's.
    """
    channel = slack.world.find_channel(args.text("channel"))
    message = slack.world.find_message(channel, args.text("ts"))
    if message.user != slack.world.app.bot_user:
        refuse(error)
    return channel, message


def post_ephemeral(slack: Slack, args: Arguments) -> Json:
    """chat.postEphemeral."""
    content = content_arguments(args, text_chars=POST_CHARS)
    channel = writable_channel(slack, args.text("channel"))
    if args.text("user") not in channel.members:
        refuse("user_not_in_channel")
    shown = Ephemeral(
        channel=channel.id,
        ts=slack.world.new_ts(),
        user=args.text("user"),
        text=content["text"],
        blocks=with_block_ids({"blocks": content["blocks"]})["blocks"],
        thread_ts=thread_argument(slack, channel, args),
    )
    slack.world.show_ephemeral(shown)
    return {"message_ts": shown.ts}


def get_permalink(slack: Slack, args: Arguments) -> Json:
    """chat.getPermalink."""
    channel = slack.world.find_channel(args.text("channel"))
    message = slack.world.find_message(channel, args.text("message_ts"))
    link = f"{slack.world.base_url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


METHODS = {
    "chat.postMessage": post_message,
    "chat.update": update,
    "chat.delete": delete_message,
    "chat.postEphemeral": post_ephemeral,
    "chat.getPermalink": get_permalink,
}
