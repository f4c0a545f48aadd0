"""Figures in words, the same on a terminal, in the home tab and in the digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.figures.counting import Figures, Times
from engine.figures.definitions import DEFINITIONS, FigureName
from engine.figures.share import Share
from engine.storage.traces import Repeated

_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0
NONE = "none yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureLine:
    """A figure for people. involvement: empty where the figure is no rate."""

    name: FigureName
    label: str
    value: str
    involvement: str = ""

    @property
    def whole(self) -> str:
        """Value and involvement in one line."""
        return f"{self.value}; {self.involvement}" if self.involvement else self.value


def figure_lines(figures: Figures) -> tuple[FigureLine, ...]:
    """All but the review load, in their order."""
    lines = []
    for name in FigureName:
        if name is FigureName.QUESTIONS:
            waiting = f" ({figures.waiting:,} waiting)" if figures.waiting else ""
            lines.append(_line(name, f"{figures.questions:,}{waiting}"))
        elif name in figures.shares:
            share = figures.shares[name]
            lines.append(
                _line(
                    name,
                    share_words(share),
                    "" if name is FigureName.INVOLVED else involvement_words(share),
                )
            )
        elif name in figures.times:
            lines.append(_line(name, times_words(figures.times[name])))
    return tuple(lines)


def share_words(share: Share) -> str:
    """Such as "80% [49, 94], 8 of 10"."""
    if share.value is None:
        return NONE
    low, high = share.interval
    return (
        f"{share.value:.0%} [{low * 100:.0f}, {high * 100:.0f}], {share.hits:,} of {share.trials:,}"
    )


def involvement_words(share: Share) -> str:
    """Such as "people in 30% of them"; empty without any."""
    return "" if share.involvement is None else f"people in {share.involvement:.0%} of them"


def times_words(times: Times) -> str:
    """Such as "2 s median, 9 of 10 within 4 s"."""
    if times.p50_s is None or times.p90_s is None:
        return NONE
    return f"{duration(times.p50_s)} median, 9 of 10 within {duration(times.p90_s)}"


def duration(seconds: float) -> str:
    """A time in its largest fitting unit."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h" if seconds < 2 * _DAY else f"{seconds / _DAY:.1f} days"


def load_words(cases: int, median_minutes: float | None) -> str:
    """What one person settled, such as "3 cases, 12 min median from claim to end"."""
    settled = "1 case" if cases == 1 else f"{cases:,} cases"
    if median_minutes is None:
        return settled
    return f"{settled}, {duration(median_minutes * _MINUTE)} median from claim to end"


def repeated_words(repeated: Repeated) -> str:
    """Such as "12 of 40 (30%), $0.31 saved"; "none yet" before the first answer."""
    if not repeated.answers:
        return NONE
    share = repeated.repeated / repeated.answers
    saved = f", ${repeated.saved_usd:,.2f} saved" if repeated.saved_usd >= 0.005 else ""
    return f"{repeated.repeated:,} of {repeated.answers:,} ({share:.0%}){saved}"


def young_words(figures: Figures) -> str:
    """What is still open about the period; empty where nothing is."""
    if not figures.young:
        return ""
    return (
        f"{figures.young:,} of the questions are less than 48 hours old and may yet be taken over."
    )


def definitions_of(lines: Sequence[FigureLine]) -> tuple[tuple[str, str], ...]:
    """Label and sentence of each figure shown."""
    return tuple((line.label, DEFINITIONS[line.name].sentence) for line in lines)


def _line(name: FigureName, value: str, involvement: str = "") -> FigureLine:
    return FigureLine(
        name=name, label=DEFINITIONS[name].label, value=value, involvement=involvement
    )
