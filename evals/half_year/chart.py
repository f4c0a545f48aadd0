"""The half year as a picture: its arms, week by week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

PANELS: Final = (
    ("escalated", "Went to a person"),
    ("wrong_shown", "Wrong answers shown"),
    ("covered", "Right answers shown"),
    ("calibration_error", "Calibration error"),
)
_ARMS: Final = (
    ("learning", "answers and verdicts are learned", "-"),
    ("cautious", "verdicts alone", "-."),
    ("still", "nothing", ":"),
)


def draw(name: str, arms: Mapping[str, Sequence[Mapping[str, Any]]], path: Path) -> None:
    """Writes an SVG or PNG.  arms: each arm's weeks as `week_figures` gives them."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 2, figsize=(9, 6), sharex=True)
    for place, (key, title) in zip(axes.flat, PANELS, strict=True):
        for arm, label, style in _ARMS:
            values = [week.get(key) for week in arms[arm]]
            shown = [float("nan") if value is None else value for value in values]
            place.plot(range(1, len(shown) + 1), shown, style, label=label)
        place.set_title(title, fontsize=10)
        place.set_ylim(0, 1)
        place.grid(alpha=0.3)
    axes[1][0].set_xlabel("week")
    axes[1][1].set_xlabel("week")
    axes[0][0].legend(fontsize=8)
    figure.suptitle(f"{name}: half a year, half of the answering documents withheld")
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
