"""A case as it stands in table `cases`: who has it, how far it is, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

ASKED_FOR = "asked_for"
"""Reason of a case that the asker wanted; beside the codes of the answer contract."""
DOWN_VOTED = "down_voted"
"""Reason: the asker says that the answer did not help."""
DRAFT_MODE = "draft_mode"
"""Reason: every answer in this channel goes through a person."""
LOW_PRECISION = "below_target"
"""Reason: answers as sure as this one are right less often than the channel wants."""


class Closed(StrEnum):
    """Why nobody is wanted any more."""

    SETTLED = "settled"
    """The question was changed, and has its answer."""
    WITHDRAWN = "withdrawn"
    """The question was deleted."""
    SOLVED = "solved"
    """The asker has found the answer themselves."""
    REJECTED = "rejected"
    """A person said that it is not to be answered here, and why."""
    EXPIRED = "expired"
    """Nobody answered it in time."""


class How(StrEnum):
    """What a person did with the draft."""

    APPROVED = "approved"
    EDITED = "edited"
    ANSWERED = "answered"
    """They wrote the answer themselves."""


class CaseState(StrEnum):
    """How far a case is."""

    OPEN = "open"
    CLAIMED = "claimed"
    APPROVED = "approved"
    EDITED = "edited"
    ANSWERED = "answered"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"
    SOLVED = "solved"
    REJECTED = "rejected"
    EXPIRED = "expired"


WAITING = (CaseState.OPEN, CaseState.CLAIMED)
"""States of a case that still wants a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An escalation.

    revision: of the question, for which a person is wanted. reasons: codes of why. version: grows
    with each change that the card must show. tells_asker: they are still to be told that a person
    has it. channel, ts: its card; None until that is placed. answered_by, answer: the person who
    was first, and their words; answered_with: the inbox's row of these; how: what they did with the
    draft. delivered_at: when the asker had them. first_revision: for which it was opened. closed:
    None while a person is wanted, or has answered; a closed case takes no answer. closed_by: None
    is the question itself or the clock; closed_why: in the reviewer's words. owner: who has claimed
    it. level: how often it was passed up. category, priority: as corrected, else the triage's.
    snoozed_until: no reminder before. respond_by, resolve_by: its targets. card_home: the channel
    where its card belongs; None until that is known.
    """

    id: str
    tenant: str
    question_id: str
    revision: int
    reasons: tuple[str, ...]
    opened_at: datetime
    version: int
    tells_asker: bool
    channel: str | None
    ts: str | None
    answered_by: str | None
    answered_at: datetime | None
    answered_with: str | None
    answer: str | None
    delivered_at: datetime | None
    first_revision: int
    closed: Closed | None
    closed_by: str | None
    closed_why: str | None
    closed_at: datetime | None
    how: How | None
    owner: str | None
    claimed_at: datetime | None
    level: int
    category: str | None
    priority: str | None
    snoozed_until: datetime | None
    respond_by: datetime | None
    resolve_by: datetime | None
    card_home: str | None

    @property
    def state(self) -> CaseState:
        """How far it is; an answer counts from when it is given, before it is delivered."""
        if self.answered_at is not None:
            return CaseState(self.how or How.ANSWERED)
        if self.closed is not None:
            return CaseState(self.closed)
        return CaseState.OPEN if self.owner is None else CaseState.CLAIMED

    @property
    def is_waiting(self) -> bool:
        """Whether it still wants a person."""
        return self.state in WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What became of a change. done: False where somebody was first, or it is not theirs to make;
    nothing was changed then. case: as it is now."""

    done: bool
    case: Case


def parse_case(row: Mapping[Any, Any]) -> Case:
    """A row of `cases`."""
    values = {name: row[name] for name in Case.__dataclass_fields__}
    return Case(
        **values
        | {
            "reasons": tuple(row["reasons"]),
            "closed": None if row["closed"] is None else Closed(row["closed"]),
            "how": None if row["how"] is None else How(row["how"]),
        }
    )
