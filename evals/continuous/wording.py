"""What the watch says of a series, in words."""

from __future__ import annotations

from evals.continuous.detection import State, Verdict
from evals.continuous.series import Kind, Series
from evals.continuous.watch_report import DayReport
from evals.reports.wording import counted, value_text
from evals.suites.metric import Metric, Suite, mean_of_rows

_MOST_LABELS = 3


def shown_value(value: float | None, series: Series) -> str:
    """A value with its unit; a dash for none."""
    return value_text(value, _metric(series))


def _metric(series: Series) -> Metric:
    return Metric(
        name=series.name,
        suite=Suite.SPEED,
        description=series.description,
        source="",
        higher_is_better=series.higher_is_better is not False,
        columns=(),
        of_rows=mean_of_rows,
        unit=series.unit,
    )


def state_text(verdict: Verdict) -> str:
    """What is said of the series, such as `changed for the worse`."""
    if verdict.state is State.NOT_ENOUGH:
        return f"not enough yet: {verdict.missing}"
    if verdict.state is State.CHANGED:
        kind = {True: " for the worse", False: " for the better", None: ""}[verdict.is_worse]
        return f"changed{kind}"
    if verdict.state is State.STILL:
        return f"still changed, since {verdict.since}"
    return "as before the change" if verdict.state is State.BACK else "steady"


def change_text(verdict: Verdict) -> str:
    """An alarm as a sentence."""
    series, p = verdict.series, verdict.p_adjusted
    sure = "" if p is None else f" (p {p_text(p)}, {counted(verdict.n, 'question')})"
    if series.kind is Kind.MIX:
        moved = sorted(verdict.shares.items(), key=lambda item: -abs(item[1][0] - item[1][1]))[
            :_MOST_LABELS
        ]
        said = ", ".join(f"{label} {now:.0%} (was {was:.0%})" for label, (now, was) in moved)
        return f"{series.label} changed: {said}{sure}."
    if series.kind is Kind.VECTORS:
        return f"{series.label} changed: other questions than in the days before{sure}."
    return (
        f"{series.label} {state_text(verdict)}: {shown_value(verdict.value, series)}, was "
        f"{shown_value(verdict.reference, series)}{sure}."
    )


def shares_of(report: DayReport) -> list[tuple[Series, str, float, float]]:
    """Series, label, share on the day and in the reference, of every mix."""
    return [
        (verdict.series, label, now, before)
        for verdict in report.verdicts
        for label, (now, before) in verdict.shares.items()
    ]


def p_text(p: float | None) -> str:
    """A p-value; a dash for none."""
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
