"""Which series changed on a day, and what that is held against.

Each series is compared with the days before. All tests of a day are one family (Holm), so that a
day on which nothing changed gives any alarm with at most the stated probability.

An alarm is given once. The days after it are held against the days before it: while they still
differ (p at most .05, without the family) the series is still changed, and when they do not, it is
back and the days between are no reference for others, so that one bad day is neither told twice nor
taken as normal. After a week of days that still differ the new level is the reference: a change
that stays is told once and then lived with, and what changes on top of it is seen again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

import numpy as np

from evals.continuous.day_sample import DaySample, pooled_counts
from evals.continuous.day_spread import mean_spread_p, mix_spread_p
from evals.continuous.question_drift import drift
from evals.continuous.series import Kind, Series
from evals.continuous.two_sample import mean_p, mix_p, ranked, yes_no_p
from evals.statistics.multiple_tests import holm

FALSE_ALARM_RATE = 0.01
REFERENCE_DAYS = 28
LEAST_DAYS = 7
LEAST_OF_DAY = 5
"""Questions of a day without which it is no day of the reference."""
LEAST_TODAY = 10
LEAST_OF_REFERENCE = 50

_STILL = 0.05
_WEEK = 7
_MOST_NUMBERS = 1_500
"""Numbers of the reference that a permutation test draws from; the same share of each day."""


class State(StrEnum):
    """What is said of a series on a day."""

    NOT_ENOUGH = "not_enough"
    """Too few questions that day, or in the reference, to say anything."""
    STEADY = "steady"
    CHANGED = "changed"
    """The alarm."""
    STILL = "still"
    """As changed as on the day of the alarm, which is not given again."""
    BACK = "back"
    """As before the alarm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDay:
    """A day of a series as it was judged.

    since: of the alarm that was not over then; None where there was none. reference_from: the
    first day that may be a reference; None: all may.
    """

    sample: DaySample
    state: State
    since: date | None = None
    reference_from: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A series on a day.

    value, reference: means, or for a mix and for vectors the distance from the reference, and no
    reference; None where there is nothing to compute it from. p: of the series alone;
    p_adjusted: within the day's family, where it belongs to it. shares: of each label, today and in
    the reference. missing: what there is too little of, in a sentence.
    """

    series: Series
    state: State
    n: int
    value: float | None
    reference: float | None = None
    reference_n: int = 0
    reference_days: int = 0
    p: float | None = None
    p_adjusted: float | None = None
    since: date | None = None
    reference_from: date | None = None
    shares: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    missing: str = ""

    @property
    def is_worse(self) -> bool | None:
        """Of an alarm: whether the change is a bad one; None where it is neither good nor bad."""
        if self.series.higher_is_better is None or self.value is None or self.reference is None:
            return None
        return (self.value < self.reference) is self.series.higher_is_better


def judge_day(
    today: Mapping[Series, DaySample],
    past: Mapping[Series, Sequence[PastDay]],
    day: date,
    *,
    false_alarm_rate: float = FALSE_ALARM_RATE,
    reference_days: int = REFERENCE_DAYS,
) -> tuple[Verdict, ...]:
    """What is to be said of each series, in the order of `today`. Blocks for up to seconds.

    past: days before, oldest first; older ones than the reference reaches are not looked at.
    """
    made = [
        _compare(series, sample, past.get(series, ()), day, reference_days)
        for series, sample in today.items()
    ]
    tested = [at for at, verdict in enumerate(made) if verdict.state is State.STEADY]
    adjusted = holm([made[at].p or 0.0 for at in tested])
    for at, p in zip(tested, adjusted, strict=True):
        alarm = p <= false_alarm_rate
        made[at] = replace(
            made[at],
            p_adjusted=p,
            state=State.CHANGED if alarm else State.STEADY,
            since=day if alarm else None,
        )
    return tuple(made)


def _compare(
    series: Series, sample: DaySample, past: Sequence[PastDay], day: date, reach: int
) -> Verdict:
    first = day - timedelta(days=reach)
    window = [each for each in past if first <= each.sample.day < day]
    since = window[-1].since if window else None
    start = window[-1].reference_from if window else None
    if since is not None and _days_since(window, since) >= _WEEK:
        since, start = None, since
    held = [each.sample for each in window if _counts(each, since, start)]
    verdict = _described(series, sample, held, since, start)
    if verdict.missing:
        return verdict
    p, distance = _test(series, sample, held, _seed(series, day))
    verdict = replace(verdict, p=p, value=verdict.value if distance is None else distance)
    if since is None:
        return replace(verdict, state=State.STEADY)
    still = p <= _STILL
    return replace(
        verdict, state=State.STILL if still else State.BACK, since=since if still else None
    )


def _days_since(window: Sequence[PastDay], since: date) -> int:
    return sum(
        each.since == since and each.state in (State.CHANGED, State.STILL) for each in window
    )


def _counts(past: PastDay, since: date | None, start: date | None) -> bool:
    """Whether a day is one of the reference."""
    enough = past.sample.n >= LEAST_OF_DAY
    apart = past.since is not None and past.since != start
    begun = start is None or past.sample.day >= start
    return enough and not apart and begun and (since is None or past.sample.day < since)


def _described(
    series: Series,
    sample: DaySample,
    held: Sequence[DaySample],
    since: date | None,
    start: date | None,
) -> Verdict:
    """Everything that needs no test."""
    if series.kind is Kind.VECTORS:  # another embedder's cannot be compared
        held = [day for day in held if day.made_by == sample.made_by]
    of_reference = sum(day.n for day in held)
    missing = ""
    if sample.n < LEAST_TODAY:
        missing = f"{sample.n:,} of the {LEAST_TODAY} questions that a day must have"
    elif len(held) < LEAST_DAYS:
        missing = f"{len(held)} of the {LEAST_DAYS} days that a reference must have"
    elif of_reference < LEAST_OF_REFERENCE:
        missing = f"{of_reference:,} of the {LEAST_OF_REFERENCE} questions of a reference"
    value = float(sample.values.mean()) if len(sample.values) else None
    pooled = [day.values for day in held if len(day.values)]
    shares = _shares(sample, held) if series.kind is Kind.MIX else {}
    if shares and held:
        value = sum(abs(now - before) for now, before in shares.values()) / 2
    return Verdict(
        series=series,
        state=State.NOT_ENOUGH,
        n=sample.n,
        value=value,
        reference=float(np.concatenate(pooled).mean()) if pooled else None,
        reference_n=of_reference,
        reference_days=len(held),
        since=since,
        reference_from=start,
        shares=shares,
        missing=missing,
    )


def _shares(sample: DaySample, held: Sequence[DaySample]) -> dict[str, tuple[float, float]]:
    before, now = pooled_counts(held), sample.counts
    return {
        label: (
            now.get(label, 0) / max(1, sum(now.values())),
            before.get(label, 0) / max(1, sum(before.values())),
        )
        for label in sorted({*now, *before})
    }


def _test(
    series: Series, sample: DaySample, held: Sequence[DaySample], seed: int
) -> tuple[float, float | None]:
    """p, by the questions or by the days, whichever is larger; and the distance of vectors."""
    if series.kind is Kind.VECTORS:
        found = drift(
            sample.vectors, [d.vectors for d in held if d.made_by == sample.made_by], seed
        )
        return found.p, found.coefficient
    if series.kind is Kind.MIX:
        p = mix_p(sample.counts, pooled_counts(held), seed)
        return max(p, mix_spread_p(sample, held)), None
    today, days = sample.values, [day.values for day in held]
    if series.kind is Kind.YES_NO:
        whole = np.concatenate(days)
        p = yes_no_p(int(today.sum()), len(today), int(whole.sum()), len(whole))
        return (p if p == 1.0 else max(p, mean_spread_p(today, days))), None
    of_day = max(1, _MOST_NUMBERS // len(days))
    days = [day[:of_day] for day in days]
    if series.kind is Kind.RANK:
        today, whole = ranked(today, np.concatenate(days))
        days = np.split(whole, np.cumsum([len(day) for day in days])[:-1])
    p = mean_p(today, np.concatenate(days), seed)
    return (p if p == 1.0 else max(p, mean_spread_p(today, days))), None


def _seed(series: Series, day: date) -> int:
    """The same for a day that is judged again."""
    digest = hashlib.sha256(f"{series.name}\0{day.isoformat()}".encode()).digest()
    return int.from_bytes(digest[:8], "big")
