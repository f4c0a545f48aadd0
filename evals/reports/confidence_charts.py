"""Charts of confidences: whether they are honest, and what answering only the surest would cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.probability_scores import ReliabilityBin, reliability
from evals.metrics import RiskPoint, risk_coverage, wilson
from evals.reports.canvas import (
    BLUE,
    MUTED,
    ORANGE,
    Chart,
    draw,
    say_nothing_to_draw,
    share_axis,
)
from evals.reports.wording import counted, seen
from evals.run_record import CaseResult
from evals.suites.figures import rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_POINTS = 400
_ANSWERABLE, _RIGHT = "the corpus answers", "the draft cites a gold document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """What is drawn of one set.

    answerable: reliability of the confidence that the corpus answers. right: that the draft cites
    a gold document. risk: of drafts that do not, at each coverage.
    """

    answerable: Sequence[ReliabilityBin]
    right: Sequence[ReliabilityBin]
    risk: Sequence[RiskPoint]


def curves_of(results: Sequence[CaseResult]) -> Curves:
    """The curves of a run; empty where its suites say nothing of confidences."""
    answerable = rows_of(results, ("confidence", "answerable"))
    right = rows_of(results, ("confidence", "answer_right"))
    return Curves(
        answerable=reliability(answerable[:, 0], answerable[:, 1] > 0.5),
        right=reliability(right[:, 0], right[:, 1] > 0.5),
        risk=risk_coverage(right[:, 0].tolist(), (right[:, 1] > 0.5).tolist()),
    )


def confidence_charts(curves: Curves) -> tuple[Chart, ...]:
    """Calibration and risk against coverage, those of them that there is something to draw of."""
    found = []
    if curves.answerable or curves.right:
        found.append(
            Chart(
                name="calibration",
                title="Calibration: how often each confidence is right",
                alt=_calibration_alt(curves),
                width=5.2,
                height=5.0,
                paint=lambda figure: _reliability(figure.subplots(), curves),
            )
        )
    if curves.risk:
        found.append(
            Chart(
                name="risk-coverage",
                title="Risk and coverage: the surest answers first",
                alt=_risk_alt(curves.risk),
                width=5.2,
                height=5.0,
                paint=lambda figure: _risk(figure.subplots(), curves.risk),
            )
        )
    return tuple(found)


def both(name: str, curves: Curves) -> Chart:
    """The two side by side, for a file of their own."""

    def paint(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        figure.suptitle(seen(name, 60))
        _reliability(left, curves)
        _risk(right, curves.risk)
        left.set_title("Calibration")
        right.set_title("Risk and coverage")

    alt = " ".join((_calibration_alt(curves), _risk_alt(curves.risk)))
    return Chart(name="confidence", title=seen(name), alt=alt, width=10.0, height=5.4, paint=paint)


def write_plot(folder: Path, name: str, curves: Curves) -> Path:
    """Writes `NAME.svg` into the folder, which is made where it is missing.  Raises: OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.svg"
    path.write_text(draw(both(name, curves)).svg, encoding="utf-8")
    return path


def _reliability(axes: Axes, curves: Curves) -> None:
    axes.plot([0, 1], [0, 1], color=MUTED, linestyle=(0, (4, 4)), linewidth=1, label="perfect")
    for bins, colour, label, marker in (
        (curves.answerable, BLUE, _ANSWERABLE, "o"),
        (curves.right, ORANGE, _RIGHT, "s"),
    ):
        if not bins:
            continue
        across, up = [b.mean_probability for b in bins], [b.true_share for b in bins]
        ends = [wilson(round(b.true_share * b.rows), b.rows) for b in bins]
        # Rounding leaves a share a hair outside of its own interval at 0 and 1.
        below = [max(0.0, y - low) for y, (low, _) in zip(up, ends, strict=True)]
        above = [max(0.0, high - y) for y, (_, high) in zip(up, ends, strict=True)]
        axes.errorbar(
            across, up, yerr=(below, above), color=colour, marker=marker, markersize=5,
            linewidth=1, elinewidth=1.5, label=label, clip_on=False,
        )  # fmt: skip
    if not curves.answerable and not curves.right:
        say_nothing_to_draw(axes, "nothing to judge by")
    axes.set(xlabel="confidence", ylabel="share that is true")
    share_axis(axes.xaxis)
    share_axis(axes.yaxis)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=1)


def _risk(axes: Axes, points: Sequence[RiskPoint]) -> None:
    axes.set(xlabel="coverage: share answered", ylabel="share wrong")
    share_axis(axes.xaxis)
    if not points:
        share_axis(axes.yaxis)
        say_nothing_to_draw(axes, "nothing to judge by")
        return
    step = max(1, len(points) // _MOST_POINTS)
    drawn = [*points[:-1:step], points[-1]]
    across, up = [p.coverage for p in drawn], [p.risk for p in drawn]
    axes.plot(across, up, color=BLUE, linewidth=2, gid="risk", label="the surest first")
    axes.axhline(
        points[-1].risk, color=MUTED, linestyle=(0, (4, 4)), linewidth=1, label="in any order"
    )
    share_axis(axes.yaxis, high=min(1.0, max(0.1, 1.15 * max(up))))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=1)


def _calibration_alt(curves: Curves) -> str:
    said = []
    for bins, label in ((curves.answerable, _ANSWERABLE), (curves.right, _RIGHT)):
        if not bins:
            continue
        pairs = ", ".join(f"{b.mean_probability:.0%} → {b.true_share:.0%} ({b.rows})" for b in bins)
        said.append(f"Confidence → share for which {label}, with cases: {pairs}.")
    return " ".join(said) or "There is nothing to judge confidences by."


def _risk_alt(points: Sequence[RiskPoint]) -> str:
    if not points:
        return "There is nothing to judge drafts by."
    some = [points[max(0, round(len(points) * share) - 1)] for share in (0.25, 0.5, 0.75, 1.0)]
    said = ", ".join(f"{p.risk:.1%} of the surest {p.coverage:.0%}" for p in some)
    return f"Wrong are {said}, of {counted(len(points), 'case')}."
