"""A day of every series as stored points, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from engine.storage.evaluation_run import Point
from evals.continuous.day_sample import DaySample, parse_sample, render_sample
from evals.continuous.detection import PastDay, State, Verdict
from evals.continuous.series import PREFIX, SERIES, Series
from evals.continuous.watch_report import TrendPoint

_BY_NAME = {PREFIX + series.name: series for series in SERIES}


def points_of(
    samples: Mapping[Series, DaySample], verdicts: Sequence[Verdict]
) -> tuple[Point, ...]:
    """One for each series that has a question that day."""
    return tuple(
        Point(
            series=PREFIX + verdict.series.name,
            day=samples[verdict.series].day,
            value=verdict.value or 0.0,
            n=verdict.n,
            body={
                **render_sample(verdict.series, samples[verdict.series]),
                "has_value": verdict.value is not None,
                "state": verdict.state.value,
                "since": _text(verdict.since),
                "reference_from": _text(verdict.reference_from),
                "p": verdict.p,
                "p_adjusted": verdict.p_adjusted,
            },
        )
        for verdict in verdicts
        if verdict.n
    )


def past_days(points: Sequence[Point]) -> dict[Series, list[PastDay]]:
    """Stored days by series, oldest first; points of other series are left out."""
    found: dict[Series, list[PastDay]] = {}
    for point in sorted(points, key=lambda point: point.day):
        series = _BY_NAME.get(point.series)
        if series is None:
            continue
        past = PastDay(
            sample=parse_sample(series, point.day, point.body),
            state=State(point.body["state"]),
            since=_date(point.body["since"]),
            reference_from=_date(point.body["reference_from"]),
        )
        found.setdefault(series, []).append(past)
    return found


def trend_of(points: Sequence[Point], verdicts: Sequence[Verdict], day: date) -> list[TrendPoint]:
    """Days before, and the day itself."""
    found = [
        TrendPoint(
            series=_BY_NAME[point.series].name,
            day=point.day,
            value=point.value if point.body["has_value"] else None,
            n=point.n,
            state=State(point.body["state"]),
        )
        for point in sorted(points, key=lambda point: point.day)
        if point.series in _BY_NAME
    ]
    found += [
        TrendPoint(series=v.series.name, day=day, value=v.value, n=v.n, state=v.state)
        for v in verdicts
        if v.n
    ]
    return found


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
