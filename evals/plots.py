"""Diagrams of a set's confidences as SVG: reliability, and risk against coverage beside it.

Written by hand, since a plotting library would be a dependency for two pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from engine.probability_scores import ReliabilityBin
from evals.metrics import RiskPoint, wilson

_SIDE = 320
_LEFT, _TOP, _GAP = 64, 56, 96
_WIDTH, _HEIGHT = 2 * _SIDE + _LEFT + _GAP + 24, _SIDE + _TOP + 76
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_MOST_POINTS = 400
_INK, _GRID, _BLUE, _ORANGE = "#222222", "#dddddd", "#1f5fa8", "#c4541a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """What is drawn of one set.

    answerable: reliability of the confidence that the corpus answers. right: that the draft cites
    a gold document. risk: of drafts that do not, at each coverage.
    """

    answerable: Sequence[ReliabilityBin]
    right: Sequence[ReliabilityBin]
    risk: Sequence[RiskPoint]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Panel:
    """A square from (0, 0) to (1, 1), `x` pixels from the left."""

    x: int
    title: str
    across: str
    up: str

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixels of a point."""
        return self.x + x * _SIDE, _TOP + (1.0 - y) * _SIDE

    def frame(self) -> list[str]:
        """Grid, ticks and names."""
        out = []
        for tick in _TICKS:
            (x, y), (_, bottom), (left, _) = self.at(tick, tick), self.at(0, 0), self.at(0, 0)
            out.append(_line(self.at(tick, 0), self.at(tick, 1), _GRID))
            out.append(_line(self.at(0, tick), self.at(1, tick), _GRID))
            out.append(_text(x, bottom + 18, f"{tick:.1f}", anchor="middle"))
            out.append(_text(left - 8, y + 4, f"{tick:.1f}", anchor="end"))
        middle = self.x + _SIDE / 2
        out.append(_text(middle, _TOP - 14, self.title, anchor="middle", bold=True))
        out.append(_text(middle, _TOP + _SIDE + 40, self.across, anchor="middle"))
        turned = f' transform="rotate(-90 {self.x - 42} {_TOP + _SIDE / 2:.1f})"'
        out.append(_text(self.x - 42, _TOP + _SIDE / 2, self.up, anchor="middle", more=turned))
        return out


def plot(name: str, curves: Curves) -> str:
    """The two diagrams of a set as one SVG document.

    A bin is a circle at its mean confidence with a 95% Wilson interval of its share; a dashed
    diagonal is perfect reliability. The step line is the selective risk.
    """
    reliable = _Panel(x=_LEFT, title="reliability", across="confidence", up="share that is true")
    risky = _Panel(
        x=_LEFT + _SIDE + _GAP, title="risk and coverage", across="coverage", up="selective risk"
    )
    parts = [*reliable.frame(), *risky.frame()]
    parts.append(_line(reliable.at(0, 0), reliable.at(1, 1), _INK, dash="4 4"))
    parts += _bins(reliable, curves.answerable, _BLUE, "answerable")
    parts += _bins(reliable, curves.right, _ORANGE, "right")
    below = _TOP + _SIDE + 62
    parts.append(_text(_LEFT, below, "the corpus answers", colour=_BLUE))
    parts.append(_text(_LEFT + 130, below, "the draft cites a gold document", colour=_ORANGE))
    parts += _risk(risky, curves.risk)
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12">\n'
        f"<title>{escape(name)}</title>\n"
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>\n'
        f"{_text(_LEFT, 20, name, bold=True)}\n{body}\n</svg>\n"
    )


def write_plot(folder: Path, name: str, curves: Curves) -> Path:
    """Writes `NAME.svg` into the folder, which is made where it is missing.  Raises: OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.svg"
    path.write_text(plot(name, curves), encoding="utf-8")
    return path


def _bins(panel: _Panel, bins: Sequence[ReliabilityBin], colour: str, kind: str) -> list[str]:
    out, previous = [], None
    for each in bins:
        here = panel.at(each.mean_probability, each.true_share)
        low, high = wilson(round(each.true_share * each.rows), each.rows)
        ends = panel.at(each.mean_probability, low), panel.at(each.mean_probability, high)
        if previous is not None:
            out.append(_line(previous, here, colour, width=1.0))
        out.append(_line(*ends, colour, width=1.5, more=f' class="interval {kind}"'))
        label = f"{each.true_share:.3f} of {each.rows} at {each.mean_probability:.3f}"
        out.append(
            f'<circle class="bin {kind}" cx="{here[0]:.2f}" cy="{here[1]:.2f}" r="4" '
            f'fill="{colour}"><title>{label}</title></circle>'
        )
        previous = here
    return out


def _risk(panel: _Panel, points: Sequence[RiskPoint]) -> list[str]:
    if not points:
        return [_text(*panel.at(0.5, 0.5), "nothing to judge by", anchor="middle")]
    step = max(1, len(points) // _MOST_POINTS)
    drawn = [*points[:-1:step], points[-1]]
    steps = " ".join(f"{x:.2f},{y:.2f}" for x, y in (panel.at(p.coverage, p.risk) for p in drawn))
    return [
        f'<polyline class="risk" points="{steps}" fill="none" stroke="{_BLUE}" stroke-width="2"/>'
    ]


def _line(
    one: tuple[float, float],
    other: tuple[float, float],
    colour: str,
    *,
    width: float = 1.0,
    dash: str = "",
    more: str = "",
) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{one[0]:.2f}" y1="{one[1]:.2f}" x2="{other[0]:.2f}" y2="{other[1]:.2f}" '
        f'stroke="{colour}" stroke-width="{width}"{dashed}{more}/>'
    )


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    bold: bool = False,
    colour: str = _INK,
    more: str = "",
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" text-anchor={quoteattr(anchor)} fill="{colour}"'
        f"{weight}{more}>{escape(text)}</text>"
    )
