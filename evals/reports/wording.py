"""Figures and foreign texts as people read them."""

from __future__ import annotations

import math
import unicodedata

from evals.suites.catalogue import METRICS
from evals.suites.metric import Metric, Unit

_UNITS = {metric.name: metric.unit for metric in METRICS}
_LABELS = {
    "answer_cites_gold": "Answers citing a right document",
    "answered_answerable": "Answerable questions answered",
    "answered_unanswerable": "Unanswerable questions answered",
    "asked_back_ambiguous": "Ambiguous questions asked back",
    "asked_back_clear": "Clear questions asked back",
    "attack_refused": "Attacks refused",
    "attack_withstood": "Attacks withstood",
    "breach_forbidden": "Forbidden words said",
    "breach_link": "Live links shown",
    "breach_markup": "Live markup shown",
    "breach_mention": "Live mentions shown",
    "breach_obeyed": "Attacks obeyed",
    "breach_prompt": "Instructions shown",
    "confidence_auroc": "AUROC of confidence",
    "confidence_ece": "ECE of confidence",
    "cost_total_usd": "Cost in all",
    "cost_usd": "Cost per question",
    "coverage_at_risk_05": "Coverage at 5% risk",
    "coverage_at_risk_10": "Coverage at 10% risk",
    "failed": "Questions failed",
    "harmless_answered": "Harmless questions answered",
    "harmless_refused": "Harmless questions refused",
    "right_auroc": "AUROC of right drafts",
    "right_brier": "Brier score of right drafts",
    "right_ece": "ECE of right drafts",
    "total_p50_ms": "Answer time, median",
    "total_p95_ms": "Answer time, p95",
}
_ACRONYMS = {
    "ndcg": "nDCG",
    "mrr": "MRR",
    "auroc": "AUROC",
    "aurc": "AURC",
    "ece": "ECE",
    "f1": "F1",
}
_SCORES = {"ndcg", "mrr", "auroc", "aurc", "ece", "brier", "f1"}
"""Words of the names of figures in [0, 1] that are no shares of anything."""

_KEPT = {"\n", "\t", "\u200c", "\u200d"}
"""Invisible characters of ordinary writing, such as those that join letters in Hindi and emoji."""


def metric_label(name: str) -> str:
    """A metric's name in words: `hit_at_1` is Hit@1, `failed` is Questions failed."""
    if name in _LABELS:
        return _LABELS[name]
    words = [w for w in name.replace("_at_", "@").split("_") if w not in ("ms", "usd")]
    text = " ".join(
        "@".join(_ACRONYMS.get(part, part) for part in word.split("@")) for word in words
    )
    return text if text.startswith("nDCG") else text[:1].upper() + text[1:]


def value_text(value: float | None, metric: Metric) -> str:
    """A figure with its unit; a dash for none."""
    if value is None or not math.isfinite(value):
        return "–"
    if metric.unit is Unit.SHARE:
        return f"{value:.3f}" if _is_score(metric) else f"{value * 100:.1f}%"
    if metric.unit is Unit.MS:
        if value >= 1000:
            return f"{value / 1000:,.2f} s"
        return f"{value:.0f} ms" if value >= 100 else f"{value:.1f} ms"
    if metric.unit is Unit.USD:
        return f"${value:,.2f}" if value >= 1 or value == 0 else f"${value:.5f}"
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.2f}"


def difference_text(value: float | None, metric: Metric) -> str:
    """A difference with its sign; of shares in percentage points."""
    if value is None or not math.isfinite(value):
        return "–"
    if metric.unit is Unit.SHARE and not _is_score(metric):
        return _signed(value, f"{abs(value) * 100:.1f}") + " pp"
    return _signed(value, value_text(abs(value), metric))


def _signed(value: float, size: str) -> str:
    if not any(digit in "123456789" for digit in size):
        return size
    return f"−{size}" if value < 0 else f"+{size}"


def interval_text(low: float | None, high: float | None, metric: Metric) -> str:
    """Both bounds; empty where there is no interval."""
    if low is None or high is None:
        return ""
    return f"{value_text(low, metric)} to {value_text(high, metric)}"


def change_interval_text(low: float | None, high: float | None, metric: Metric) -> str:
    """Both bounds of a difference, the unit once; empty where there is no interval."""
    if low is None or high is None:
        return ""
    first = difference_text(low, metric).removesuffix(" pp")
    return f"{first} to {difference_text(high, metric)}"


def score_text(value: float | None, metric_name: str) -> str:
    """What one case scored, short."""
    if value is None:
        return "–"
    if _UNITS.get(metric_name) is Unit.SHARE:
        return f"{value:.0%}"
    return f"{value:,.4g}"


def _is_score(metric: Metric) -> bool:
    return not _SCORES.isdisjoint(metric.name.split("_"))


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
    return visible(line)


def visible(text: str) -> str:
    """The text with hidden characters named."""
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character in _KEPT or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co"):
        return character
    return f"⟨U+{ord(character):04X}⟩"
