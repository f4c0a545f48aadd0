"""A question as it was asked, and as it stands in table `inbox`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Surface(StrEnum):
    """Where a question was put."""

    MENTION = "mention"
    DM = "dm"
    FOLLOW_UP = "follow_up"
    SHORTCUT = "shortcut"
    COMMAND = "command"
    CASE_REPLY = "case_reply"
    SHADOW = "shadow"
    """Said where the bot only listens; its answer is kept and shown to nobody."""


class State(StrEnum):
    """How far a question is."""

    DUE = "due"
    CLAIMED = "claimed"
    DONE = "done"
    CANCELLED = "cancelled"


NOWHERE = ""
"""Channel of a question that is no message and has no place yet; its `ts` names who asked what."""

PENDING = (State.DUE.value, State.CLAIMED.value)
"""States of a question that still wants its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewQuestion:
    """One addressed message.

    team, channel, ts: name the message; opaque. thread_ts: the thread's first message; None
    outside a thread. user_team: the asker's own team, where it is known. files: ids of files
    shared with it. edited_at: when its text became what it is; None if never edited.
    extra: small JSON that the surface needs later.
    """

    team: str
    channel: str
    ts: str
    user: str
    surface: Surface
    text: str
    asked_at: datetime
    thread_ts: str | None = None
    user_team: str | None = None
    files: tuple[str, ...] = ()
    edited_at: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem(NewQuestion):
    """A stored question.

    sequence: grows with arrival. revision: 1, and one more for each edit. attempts: claims of this
    revision, the present one too. due_at: not claimed before. lease: names the present claim, and
    is what every change of a claimed question asks for; None unless claimed. lease_owner: the
    program or worker that holds it. trace_id: of this revision's saved answer. outcome: how it
    ended; None until DONE.
    """

    id: str
    tenant: str
    sequence: int
    revision: int
    state: State
    attempts: int
    received_at: datetime
    due_at: datetime
    lease_owner: str | None = None
    lease: str | None = None
    lease_until: datetime | None = None
    trace_id: str | None = None
    outcome: str | None = None

    @property
    def root(self) -> str:
        """The first message of the conversation, its own outside a thread."""
        return self.thread_ts or self.ts

    @property
    def has_place(self) -> bool:
        """Whether there is a message that it is; see `placed_questions`."""
        return self.channel != NOWHERE


_FIELDS = tuple(InboxItem.__dataclass_fields__)


def parse_item(row: Mapping[Any, Any]) -> InboxItem:
    """The record of a row of `inbox`."""
    values: dict[str, Any] = {name: row.get(name) for name in _FIELDS}
    values["surface"], values["state"] = Surface(row["surface"]), State(row["state"])
    values["files"] = tuple(row["files"])
    return InboxItem(**values)


def storable(text: str) -> str:
    """The text without what no database takes: one bad message must not fail its neighbours."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
