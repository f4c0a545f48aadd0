"""The figures of a period from the record of what happened; see `definitions` for what each is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import numpy as np

from engine.figures.asked import Asked, Record, Said
from engine.figures.definitions import REPEAT_WITHIN, TAKEOVER_WITHIN, FigureName
from engine.figures.repeats import repeats
from engine.figures.share import Share
from engine.storage.feedback import Opinion
from engine.trace import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long answers took. p50_s, p90_s: seconds; None where there were none."""

    answers: int
    p50_s: float | None
    p90_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one person reviewed. median_minutes: from claim to the end; None where none of them
    was claimed."""

    person: str
    cases: int
    median_minutes: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of the questions asked from `since` on and before `until`.

    waiting: of the questions, those without an outcome. young: those with one whose 48 hours are
    not over, so that they may yet be taken over. shares: by name.
    """

    since: datetime
    until: datetime
    questions: int
    waiting: int
    young: int
    shares: Mapping[FigureName, Share]
    times: Mapping[FigureName, Times]
    load: tuple[Load, ...]


@dataclass(frozen=True, slots=True)
class _Judged:
    asked: Asked
    taken_over: bool
    involved: bool
    alone: bool
    answered: bool
    asked_again: bool

    @property
    def confirmed(self) -> bool:
        return bool(self.asked.opinions) and set(self.asked.opinions.values()) == {Opinion.POSITIVE}

    @property
    def assumed(self) -> bool:
        return self.alone and not self.asked.opinions and not self.asked_again


def figures_of(record: Record, since: datetime, until: datetime, *, now: datetime) -> Figures:
    """The figures. record: must reach 48 hours beyond `until`, as far as that is over."""
    taken = _taken_over(record)
    again = _asked_again(record.questions)
    within = [asked for asked in record.questions if since <= asked.asked_at < until]
    ended = [_judged(asked, taken, again) for asked in within if asked.outcome is not None]
    answered = [each for each in ended if each.answered]

    def share(of: Sequence[_Judged], hit: Callable[[_Judged], bool]) -> Share:
        return Share(
            hits=sum(map(hit, of)), trials=len(of), involved=sum(each.involved for each in of)
        )

    return Figures(
        since=since,
        until=until,
        questions=len(within),
        waiting=len(within) - len(ended),
        young=sum(each.asked.asked_at + TAKEOVER_WITHIN > now for each in ended),
        shares={
            FigureName.ANSWERED_ALONE: share(ended, lambda each: each.alone),
            FigureName.REVIEWED: share(ended, lambda each: each.asked.case is not None),
            FigureName.TAKEN_OVER: share(ended, lambda each: each.taken_over),
            FigureName.INVOLVED: share(ended, lambda each: each.involved),
            FigureName.CONFIRMED_HELPFUL: share(answered, lambda each: each.confirmed),
            FigureName.ASSUMED_HELPFUL: share(answered, lambda each: each.assumed),
        },
        times={
            FigureName.TIME_ALONE: _times(
                each.asked.first_shown_at - each.asked.asked_at
                for each in ended
                if each.alone and each.asked.first_shown_at is not None
            ),
            FigureName.TIME_BY_PERSON: _times(
                each.asked.case.delivered_at - each.asked.asked_at
                for each in ended
                if each.asked.case is not None and each.asked.case.delivered_at is not None
            ),
        },
        load=_load(record, since, until),
    )


def figures_json(figures: Figures) -> dict[str, Any]:
    """For machines: one object."""
    found: dict[str, Any] = {
        "since": figures.since.isoformat(),
        "until": figures.until.isoformat(),
        FigureName.QUESTIONS.value: figures.questions,
        "waiting": figures.waiting,
        "younger_than_48_h": figures.young,
    }
    for name, share in figures.shares.items():
        low, high = share.interval
        found[name.value] = {
            "count": share.hits,
            "of": share.trials,
            "share": share.value,
            "interval_95": [low, high],
            "involvement_share": share.involvement,
        }
    for name, times in figures.times.items():
        found[name.value] = {
            "answers": times.answers,
            "p50_s": times.p50_s,
            "p90_s": times.p90_s,
        }
    found[FigureName.REVIEW_LOAD.value] = [
        {"person": load.person, "cases": load.cases, "median_minutes": load.median_minutes}
        for load in figures.load
    ]
    return found


def _judged(asked: Asked, taken: Mapping[str, bool], again: set[str]) -> _Judged:
    spoken = taken.get(asked.id, False)
    case = asked.case
    alone = asked.outcome == Outcome.ANSWERED.value and case is None and not spoken
    by_person = case is not None and case.delivered_at is not None
    return _Judged(
        asked=asked,
        taken_over=spoken or case is not None,
        involved=spoken or (case is not None and case.by_person),
        alone=alone,
        answered=asked.outcome == Outcome.ANSWERED.value or by_person,
        asked_again=asked.id in again,
    )


def _taken_over(record: Record) -> dict[str, bool]:
    """Questions after which somebody else spoke: words belong to the last question before them."""
    threads: dict[tuple[object, str], list[Asked]] = defaultdict(list)
    for asked in record.questions:
        threads[asked.place, asked.thread].append(asked)
    taken: dict[str, bool] = {}
    for said in record.words:
        before = _last_before(threads.get((said.place, said.thread), ()), said)
        if (
            before is not None
            and said.user != before.user
            and said.at <= before.asked_at + TAKEOVER_WITHIN
        ):
            taken[before.id] = True
    return taken


def _last_before(questions: Sequence[Asked], said: Said) -> Asked | None:
    before = [asked for asked in questions if asked.asked_at <= said.at]
    return before[-1] if before else None


def _asked_again(questions: Sequence[Asked]) -> set[str]:
    """Questions that their asker put again within the hour, anywhere."""
    own: dict[str, list[Asked]] = defaultdict(list)
    found: set[str] = set()
    for asked in questions:
        recent = [q for q in own[asked.user] if asked.asked_at - q.asked_at <= REPEAT_WITHIN]
        found |= {q.id for q in recent if repeats(asked.text, q.text)}
        own[asked.user] = [*recent, asked]
    return found


def _times(waits: Any) -> Times:
    seconds = [max(0.0, wait.total_seconds()) for wait in waits]
    if not seconds:
        return Times(answers=0, p50_s=None, p90_s=None)
    p50, p90 = np.percentile(seconds, [50, 90])
    return Times(answers=len(seconds), p50_s=float(p50), p90_s=float(p90))


def _load(record: Record, since: datetime, until: datetime) -> tuple[Load, ...]:
    """Those who settled most first."""
    by: dict[str, list[timedelta | None]] = defaultdict(list)
    for settled in record.settled:
        if since <= settled.at < until:
            claimed = settled.claimed_at
            by[settled.person].append(None if claimed is None else settled.at - claimed)
    found = []
    for person, waits in by.items():
        minutes = [max(0.0, wait.total_seconds() / 60) for wait in waits if wait is not None]
        found.append(
            Load(
                person=person,
                cases=len(waits),
                median_minutes=median(minutes) if minutes else None,
            )
        )
    return tuple(sorted(found, key=lambda load: (-load.cases, load.person)))
