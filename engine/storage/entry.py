"""An entry as it stands in table `entries`: a person's answer in versions, as knowledge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class EntryState(StrEnum):
    """What a version counts for; at most one of an entry is live."""

    PROPOSED = "proposed"
    LIVE = "live"
    SUPERSEDED = "superseded"
    ROLLED_BACK = "rolled_back"
    EXPIRED = "expired"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrySource:
    """A document that an answer rested on. content_hash: that it had then."""

    document: str
    content_hash: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """A version to be made.

    author: how the person who answered is called. owner: id of who is asked about it later.
    audience: tags, never empty. permalink: of the thread it comes from. case_id: None for what
    was found in a thread. channels: where it was said. expires_at: not used from then on; None:
    never.
    """

    question: str
    answer: str
    author: str
    owner: str
    audience: tuple[str, ...]
    category: str | None = None
    permalink: str | None = None
    case_id: str | None = None
    sources: tuple[EntrySource, ...] = ()
    channels: tuple[str, ...] = ()
    expires_at: datetime | None = None
    place: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A version of an entry.

    made_by: who made it so; None: the program. confirmed_at: when its owner last said that it still
    holds. asked_owner_at: since when they are asked. ended_why: in words. place: messages about it.
    """

    id: str
    version: int
    tenant: str
    state: EntryState
    question: str
    answer: str
    author: str
    owner: str
    audience: tuple[str, ...]
    category: str | None
    permalink: str | None
    case_id: str | None
    sources: tuple[EntrySource, ...]
    channels: tuple[str, ...]
    made_at: datetime
    made_by: str | None
    expires_at: datetime | None
    confirmed_at: datetime | None
    asked_owner_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    ended_why: str | None
    place: Mapping[str, Any]

    def is_used(self, at: datetime) -> bool:
        """Whether answers may quote it at that moment."""
        return self.state is EntryState.LIVE and (self.expires_at is None or at < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryChanged:
    """done: False where somebody was first. entry: as it is now; None: there is none."""

    done: bool
    entry: Entry | None
