"""Pictures drawn by matplotlib: the same bytes for the same figures, whoever draws.

matplotlib keeps its settings and its fonts in process-wide state, so one picture is drawn at a
time. Nothing here touches `pyplot`: no window system is looked for and no figure outlives its
picture.
"""

from __future__ import annotations

import io
import re
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, GRID = "#1c2530", "#5b6775", "#dfe4ea"
BLUE, ORANGE, GREEN, RED = "#1f66c1", "#b8560f", "#1a7a4c", "#c02b3a"
PAPER = "#ffffff"
COLOURS = {
    INK: "--chart-ink",
    MUTED: "--chart-muted",
    GRID: "--chart-grid",
    BLUE: "--chart-blue",
    ORANGE: "--chart-orange",
    GREEN: "--chart-green",
    RED: "--chart-red",
    PAPER: "--chart-paper",
}
"""What a page may set a colour of a picture by, such as for a dark screen."""

_LOCK = threading.Lock()
_PNG_DPI = 160
_SETTINGS: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "figure.constrained_layout.h_pad": 0.07,
    "figure.dpi": 100,
    "figure.titlesize": 11.5,
    "font.family": ["DejaVu Sans"],
    "font.size": 9.5,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}
_HIDDEN = 'aria-hidden="true" focusable="false" stroke-linejoin="round"'
_SCREEN_FONTS = "font-family: system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture that can be drawn.

    name: of its file, unique in a report. title: what it shows. alt: what is to be seen in it, in
    words, for who does not see it. width, height: inches. paint: draws on an empty figure.
    """

    name: str
    title: str
    alt: str
    width: float
    height: float
    paint: Callable[[Figure], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart as drawn.  svg: a document of its own.  png: for where no SVG is shown."""

    chart: Chart
    svg: str
    png: bytes


def draw(chart: Chart) -> Picture:
    """Draws a chart. Blocks: call it off the event loop."""
    import matplotlib
    from matplotlib.figure import Figure

    with _LOCK, matplotlib.rc_context(), warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes in a PNG; an SVG has its text.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        matplotlib.rcdefaults()  # not what this machine's matplotlibrc says
        matplotlib.rcParams.update(_SETTINGS)
        matplotlib.rcParams["svg.hashsalt"] = chart.name
        figure = Figure(figsize=(chart.width, chart.height), facecolor=PAPER, layout="constrained")
        chart.paint(figure)
        svg, png = io.BytesIO(), io.BytesIO()
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        # A page has the title in words; a picture that stands alone has to carry it.
        if figure.get_suptitle() == "":
            figure.suptitle(chart.title, x=0.01, ha="left", weight="bold")
        figure.savefig(png, format="png", dpi=_PNG_DPI, metadata={"Software": None})
        figure.clear()
    return Picture(chart=chart, svg=svg.getvalue().decode("utf-8"), png=png.getvalue())


def inline_svg(picture: Picture) -> str:
    """The picture as an element of a page.

    Its ids carry its name, since several stand in one page; its colours are the page's
    variables, with its own where the page sets none; its background is the page's.
    """
    name = picture.chart.name
    svg = picture.svg[picture.svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = (
        svg.replace(' id="', f' id="{name}-')
        .replace('href="#', f'href="#{name}-')
        .replace("url(#", f"url(#{name}-")
    )
    svg = re.sub(r"(?<=style=\")[^\"]*", lambda style: _themed(style.group()), svg)
    size = re.match(r"<svg [^>]*>", svg)
    opening = size.group() if size else "<svg>"
    free = re.sub(r' (?:width|height)="[^"]*"', "", opening)
    return svg.replace(opening, free.replace("<svg", f"<svg {_HIDDEN}"))


def _themed(style: str) -> str:
    for colour, variable in COLOURS.items():
        style = style.replace(colour, f"var({variable}, {colour})")
    return re.sub(r"font-family: [^;]*", _SCREEN_FONTS, style).replace(
        "'DejaVu Sans'", "system-ui, sans-serif"
    )


def share_axis(axis: Any, *, low: float = 0.0, high: float = 1.0) -> None:
    """Lets an axis count in percent."""
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(xmax=1.0, decimals=0))
    axis.axes.set(**{f"{axis.axis_name}lim": (low, high)})


def say_nothing_to_draw(axes: Axes, text: str) -> None:
    """A sentence in place of a curve."""
    axes.text(0.5, 0.5, text, ha="center", va="center", color=MUTED, transform=axes.transAxes)
