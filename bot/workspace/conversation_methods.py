"""conversations.* and users.conversations."""

from __future__ import annotations

from bot.workspace.arguments import Arguments
from bot.workspace.changes import ChangeKind
from bot.workspace.channels import LISTED_AS, SCOPE_FAMILY, Channel, ChannelType
from bot.workspace.errors import Json, invalid_arguments, refuse
from bot.workspace.messages import Message
from bot.workspace.paging import page
from bot.workspace.slack import Slack


def readable_channel(slack: Slack, args: Arguments, right: str) -> Channel:
    """The channel that `channel` names, for a method that needs `<family>:<right>`.

    Raises:
        SlackError: it is not there, or the scope for its kind is missing.
    """
    channel = slack.world.find_channel(args.text("channel"))
    needed = f"{SCOPE_FAMILY[channel.type]}:{right}"
    if needed not in slack.world.app.scopes:
        refuse("missing_scope", needed=needed, provided=",".join(slack.world.app.scopes))
    return channel


def info(slack: Slack, args: Arguments) -> Json:
    """conversations.info."""
    channel = readable_channel(slack, args, "read")
    shown = channel.render(
        bot_user=slack.world.app.bot_user, with_members_count=args.flag("include_num_members")
    )
    return {"channel": shown}


def list_channels(slack: Slack, args: Arguments) -> Json:
    """conversations.list."""
    found = [c for c in _visible(slack, args) if not c.deleted]
    shown, cursor = page(found, args)
    bot = slack.world.app.bot_user
    return {
        "channels": [c.render(bot_user=bot, with_members_count=True) for c in shown],
        "response_metadata": cursor,
    }


def users_conversations(slack: Slack, args: Arguments) -> Json:
    """users.conversations: those of a user that the app may know of."""
    user = args.text("user") or slack.world.app.bot_user
    if user not in slack.world.people:
        refuse("user_not_found")
    found = [c for c in _visible(slack, args) if user in c.members]
    shown, cursor = page(found, args)
    bot = slack.world.app.bot_user
    return {"channels": [c.render(bot_user=bot) for c in shown], "response_metadata": cursor}


def _visible(slack: Slack, args: Arguments) -> list[Channel]:
    types = args.words("types") or ["public_channel"]
    unknown = set(types) - set(LISTED_AS.values())
    if unknown:
        refuse("invalid_types")
    families = {SCOPE_FAMILY[kind] for kind, listed in LISTED_AS.items() if listed in types}
    missing = sorted(f"{f}:read" for f in families if f"{f}:read" not in slack.world.app.scopes)
    if missing:
        provided = ",".join(slack.world.app.scopes)
        refuse("missing_scope", needed=",".join(missing), provided=provided)
    bot = slack.world.app.bot_user
    return [
        c
        for c in slack.world.channels.values()
        if LISTED_AS[c.type] in types
        and not c.deleted
        and (c.type is ChannelType.PUBLIC or bot in c.members)
        and not (c.archived and args.flag("exclude_archived"))
    ]


def history(slack: Slack, args: Arguments) -> Json:
    """conversations.history: newest first, without replies."""
    channel = _joined(slack, args)
    found = [m for m in channel.messages.values() if not m.is_reply or m.broadcast]
    found = [m for m in reversed(found) if _between(m, args)]
    return _messages(slack, args, found)


def replies(slack: Slack, args: Arguments) -> Json:
    """conversations.replies: the root and its replies, oldest first."""
    channel = _joined(slack, args)
    ts = slack.world.root_of(channel, args.text("ts"))
    if not slack.world.is_root(channel, ts):
        refuse("thread_not_found")
    found = [m for m in channel.thread(ts) if m.ts == ts or _between(m, args)]
    return _messages(slack, args, found)


def _joined(slack: Slack, args: Arguments) -> Channel:
    channel = readable_channel(slack, args, "history")
    if slack.world.app.bot_user not in channel.members:
        refuse("not_in_channel")
    return channel


def _between(message: Message, args: Arguments) -> bool:
    oldest, latest = args.text("oldest") or "0", args.text("latest") or "9" * 12
    try:
        at, low, high = float(message.ts), float(oldest), float(latest)
    except ValueError:
        raise invalid_arguments("must be a timestamp") from None
    if args.flag("inclusive"):
        return low <= at <= high
    return low < at < high


def _messages(slack: Slack, args: Arguments, found: list[Message]) -> Json:
    shown, cursor = page(found, args)
    with_metadata = args.flag("include_all_metadata")
    for message in shown:
        slack.streams.refresh(message)
    return {
        "messages": [slack.world.render_message(m, with_metadata=with_metadata) for m in shown],
        "has_more": bool(cursor["next_cursor"]),
        "pin_count": 0,
        "response_metadata": cursor,
    }


def members(slack: Slack, args: Arguments) -> Json:
    """conversations.members."""
    channel = readable_channel(slack, args, "read")
    shown, cursor = page(channel.members, args)
    return {"members": shown, "response_metadata": cursor}


def open_conversation(slack: Slack, args: Arguments) -> Json:
    """conversations.open."""
    world = slack.world
    if args.has("channel"):
        channel, before = world.find_channel(args.text("channel")), True
    else:
        users = args.words("users")
        if not users:
            refuse("users_list_not_supplied")
        if len(users) > 8:
            refuse("too_many_users")
        for user in users:
            if user not in world.people:
                refuse("user_not_found")
            if world.people[user].deleted:
                refuse("user_disabled")
        needed = "im:write" if len(users) == 1 else "mpim:write"
        if needed not in world.app.scopes:
            refuse("missing_scope", needed=needed, provided=",".join(world.app.scopes))
        channel, before = world.direct_message([*users, world.app.bot_user])
    answer: Json = {"channel": {"id": channel.id}}
    if args.flag("return_im"):
        answer["channel"] = channel.render(bot_user=world.app.bot_user)
    return answer | ({"no_op": True, "already_open": True} if before else {})


def join(slack: Slack, args: Arguments) -> Json:
    """conversations.join."""
    channel = slack.world.find_channel(args.text("channel"))
    bot = slack.world.app.bot_user
    if channel.type is not ChannelType.PUBLIC:
        refuse("method_not_supported_for_channel_type")
    if channel.archived:
        refuse("is_archived")
    answer: Json = {}
    if bot in channel.members:
        answer = {
            "warning": "already_in_channel",
            "response_metadata": {"warnings": ["already_in_channel"]},
        }
    else:
        channel.members.append(bot)
        slack.world.changes.tell(ChangeKind.CHANNEL, channel.id)
        event = {
            "type": "member_joined_channel",
            "user": bot,
            "channel": channel.id,
            "channel_type": "C",
            "team": slack.world.team_id,
        }
        slack.events.emit(event, channel)
    return {"channel": channel.render(bot_user=bot), **answer}


METHODS = {
    "conversations.info": info,
    "conversations.list": list_channels,
    "conversations.history": history,
    "conversations.replies": replies,
    "conversations.members": members,
    "conversations.open": open_conversation,
    "conversations.join": join,
    "users.conversations": users_conversations,
}
