"""What the figures are counted from: questions and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.storage.feedback import Opinion


@dataclass(frozen=True, slots=True, kw_only=True)
class Involved:
    """A question's case. by_person: somebody other than the asker did something to it.
    delivered_at: when the asker had a person's answer; None while they have none."""

    by_person: bool
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question.

    place: names the channel; thread: its conversation there. text: its beginning. outcome: the
    answer contract's; None while it waits. first_shown_at: when readers saw the first message of
    its answer; None before. case: None where nobody was wanted. opinions: by person.
    """

    id: str
    user: str
    place: tuple[str, str]
    thread: str
    text: str
    asked_at: datetime
    outcome: str | None
    first_shown_at: datetime | None = None
    case: Involved | None = None
    opinions: Mapping[str, Opinion]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Words in a thread of ours that asked nothing."""

    user: str
    place: tuple[str, str]
    thread: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A case that somebody answered or declined. claimed_at: None where nobody claimed it."""

    person: str
    at: datetime
    claimed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything between two moments: questions and words in the order of time."""

    questions: Sequence[Asked]
    words: Sequence[Said]
    settled: Sequence[Settled]
