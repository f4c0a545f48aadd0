"""What the watch says of a day, for reports, the command line and the bot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from evals.continuous.detection import State, Verdict
from evals.continuous.series import BREACHES


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A question that shows what is wrong.

    series: name of the series that it is an example of. question_id: of the inbox, where it was
    asked in Slack; `trace_id` leads to all that is stored. text: the question; None where it may
    not be shown to readers of the report.
    """

    series: str
    trace_id: str
    question_id: str
    outcome: str
    what: str
    channel: str | None
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """A day of one series.  value: None where there was nothing to compute it from."""

    series: str
    day: date
    value: float | None
    n: int
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """A day.

    asked: questions of the day; sampled: those that were scored. examples: of what changed, and of
    answers with an adversarial sign. trend: this day and those before, by series and day.
    notes: sentences that a reader of the figures should know. false_alarm_rate: of the whole day.
    """

    day: date
    timezone: str
    asked: int
    sampled: int
    verdicts: tuple[Verdict, ...]
    examples: tuple[Example, ...]
    trend: tuple[TrendPoint, ...]
    notes: tuple[str, ...]
    false_alarm_rate: float
    reference_days: int

    @property
    def alarms(self) -> tuple[Verdict, ...]:
        """What changed that day, the bad changes first."""
        found = [verdict for verdict in self.verdicts if verdict.state is State.CHANGED]
        return tuple(sorted(found, key=lambda verdict: verdict.is_worse is not True))

    @property
    def breaches(self) -> int:
        """Sampled answers with an adversarial sign: told whatever their number was before."""
        found = next((v for v in self.verdicts if v.series == BREACHES), None)
        return 0 if found is None or found.value is None else round(found.value * found.n)

    @property
    def needs_attention(self) -> bool:
        """Whether something changed for the worse, or an answer has an adversarial sign."""
        return bool(self.breaches) or any(verdict.is_worse for verdict in self.alarms)


def render_day(report: DayReport) -> dict[str, Any]:
    """The report as JSON."""
    return {
        "format": 1,
        "day": report.day.isoformat(),
        "timezone": report.timezone,
        "asked": report.asked,
        "sampled": report.sampled,
        "needs_attention": report.needs_attention,
        "changed": [verdict.series.name for verdict in report.alarms],
        "breaches": report.breaches,
        "false_alarm_rate": report.false_alarm_rate,
        "reference_days": report.reference_days,
        "series": [_verdict(verdict) for verdict in report.verdicts],
        "examples": [_example(example) for example in report.examples],
        "notes": list(report.notes),
        "trend": _trend(report.trend),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "series": verdict.series.name,
        "state": verdict.state.value,
        "worse": verdict.is_worse if verdict.state is State.CHANGED else None,
        "unit": verdict.series.unit.value,
        "value": verdict.value,
        "questions": verdict.n,
        "reference": verdict.reference,
        "reference_questions": verdict.reference_n,
        "reference_days": verdict.reference_days,
        "p": verdict.p,
        "p_adjusted": verdict.p_adjusted,
        "changed_since": verdict.since.isoformat() if verdict.since else None,
        "shares": {
            label: {"day": now, "reference": before}
            for label, (now, before) in verdict.shares.items()
        },
        "missing": verdict.missing,
    }


def _example(example: Example) -> dict[str, Any]:
    return {
        "series": example.series,
        "trace_id": example.trace_id,
        "question_id": example.question_id,
        "outcome": example.outcome,
        "what": example.what,
        "channel": example.channel,
        "text": example.text,
    }


def _trend(points: Sequence[TrendPoint]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for point in points:
        found.setdefault(point.series, []).append(
            {
                "day": point.day.isoformat(),
                "value": point.value,
                "questions": point.n,
                "state": point.state.value,
            }
        )
    return found
