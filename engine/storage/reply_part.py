"""One message of ours, as it stands in table `replies`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a message of ours is."""

    ASKED = "asked"
    """What a question stands as that is no message of its own."""
    ANSWER = "answer"
    NOTICE = "notice"
    OUTCOME = "outcome"
    """How a case ended that has no answer."""
    HUMAN = "human"
    CARD = "card"
    LOST_CARD = "lost_card"
    """A card out of reach: its case has another, or gets it back."""
    CARD_NOTE = "card_note"


class PartState(StrEnum):
    """How far a message is."""

    PLANNED = "planned"
    POSTING = "posting"
    STREAMING = "streaming"
    POSTED = "posted"
    SURPLUS = "surplus"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One message of ours.

    revision: of the question, for which it was planned. part: from 0. body: arguments of the post.
    version: grows with each change of the body; shown: the version that readers see, None where
    none is known. ts: the message; None until it is known. attempts: calls that were begun.
    attempted_at: the last of them; None where it is known to have done nothing.
    """

    id: str
    tenant: str
    question_id: str
    kind: Kind
    part: int
    revision: int
    channel: str
    thread_ts: str | None
    body: Mapping[str, Any]
    version: int
    shown: int | None
    state: PartState
    ts: str | None
    attempts: int
    attempted_at: datetime | None

    @property
    def key(self) -> str:
        """Names the part in the message's metadata; the same in every revision."""
        return f"{self.question_id}:{self.kind.value}:{self.part}"


def parse_part(row: Mapping[Any, Any]) -> Part:
    """The record of a row of `replies`."""
    values = {name: row[name] for name in Part.__dataclass_fields__}
    return Part(**values | {"kind": Kind(row["kind"]), "state": PartState(row["state"])})
