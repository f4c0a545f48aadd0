"""Figures and foreign texts as people read them."""

from __future__ import annotations

import math
import unicodedata

from evals.suites.metric import Unit

_ACRONYMS = {
    "ndcg": "nDCG",
    "mrr": "MRR",
    "auroc": "AUROC",
    "aurc": "AURC",
    "ece": "ECE",
    "f1": "F1",
    "ms": "",
    "usd": "",
}
_JOINS = {"\u200c", "\u200d", "\ufe0f"}
"""Invisible characters of ordinary writing: in Persian, in Hindi, in emoji."""


def metric_label(name: str) -> str:
    """A metric's name in words: `hit_at_1` is hit@1, `confidence_ece` is confidence ECE."""
    words = name.replace("_at_", "@").split("_")
    said = [
        "@".join(_ACRONYMS.get(part, part) for part in word.split("@")) for word in words if word
    ]
    text = " ".join(word for word in said if word)
    return text[:1].upper() + text[1:] if text[:1] != "n" or text[1:2] != "D" else text


def value_text(value: float | None, unit: Unit) -> str:
    """A figure with its unit; a dash for none."""
    if value is None or not math.isfinite(value):
        return "–"
    if unit is Unit.SHARE:
        return f"{value * 100:.1f}%"
    if unit is Unit.MS:
        if value >= 1000:
            return f"{value / 1000:,.2f} s"
        return f"{value:.0f} ms" if value >= 100 else f"{value:.1f} ms"
    if unit is Unit.USD:
        return f"${value:,.2f}" if value >= 1 or value == 0 else f"${value:.5f}"
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.2f}"


def difference_text(value: float | None, unit: Unit) -> str:
    """A difference with its sign; of shares in percentage points."""
    if value is None or not math.isfinite(value):
        return "–"
    sign = "−" if value < 0 else "+"
    if unit is Unit.SHARE:
        return f"{sign}{abs(value) * 100:.1f} pp"
    return f"{sign}{value_text(abs(value), unit)}"


def interval_text(low: float | None, high: float | None, unit: Unit) -> str:
    """Both bounds; empty where there is no interval."""
    if low is None or high is None:
        return ""
    return f"{value_text(low, unit)} to {value_text(high, unit)}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def seen(text: str, most: int = 600) -> str:
    """Foreign text on one line: white space collapsed, hidden characters named, cut at `most`.

    What a question hides, such as characters that turn the direction of writing, is what a reader
    of a report wants to see; raw, it would also turn the report.
    """
    line = " ".join(text.split())
    line = f"{line[: most - 1]}…" if len(line) > most else line
    return "".join(_visible(character) for character in line)


def _visible(character: str) -> str:
    if character in _JOINS or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co"):
        return character
    return f"⟨U+{ord(character):04X}⟩"
