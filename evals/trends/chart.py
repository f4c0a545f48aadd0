"""Series over time, one below the other, as an SVG or PNG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One series. points: minutes and values. dots: shown as single points, without a line."""

    title: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


def draw(panels: Sequence[Panel], path: Path, *, title: str) -> None:
    """Writes the picture; the ending of the name says which kind."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        len(panels), 1, figsize=(9, 2.2 * len(panels)), sharex=True, squeeze=False
    )
    for place, panel in zip(axes[:, 0], panels, strict=True):
        x, y = [point[0] for point in panel.points], [point[1] for point in panel.points]
        if panel.dots:
            place.plot(x, y, ".", markersize=2, alpha=0.4, rasterized=True)
        else:
            place.plot(x, y)
        place.set_title(panel.title, fontsize=10)
        place.set_ylim(bottom=0)
        place.grid(alpha=0.3)
    axes[-1][0].set_xlabel("minutes")
    figure.suptitle(title)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
