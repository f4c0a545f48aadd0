"""What an event means for the bot: a question, an edit, a deletion, a word in a thread, or nothing.

Pure: from the event's JSON alone. `app_mention` and `message` both come for one post, in no
certain order and with different ids; both give the same `Said`, which the inbox keeps once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.intake.plain_text import mentions

_SPOKEN = frozenset({"", "file_share", "thread_broadcast", "me_message"})
_NOBODY = frozenset({"", "USLACKBOT"})
_MOST_FILES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message of a person.

    text: as Slack sent it, with its tokens. thread_ts: of the root; its own ts at top level.
    user_team: where the person belongs, other than `team` for outsiders; None where unknown.
    mentioned: whether it mentions the bot. edited_ts: when a person last edited it.
    """

    team: str
    channel: str
    ts: str
    thread_ts: str
    user: str
    user_team: str | None
    text: str
    files: tuple[str, ...]
    direct: bool
    mentioned: bool
    edited_ts: str | None = None

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread under another message."""
        return self.thread_ts != self.ts


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A message of a person that changed. by_person: not because a link in it was unfurled."""

    said: Said
    by_person: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """A message that is gone. thread_ts: of the root it stood under; None where unknown.

    said: what it said; None where that is unknown or no person's word.
    """

    team: str
    channel: str
    ts: str
    thread_ts: str | None = None
    said: Said | None = None


def incoming(
    event: Mapping[str, Any], *, team: str, bot_user: str
) -> Said | Edited | Deleted | None:
    """The meaning of an `app_mention` or `message` event; None for what is no person's word.

    Whatever the event holds, nothing is raised: what cannot be read is nobody's word.
    """
    if event.get("type") not in ("message", "app_mention"):
        return None
    channel = _text(event, "channel")
    subtype = _text(event, "subtype")
    if not channel or (event.get("hidden") is True and subtype not in _HIDDEN_CHANGES):
        return None
    if subtype == "message_deleted":
        ts = _text(event, "deleted_ts")
        return _deleted(event, team=team, channel=channel, bot_user=bot_user) if ts else None
    if subtype == "message_changed":
        return _edited(event, team=team, channel=channel, bot_user=bot_user)
    kind = _text(event, "channel_type")
    return _said(event, team=team, channel=channel, kind=kind, bot_user=bot_user)


def _deleted(event: Mapping[str, Any], *, team: str, channel: str, bot_user: str) -> Deleted:
    ts, before = _text(event, "deleted_ts"), event.get("previous_message")
    if not isinstance(before, Mapping):
        return Deleted(team=team, channel=channel, ts=ts)
    kind = _text(event, "channel_type")
    said = _said(before, team=team, channel=channel, kind=kind, bot_user=bot_user)
    return Deleted(
        team=team,
        channel=channel,
        ts=ts,
        thread_ts=_text(before, "thread_ts") or None,
        said=said if said is not None and said.ts == ts else None,
    )


_HIDDEN_CHANGES = frozenset({"message_changed", "message_deleted"})


def _edited(
    event: Mapping[str, Any], *, team: str, channel: str, bot_user: str
) -> Edited | Deleted | None:
    message = event.get("message")
    if not isinstance(message, Mapping):
        return None
    if _text(message, "subtype") == "tombstone":  # a root that was deleted and has replies
        ts = _text(message, "ts")
        return Deleted(team=team, channel=channel, ts=ts) if ts else None
    kind = _text(event, "channel_type")
    said = _said(message, team=team, channel=channel, kind=kind, bot_user=bot_user)
    if said is None:
        return None
    return Edited(said=said, by_person=isinstance(message.get("edited"), Mapping))


def _said(
    message: Mapping[str, Any], *, team: str, channel: str, kind: str, bot_user: str
) -> Said | None:
    user, ts = _text(message, "user"), _text(message, "ts")
    if not ts or user in _NOBODY or user == bot_user or _text(message, "bot_id"):
        return None
    if _text(message, "subtype") not in _SPOKEN:
        return None
    text, edited = _text(message, "text"), message.get("edited")
    return Said(
        team=team,
        channel=channel,
        ts=ts,
        thread_ts=_text(message, "thread_ts") or ts,
        user=user,
        user_team=_text(message, "user_team") or _text(message, "team") or None,
        text=text,
        files=_files(message),
        direct=kind == "im" or (not kind and channel.startswith("D")),
        mentioned=bot_user in mentions(text),
        edited_ts=(_text(edited, "ts") if isinstance(edited, Mapping) else "") or None,
    )


def _files(message: Mapping[str, Any]) -> tuple[str, ...]:
    files = message.get("files")
    if not isinstance(files, list):
        return ()
    ids = [_text(f, "id") for f in files if isinstance(f, Mapping)]
    return tuple(i for i in ids if i)[:_MOST_FILES]


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else ""
