"""assistant.threads.* and agents.sessions.*: what the app says of its work."""

from __future__ import annotations

from bot.workspace.arguments import Arguments
from bot.workspace.changes import ChangeKind
from bot.workspace.channels import Channel
from bot.workspace.errors import Json, invalid_arguments, refuse
from bot.workspace.slack import Slack
from bot.workspace.stream_methods import STATUSES

STATUS_SHOWN_S = 120.0
"""A free-text status clears itself after this long."""
PROMPTS = 4
LOADING_MESSAGES = 10
TITLE_CHARS = 200


def set_status(slack: Slack, args: Arguments) -> Json:
    """assistant.threads.setStatus."""
    channel, thread_ts = _thread(slack, args)
    loading = args.words("loading_messages")
    if len(loading) > LOADING_MESSAGES:
        raise invalid_arguments("no more than 10 items allowed [json-pointer:/loading_messages]")
    session = slack.world.session(channel.id, thread_ts)
    session.text = args.text("status")
    session.text_at = slack.clock.now()
    slack.world.changes.tell(ChangeKind.SESSION, channel.id, thread_ts)
    return {}


def set_title(slack: Slack, args: Arguments) -> Json:
    """assistant.threads.setTitle."""
    channel, thread_ts = _thread(slack, args)
    slack.world.session(channel.id, thread_ts).title = args.text("title")
    slack.world.changes.tell(ChangeKind.SESSION, channel.id, thread_ts)
    return {}


def set_suggested_prompts(slack: Slack, args: Arguments) -> Json:
    """assistant.threads.setSuggestedPrompts.

    With a `thread_ts` under `agent_view` it answers ok and shows nothing, as Slack does.
    """
    channel = slack.world.find_channel(args.text("channel_id"))
    prompts = args.json("prompts")
    if not isinstance(prompts, list) or not prompts or len(prompts) > PROMPTS:
        raise invalid_arguments("must have 1 to 4 items [json-pointer:/prompts]")
    for number, prompt in enumerate(prompts):
        if not (isinstance(prompt, dict) and prompt.get("title") and prompt.get("message")):
            raise invalid_arguments(f"missing title or message [json-pointer:/prompts/{number}]")
    thread_ts = args.text("thread_ts")
    if thread_ts and slack.world.app.agent_view:
        return {}
    if thread_ts and not slack.world.is_root(channel, thread_ts):
        refuse("invalid_thread_ts")
    session = slack.world.session(channel.id, thread_ts)
    session.prompts = prompts
    session.prompts_title = args.text("title")
    slack.world.changes.tell(ChangeKind.PROMPTS, channel.id, thread_ts)
    return {}


def set_session_status(slack: Slack, args: Arguments) -> Json:
    """agents.sessions.setStatus: makes the session where there is none."""
    if args.text("status") not in STATUSES:
        raise invalid_arguments("must be one of active, processing, suspended, closed")
    channel, thread_ts = _thread(slack, args)
    _check_title(args)
    session = slack.world.session(channel.id, thread_ts)
    session.status = args.text("status")
    if args.has("title"):
        session.title = args.text("title")
    slack.world.changes.tell(ChangeKind.SESSION, channel.id, thread_ts)
    return {}


def rename_session(slack: Slack, args: Arguments) -> Json:
    """agents.sessions.rename."""
    channel, thread_ts = _thread(slack, args)
    _check_title(args)
    slack.world.session(channel.id, thread_ts).title = args.text("title")
    slack.world.changes.tell(ChangeKind.SESSION, channel.id, thread_ts)
    return {}


def shown_status(slack: Slack, channel: str, thread_ts: str) -> str:
    """The free text that people see now; empty where it was cleared or is too old."""
    session = slack.world.sessions.get((channel, thread_ts))
    if session is None or slack.clock.now() - session.text_at >= STATUS_SHOWN_S:
        return ""
    return session.text


def _thread(slack: Slack, args: Arguments) -> tuple[Channel, str]:
    channel = slack.world.find_channel(args.text("channel_id"))
    if slack.world.app.bot_user not in channel.members:
        refuse("channel_not_found")
    thread_ts = args.text("thread_ts")
    if thread_ts and not slack.world.is_root(channel, thread_ts):
        refuse("invalid_thread_ts")
    return channel, thread_ts


def _check_title(args: Arguments) -> None:
    if len(args.text("title")) > TITLE_CHARS:
        raise invalid_arguments("must be less than 201 characters [json-pointer:/title]")


METHODS = {
    "assistant.threads.setStatus": set_status,
    "assistant.threads.setTitle": set_title,
    "assistant.threads.setSuggestedPrompts": set_suggested_prompts,
    "agents.sessions.setStatus": set_session_status,
    "agents.sessions.rename": rename_session,
}
