from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from engine.probability_scores import ReliabilityBin, reliability
from evals.metrics import risk_coverage, wilson
from evals.plots import Curves, plot, write_plot

SVG = "{http://www.w3.org/2000/svg}"
LEFT, TOP, SIDE = 64, 56, 320


def curves() -> Curves:
    given, right = [0.05, 0.95, 0.9, 0.92], [False, True, False, True]
    return Curves(
        answerable=reliability(given, [False, True, True, True]),
        right=reliability(given, right),
        risk=risk_coverage(given, right),
    )


def circles(root: ET.Element, kind: str) -> list[tuple[float, float]]:
    """Where the bins of one curve are drawn, from (0, 0) to (1, 1)."""
    return [
        ((float(c.attrib["cx"]) - LEFT) / SIDE, 1 - (float(c.attrib["cy"]) - TOP) / SIDE)
        for c in root.iter(f"{SVG}circle")
        if c.attrib["class"] == f"bin {kind}"
    ]


def test_each_bin_is_a_point_with_its_wilson_interval() -> None:
    root = ET.fromstring(plot("sample", curves()))
    assert circles(root, "answerable") == [
        (pytest.approx(0.05, abs=1e-4), pytest.approx(0.0, abs=1e-4)),
        (pytest.approx(0.9, abs=1e-4), pytest.approx(1.0, abs=1e-4)),
        (pytest.approx(0.935, abs=1e-4), pytest.approx(1.0, abs=1e-4)),
    ]
    assert [round(y, 3) for _, y in circles(root, "right")] == [0.0, 0.0, 1.0]
    drawn = [
        line.attrib
        for line in root.iter(f"{SVG}line")
        if line.attrib.get("class") == "interval right"
    ]
    low, high = wilson(2, 2)
    assert 1 - (float(drawn[-1]["y1"]) - TOP) / SIDE == pytest.approx(low, abs=1e-3)
    assert 1 - (float(drawn[-1]["y2"]) - TOP) / SIDE == pytest.approx(high, abs=1e-3)


def test_the_risk_line_goes_through_every_coverage() -> None:
    root = ET.fromstring(plot("sample", curves()))
    (line,) = root.iter(f"{SVG}polyline")
    points = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
    left = LEFT + SIDE + 96
    # by confidence: right, right, wrong, wrong -> risks 0, 0, 1/3, 1/2
    assert [((x - left) / SIDE, 1 - (y - TOP) / SIDE) for x, y in points] == [
        (pytest.approx(coverage), pytest.approx(risk, abs=1e-4))
        for coverage, risk in ((0.25, 0), (0.5, 0), (0.75, 1 / 3), (1.0, 0.5))
    ]


def test_a_long_curve_keeps_its_last_point_and_stays_small() -> None:
    many = risk_coverage([n / 9000 for n in range(9000)], [n % 3 > 0 for n in range(9000)])
    drawn = plot("many", Curves(answerable=(), right=(), risk=many))
    (line,) = ET.fromstring(drawn).iter(f"{SVG}polyline")
    points = line.attrib["points"].split()
    assert 400 <= len(points) <= 420
    assert float(points[-1].split(",")[0]) == pytest.approx(LEFT + 2 * SIDE + 96)
    assert len(drawn) < 30_000


def test_names_are_escaped_and_an_empty_set_is_still_a_picture() -> None:
    root = ET.fromstring(plot('<a> & "b"', Curves(answerable=(), right=(), risk=())))
    assert root.findtext(f"{SVG}title") == '<a> & "b"'
    assert "nothing to judge by" in {text.text for text in root.iter(f"{SVG}text")}


def test_a_plot_is_a_file_of_its_set(tmp_path: Path) -> None:
    one = ReliabilityBin(low=0.4, high=0.5, rows=3, mean_probability=0.45, true_share=2 / 3)
    path = write_plot(tmp_path / "plots", "sample", Curves(answerable=[one], right=[], risk=[]))
    assert path == tmp_path / "plots" / "sample.svg"
    assert "0.667 of 3 at 0.450" in path.read_text(encoding="utf-8")
