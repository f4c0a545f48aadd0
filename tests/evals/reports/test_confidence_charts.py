from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from engine.probability_scores import reliability
from evals.metrics import risk_coverage, wilson
from evals.reports.confidence_charts import (
    Curves,
    both,
    confidence_charts,
    curves_of,
    write_plot,
)
from tests.evals.reports.made_runs import make_run


def curves() -> Curves:
    given, right = [0.05, 0.95, 0.9, 0.92], [False, True, False, True]
    return Curves(
        answerable=reliability(given, [False, True, True, True]),
        right=reliability(given, right),
        risk=risk_coverage(given, right),
    )


def test_each_bin_is_a_point_with_its_wilson_interval() -> None:
    figure = Figure()
    confidence_charts(curves())[0].paint(figure)
    (axes,) = figure.axes
    perfect, answerable, right = axes.get_lines()[:3]
    assert list(perfect.get_xdata()) == [0, 1]
    assert answerable.get_xdata() == pytest.approx([0.05, 0.9, 0.935])
    assert answerable.get_ydata() == pytest.approx([0.0, 1.0, 1.0])
    assert right.get_ydata() == pytest.approx([0.0, 0.0, 1.0])
    drawn = axes.collections[1].get_segments()[-1]
    low, high = wilson(2, 2)
    assert [tuple(end) for end in drawn] == [
        (pytest.approx(0.935), pytest.approx(low)),
        (pytest.approx(0.935), pytest.approx(high)),
    ]


def test_the_risk_line_goes_through_every_coverage() -> None:
    figure = Figure()
    confidence_charts(curves())[1].paint(figure)
    line = figure.axes[0].get_lines()[0]
    # by confidence: right, right, wrong, wrong -> risks 0, 0, 1/3, 1/2
    assert line.get_xdata() == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert line.get_ydata() == pytest.approx([0, 0, 1 / 3, 0.5])


def test_a_long_curve_keeps_its_last_point_and_stays_small() -> None:
    many = risk_coverage([n / 9000 for n in range(9000)], [n % 3 > 0 for n in range(9000)])
    figure = Figure()
    confidence_charts(Curves(answerable=(), right=(), risk=many))[0].paint(figure)
    line = figure.axes[0].get_lines()[0]
    assert 400 <= len(line.get_xdata()) <= 420
    assert line.get_xdata()[-1] == 1.0
    assert line.get_ydata()[-1] == pytest.approx(1 / 3)


def test_the_words_say_what_the_curves_show() -> None:
    calibration, risk = confidence_charts(curves())
    assert "5% → 0% (1), 90% → 100% (1), 94% → 100% (2)" in calibration.alt
    assert risk.alt == (
        "Wrong are 0.0% of the surest 25%, 0.0% of the surest 50%, 33.3% of the surest 75%, "
        "50.0% of the surest 100%, of 4 cases."
    )


def test_curves_of_a_run_are_of_the_cases_that_say_something() -> None:
    run = make_run()
    found = curves_of(run.results)
    assert sum(each.rows for each in found.answerable) == len(run.results)
    assert len(found.risk) == len(run.results)
    empty = curves_of(())
    assert (empty.answerable, empty.right, empty.risk) == ((), (), [])
    assert confidence_charts(empty) == ()


def test_a_plot_is_a_file_of_its_set_with_its_name_as_text(tmp_path: Path) -> None:
    path = write_plot(tmp_path / "plots", "sample", curves())
    assert path == tmp_path / "plots" / "sample.svg"
    assert ET.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    drawn = both("<a> & $x$", Curves(answerable=(), right=(), risk=()))
    assert (
        drawn.alt
        == "There is nothing to judge confidences by. There is nothing to judge drafts by."
    )
    hostile = write_plot(tmp_path, "hostile", Curves(answerable=(), right=(), risk=()))
    words = " ".join("".join(each.itertext()) for each in ET.parse(hostile).iter())
    assert "nothing to judge by" in words
