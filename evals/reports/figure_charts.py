"""Charts of figures: beside the baseline, by slice, over runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evals.reports.canvas import BLUE, GREEN, MUTED, ORANGE, PAPER, RED, Chart, share_axis
from evals.reports.headline import FigureRow, is_share
from evals.reports.slices import Slice
from evals.reports.summary import Summary
from evals.reports.wording import (
    counted,
    difference_text,
    metric_label,
    seen,
    value_text,
)
from evals.run_record import Figure as RunFigure
from evals.run_record import RunRecord
from evals.statistics.comparison import Verdict
from evals.suites.metric import Metric, Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_BARS = 16
MOST_RUNS = 30
_MOST_TRENDS = 6
_VERDICTS = {
    Verdict.BETTER: (GREEN, "^", "significantly better"),
    Verdict.WORSE: (RED, "v", "significantly worse"),
    Verdict.SAME: (MUTED, "o", "no significant change"),
}


def figure_charts(summary: Summary) -> tuple[Chart, ...]:
    """Those of them that there is something to draw of, most important first."""
    charts = (_against(summary), _values(summary), _slices(summary), _trend(summary))
    return tuple(chart for chart in charts if chart is not None)


_LEAST_REACH = 0.05
"""To either side: a rounding error must not fill the plot."""


def _against(summary: Summary) -> Chart | None:
    """Differences from the baseline, turned so that right is better."""
    rows = [
        row
        for row in summary.rows
        if is_share(row) and row.against is not None and row.against.low is not None
        and row.against.high is not None and row.against.difference is not None
        and row.verdict in _VERDICTS and (row.metric.in_gate or row.verdict is not Verdict.SAME)
    ]  # fmt: skip
    rows.sort(key=lambda row: (row.verdict is not Verdict.WORSE, row.verdict is Verdict.SAME))
    rows = rows[:MOST_BARS]
    if not rows:
        return None

    def paint(figure: Figure) -> None:
        axes, places = figure.subplots(), range(len(rows))
        shown: set[Verdict] = set()
        for place, row in zip(places, rows, strict=True):
            found = row.against
            if found is None or found.difference is None or found.low is None or found.high is None:
                continue
            turn = 1.0 if row.metric.higher_is_better else -1.0
            middle, ends = turn * found.difference, sorted((turn * found.low, turn * found.high))
            colour, marker, label = _VERDICTS[row.verdict]
            axes.errorbar(
                [middle], [place], color=colour, marker=marker, markersize=6, elinewidth=2,
                xerr=([max(0.0, middle - ends[0])], [max(0.0, ends[1] - middle)]),
                linestyle="none", label=None if row.verdict in shown else label,
            )  # fmt: skip
            shown.add(row.verdict)
        axes.axvline(0, color=MUTED, linewidth=1)
        reach = max(_LEAST_REACH, 1.1 * max(abs(end) for end in axes.get_xlim()))
        share_axis(axes.xaxis, low=-reach, high=reach)
        axes.set(xlabel="← worse  ·  95% interval  ·  better →")
        _name_rows(axes, [row.label for row in rows])
        figure.legend(loc="outside lower left", ncols=3)

    worse = [row for row in rows if row.verdict is Verdict.WORSE]
    better = [row for row in rows if row.verdict is Verdict.BETTER]
    said = [
        f"{row.label} {difference_text(row.difference, row.metric)}" for row in (*worse, *better)
    ]
    alt = (
        f"Of {counted(len(rows), 'figure')}, {len(worse)} significantly worse, {len(better)} better"
    )
    return Chart(
        name="against-baseline",
        title="Against the baseline",
        alt=f"{alt}{': ' + ', '.join(said) if said else ''}.",
        width=5.8,
        height=1.3 + 0.3 * len(rows),
        paint=paint,
    )


def _values(summary: Summary) -> Chart | None:
    """Shares of the first rows with their intervals, the baseline's beside them."""
    rows = [row for row in summary.first if is_share(row)]
    if not rows:
        return None

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        _intervals(axes, [row.figure for row in rows], BLUE, "o", "this run")
        before = [(row.against.before if row.against else None) for row in rows]
        held = [(place, value) for place, value in enumerate(before) if value is not None]
        if held:
            axes.plot(
                [value for _, value in held], [place for place, _ in held], linestyle="none",
                marker="D", markersize=6, color=ORANGE, markerfacecolor=PAPER, label="baseline",
                zorder=3,
            )  # fmt: skip
        share_axis(axes.xaxis, low=-0.02, high=1.02)
        _name_rows(axes, [_directed(row) for row in rows])
        figure.legend(loc="outside lower left", ncols=2)

    said = ", ".join(f"{row.label} {value_text(row.figure.value, row.metric)}" for row in rows)
    return Chart(
        name="figures",
        title="This run, with 95% intervals",
        alt=f"{said}.",
        width=5.8,
        height=1.2 + 0.34 * len(rows),
        paint=paint,
    )


