"""Rows of the evaluations' tables as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class RunState(StrEnum):
    """Where a run stands. Only RUNNING can change."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    OVER_BUDGET = "over_budget"
    FAILED = "failed"


class Order(StrEnum):
    """What a run is to do next, as its last sign of life found."""

    GO_ON = "go_on"
    CANCEL = "cancel"
    LOST = "lost"  # another process has it, or it is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run without its record.

    options: what else was asked for, JSON. requested_by: a Slack user's id, `schedule:NAME`, or
    `cli`. fingerprint: of the answers; empty until it is known. done, total: cases; asked: those
    of done whose answer was not cached. lease_owner: the process that works on it; None while
    none does. cancelling: somebody asked for its end. problem: why it failed, in a sentence.
    message: where its progress is shown, JSON.
    """

    id: str
    tenant: str
    target: str
    options: Mapping[str, Any]
    requested_by: str
    state: RunState
    fingerprint: str
    done: int
    total: int
    asked: int
    cost_usd: float
    started_at: datetime
    finished_at: datetime | None
    lease_owner: str | None
    lease_until: datetime | None
    cancelling: bool
    problem: str
    message: Mapping[str, Any]

    def has_process(self, at: datetime) -> bool:
        """Whether a process works on it at that moment, as far as its lease tells."""
        return (
            self.state is RunState.RUNNING
            and self.lease_until is not None
            and self.lease_until > at
        )


@dataclass(frozen=True, slots=True)
class AlreadyRunning:
    """A run of the same target has not ended yet."""

    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedAnswer:
    """What an engine answered to a case.

    body: the answer contract's JSON. scored_by: hash of the judge and the code that made the
    scores; empty where there are none. scores: JSON of theirs.
    """

    case_hash: str
    fingerprint: str
    body: Mapping[str, Any]
    scored_by: str = ""
    scores: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A name under which a run is kept to compare others with."""

    name: str
    run_id: str
    set_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When what is run.

    options: as of a run. cron: five fields, in the named time zone. channel: of the report; None
    means the setting's. owner: who is paged on a regression; None means the setting's. lease: of
    the claim that this record came from; None otherwise.
    """

    name: str
    target: str
    options: Mapping[str, Any]
    cron: str
    timezone: str
    channel: str | None
    owner: str | None
    next_due_at: datetime
    lease: str | None = None
    last_run_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A day's value of a series. n: how many traces it was computed from. body: JSON beside it."""

    series: str
    day: date
    value: float
    n: int
    body: Mapping[str, Any] = field(default_factory=dict)
