from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.figure import Figure

from evals.reports.figure_charts import MOST_BARS, figure_charts
from evals.reports.summary import summarize
from evals.statistics.comparison import Verdict
from tests.evals.reports.made_runs import compared, make_run

BEFORE, NOW = make_run(), make_run(seed=2, day=1)


def test_a_run_alone_has_its_figures_and_slices() -> None:
    charts = figure_charts(summarize(NOW, None, ()))
    assert [chart.name for chart in charts] == ["figures", "slices"]


def test_right_is_better_whichever_way_a_metric_counts() -> None:
    found = compared(BEFORE, NOW)
    rows = tuple(
        replace(row, difference=0.1, low=0.05, high=0.2, verdict=Verdict.WORSE)
        if row.metric == "answered_unanswerable"
        else replace(row, difference=0.1, low=0.05, high=0.2, verdict=Verdict.BETTER)
        for row in found.rows
        if row.metric in ("answered_unanswerable", "outcome_right")
    )
    chart = figure_charts(summarize(NOW, replace(found, rows=rows), ()))[0]
    assert chart.name == "against-baseline"
    figure = Figure()
    chart.paint(figure)
    axes = figure.axes[0]
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == ["Unanswerable questions answered", "Outcome right"]
    worse, better = (collection.get_segments()[0] for collection in axes.collections)
    assert worse[:, 0] == pytest.approx([-0.2, -0.05])
    assert better[:, 0] == pytest.approx([0.05, 0.2])
    assert chart.alt == (
        "Of 2 figures, 1 significantly worse, 1 better: Unanswerable questions answered +10.0 pp, "
        "Outcome right +10.0 pp."
    )


def test_many_slices_are_the_largest_ones() -> None:
    many = tuple(
        replace(result, slices={"tag": (f"t{n % 20:02}", "all")})
        for n, result in enumerate(NOW.results)
    )
    summary = summarize(replace(NOW, results=many), None, ())
    assert len(summary.slices) == 21
    figure = Figure()
    figure_charts(summary)[1].paint(figure)
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert len(names) == MOST_BARS
    assert names[0] == "tag: all (60)"


def test_a_trend_is_of_runs_of_the_same_set_oldest_first() -> None:
    others = [
        make_run(day=5),
        replace(make_run(day=2), dataset_hash="other"),
        replace(make_run(day=3), dataset="other"),
        NOW,
    ]
    now = replace(NOW, started_at=make_run(day=9).started_at)
    summary = summarize(now, None, others)
    assert [run.id for run in summary.history] == ["run-02", "run-05"]
    chart = figure_charts(summary)[-1]
    assert chart.title == "Trend over 3 runs"
    figure = Figure()
    chart.paint(figure)
    line, *points = figure.axes[0].get_lines()
    assert list(line.get_xdata()) == [0, 1, 2]
    fills = [point.get_markerfacecolor() for point in points]
    assert fills[0] != fills[1] == fills[2]
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == [
        "10 Mar",
        "06 Mar",
        "03 Mar",
    ]