def _slices(summary: Summary) -> Chart | None:
    """The first metric of the slices, by slice."""
    metric = next((m for m in summary.sliced_by if m.unit is Unit.SHARE), None)
    if metric is None:
        return None
    held = [s for s in summary.slices if metric.name in s.figures]
    chosen = sorted(held, key=lambda s: -s.cases)[:MOST_BARS]
    shown = [s for s in held if s in chosen]
    if not shown:
        return None
    whole = next(row.figure for row in summary.rows if row.metric.name == metric.name)

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        _intervals(axes, [s.figures[metric.name] for s in shown], BLUE, "o", "slice")
        axes.axvline(
            whole.value, color=ORANGE, linewidth=1.5, linestyle=(0, (4, 3)), label="all cases"
        )
        share_axis(axes.xaxis, low=-0.02, high=1.02)
        axes.set(xlabel=f"{metric_label(metric.name)}, 95% interval")
        _name_rows(axes, [_slice_name(s, metric) for s in shown])
        figure.legend(loc="outside lower left", ncols=2)

    said = ", ".join(
        f"{s.dimension} {seen(s.value, 40)} {value_text(s.figures[metric.name].value, metric)}"
        for s in shown
    )
    return Chart(
        name="slices",
        title=f"{metric_label(metric.name)} by slice",
        alt=f"All cases {value_text(whole.value, metric)}; {said}.",
        width=7.6,
        height=1.3 + 0.3 * len(shown),
        paint=paint,
    )


def _trend(summary: Summary) -> Chart | None:
    """The first figures over the runs of this data set."""
    runs = (*summary.history[-(MOST_RUNS - 1) :], summary.record)
    rows = summary.first[:_MOST_TRENDS]
    if len(runs) < 2 or not rows:
        return None
    across, down = min(3, len(rows)), -(-len(rows) // 3)

    def paint(figure: Figure) -> None:
        grid = figure.subplots(down, across, squeeze=False).flat
        for axes, row in zip(grid, rows, strict=False):
            _trend_of(axes, row, runs)
        for axes in list(grid)[len(rows) :]:
            axes.set_visible(False)

    said = []
    for row in rows:
        values = [f for f in (_figure_of(run, row.metric) for run in runs) if f is not None]
        said.append(
            f"{row.label} from {value_text(values[0].value, row.metric)} "
            f"to {value_text(values[-1].value, row.metric)}"
        )
    return Chart(
        name="trend",
        title=f"Trend over {len(runs)} runs",
        alt=f"{'; '.join(said)}.",
        width=3.0 * across,
        height=2.6 * down,
        paint=paint,
    )


def _trend_of(axes: Axes, row: FigureRow, runs: Sequence[RunRecord]) -> None:
    points = [(n, run, _figure_of(run, row.metric)) for n, run in enumerate(runs)]
    held = [(n, run, figure) for n, run, figure in points if figure is not None]
    axes.plot([n for n, _, _ in held], [f.value for _, _, f in held], color=BLUE, linewidth=1.5)
    bounded = [(n, f.low, f.high) for n, _, f in held if f.low is not None and f.high is not None]
    axes.fill_between(
        [n for n, _, _ in bounded], [low for _, low, _ in bounded],
        [high for _, _, high in bounded], color=BLUE, alpha=0.15, linewidth=0,
    )  # fmt: skip
    for n, run, figure in held:
        same = run.dataset_hash == runs[-1].dataset_hash
        axes.plot([n], [figure.value], "o", markersize=4.5, color=BLUE,
                  markerfacecolor=BLUE if same else PAPER)  # fmt: skip
    if is_share(row):
        share_axis(axes.yaxis, low=-0.03, high=1.03)
    else:
        axes.set_ylim(bottom=0)
        axes.set_ylabel({Unit.MS: "ms", Unit.USD: "$"}.get(row.metric.unit, ""))
    step = max(1, -(-len(runs) // 4))
    ticks = range(len(runs) - 1, -1, -step)
    axes.set_xticks(list(ticks), [f"{runs[n].started_at:%d %b}" for n in ticks])
    axes.set_title(row.label)


def _figure_of(run: RunRecord, metric: Metric) -> RunFigure | None:
    return next((figure for figure in run.figures if figure.metric == metric.name), None)


def _intervals(
    axes: Axes, figures: Sequence[RunFigure], colour: str, marker: str, label: str
) -> None:
    values = [figure.value for figure in figures]
    below = [max(0.0, f.value - (f.value if f.low is None else f.low)) for f in figures]
    above = [max(0.0, (f.value if f.high is None else f.high) - f.value) for f in figures]
    axes.errorbar(
        values, range(len(figures)), xerr=(below, above), color=colour, marker=marker,
        markersize=6, elinewidth=2, linestyle="none", label=label,
    )  # fmt: skip


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _directed(row: FigureRow) -> str:
    return row.label if row.metric.higher_is_better else f"{row.label} (lower is better)"


def _slice_name(found: Slice, metric: Metric) -> str:
    return (
        f"{seen(found.dimension, 16)}: {seen(found.value, 32)} ({found.figures[metric.name].cases})"
    )
