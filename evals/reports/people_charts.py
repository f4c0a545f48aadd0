"""Charts of the weekly figures: how questions were answered, and how many there were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.figures.counting import Figures
from engine.figures.definitions import DEFINITIONS, FigureName
from evals.reports.canvas import BLUE, GREEN, MUTED, ORANGE, RED, Chart, share_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ANSWERS = (
    (FigureName.ANSWERED_ALONE, BLUE, "o"),
    (FigureName.TAKEN_OVER, RED, "s"),
    (FigureName.INVOLVED, MUTED, "x"),
)
_HELPFUL = (
    (FigureName.CONFIRMED_HELPFUL, GREEN, "o"),
    (FigureName.ASSUMED_HELPFUL, ORANGE, "D"),
)


def people_charts(weeks: Sequence[Figures]) -> tuple[Chart, ...]:
    """weeks: one a week, the oldest first; those without questions leave a hole. No chart where no
    week has any."""
    if not any(week.questions for week in weeks):
        return ()
    return (
        _shares("answered", "How questions were answered, by week", weeks, _ANSWERS),
        _shares("helpful", "Helpful answers, by week: said so, and assumed", weeks, _HELPFUL),
        _counts(weeks),
    )


def _shares(
    name: str,
    title: str,
    weeks: Sequence[Figures],
    lines: Sequence[tuple[FigureName, str, str]],
) -> Chart:
    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for which, colour, marker in lines:
            held = [(n, week.shares[which]) for n, week in enumerate(weeks)]
            there = [(n, share, share.value) for n, share in held if share.value is not None]
            axes.plot(
                [n for n, _, _ in there], [value for _, _, value in there], color=colour,
                marker=marker, markersize=5, linewidth=1.5, label=DEFINITIONS[which].label,
            )  # fmt: skip
            axes.fill_between(
                [n for n, _, _ in there], [share.interval[0] for _, share, _ in there],
                [share.interval[1] for _, share, _ in there], color=colour, alpha=0.12, linewidth=0,
            )  # fmt: skip
        share_axis(axes.yaxis, low=-0.03, high=1.03)
        axes.set_xticks(range(len(weeks)), _ticks(weeks))
        figure.legend(loc="outside lower left", ncols=len(lines))

    said = []
    for which, _, _ in lines:
        last = weeks[-1].shares[which].value
        words = "no figure" if last is None else f"{last:.0%}"
        said.append(f"{DEFINITIONS[which].label} {words} in the last week")
    return Chart(
        name=name, title=title, alt=f"{'; '.join(said)}.", width=6.4, height=3.4, paint=paint
    )


def _counts(weeks: Sequence[Figures]) -> Chart:
    def paint(figure: Figure) -> None:
        from matplotlib.ticker import MaxNLocator

        axes = figure.subplots()
        axes.bar(range(len(weeks)), [week.questions for week in weeks], color=BLUE, width=0.6)
        axes.set_xticks(range(len(weeks)), _ticks(weeks))
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))

    said = ", ".join(f"{week.questions:,}" for week in weeks)
    return Chart(
        name="questions",
        title="Questions by week",
        alt=f"Questions of {len(weeks)} weeks, the oldest first: {said}.",
        width=6.4,
        height=2.8,
        paint=paint,
    )


def _ticks(weeks: Sequence[Figures]) -> list[str]:
    return [f"{week.since:%d %b}" for week in weeks]
