"""The series over the last weeks, in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from evals.continuous.detection import State
from evals.continuous.series import SERIES, Kind, Series
from evals.continuous.watch_report import DayReport, TrendPoint
from evals.continuous.wording import shown_value
from evals.reports.canvas import BLUE, MUTED, PAPER, RED, Chart
from evals.reports.wording import counted
from evals.suites.metric import Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS = 3
_LOOKS = {State.CHANGED: (RED, RED, 6.5), State.STILL: (RED, PAPER, 4.5)}


def trend_chart(report: DayReport) -> Chart | None:
    """A panel for each series with a value on two days or more; None where there is none."""
    held = [(series, _points(report, series)) for series in SERIES]
    panels = [(series, points) for series, points in held if len(points) > 1]
    if not panels:
        return None
    down = -(-len(panels) // _ACROSS)
    days = sorted({point.day for _, points in panels for point in points})

    def paint(figure: Figure) -> None:
        grid = list(figure.subplots(down, _ACROSS, squeeze=False).flat)
        for axes, (series, points) in zip(grid, panels, strict=False):
            _panel(axes, series, points, days)
        for axes in grid[len(panels) :]:
            axes.set_visible(False)

    said = [
        f"{series.label} {shown_value(points[0].value, series)} to "
        f"{shown_value(points[-1].value, series)}"
        + (" (changed)" if points[-1].state is State.CHANGED else "")
        for series, points in panels
    ]
    return Chart(
        name="trend",
        title=f"Trend over {counted(len(days), 'day')}",
        alt=f"From {days[0]} to {days[-1]}: {'; '.join(said)}. Red marks are days that changed.",
        width=3.0 * _ACROSS,
        height=2.1 * down,
        paint=paint,
    )


def _points(report: DayReport, series: Series) -> list[TrendPoint]:
    held = [p for p in report.trend if p.series == series.name and p.value is not None]
    return sorted(held, key=lambda point: point.day)


def _panel(axes: Axes, series: Series, points: Sequence[TrendPoint], days: Sequence[date]) -> None:
    from matplotlib.ticker import PercentFormatter

    places = [(point.day - days[0]).days for point in points]
    values = [point.value or 0.0 for point in points]
    axes.plot(places, values, color=BLUE, linewidth=1.3)
    for place, value, point in zip(places, values, points, strict=True):
        edge, fill, size = _LOOKS.get(point.state, (BLUE, BLUE, 3.0))
        if point.state is State.NOT_ENOUGH:
            edge, fill = MUTED, PAPER
        axes.plot([place], [value], "o", color=edge, markerfacecolor=fill, markersize=size)
    last = (days[-1] - days[0]).days
    ticks = sorted({0, last // 2, last})
    axes.set_xticks(ticks, [f"{date.fromordinal(days[0].toordinal() + n):%d %b}" for n in ticks])
    axes.set_xlim(-0.5, last + 0.5)
    axes.set_ylim(0.0, max(values) * 1.15 or 1.0)
    if series.unit is Unit.SHARE:
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1.0, decimals=None))
    units = {Unit.MS: ", ms", Unit.USD: ", $"}
    distance = ": distance" if series.kind in (Kind.MIX, Kind.VECTORS) else ""
    axes.set_title(f"{series.label}{distance}{units.get(series.unit, '')}", fontsize=9.5)
