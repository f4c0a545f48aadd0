"""Is a claim wholly supported by its evidence? Local, in a few milliseconds, with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.knowledge.sentences import split_sentences
from engine.verification.cell_conflicts import cell_conflict
from engine.verification.evidence_text import without_marks
from engine.verification.lexicon.lexicon import load_lexicon
from engine.verification.model import load_model
from engine.verification.rows import compare_rows
from engine.verification.signals import read_signals

LEAST_PROBABILITY = 0.5
_QUOTED, _REFUTED = 0.99, 0.01
_MOST_CLAIM_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class Support:
    """What the evidence says of a claim.

    probability: in [0, 1] that it supports the whole claim, calibrated for even odds.
    supported: whether that is enough to show the claim. why: one sentence for people, never empty.
    """

    probability: float
    supported: bool
    why: str


class SupportChecker:
    """Checks claims; holds no state but the shipped word list and model, read at first use.

    Safe to use from several threads.
    """

    def __init__(self, *, least_probability: float = LEAST_PROBABILITY) -> None:
        """least_probability: from which a claim counts as supported."""
        self._least = least_probability

    def check(self, claim: str, evidence: Sequence[str]) -> Support:
        """Whether the evidence supports the whole claim; never raises for any text.

        claim: one sentence, or several; what goes beyond 4,000 characters makes it unsupported.
        evidence: the cited spans, each with its context as far as it helps; order is free. A claim
        without a word and evidence without a word support nothing.
        """
        if not any(char.isalnum() for char in claim):
            return Support(0.0, False, "The claim holds no word.")
        if not any(char.isalnum() for span in evidence for char in span):
            return Support(0.0, False, "There is no evidence.")
        if len(claim) > _MOST_CLAIM_CHARS:
            return Support(
                0.0, False, f"The claim is longer than {_MOST_CLAIM_CHARS:,} characters."
            )
        quoted = quotation(claim, evidence)
        if quoted is not None:
            return quoted
        by_cells = compare_rows(claim, evidence)
        if by_cells is not None:
            probability = _QUOTED if by_cells.supported else _REFUTED
            return Support(probability, by_cells.supported, by_cells.why)
        conflict = cell_conflict(claim, evidence, load_lexicon())
        if conflict:
            return Support(_REFUTED, False, _why(False, [conflict]))
        signals = read_signals(claim, evidence, load_lexicon())
        probability = load_model().probability(signals.values)
        supported = probability >= self._least
        return Support(probability, supported, _why(supported, signals.reasons))


def quotation(claim: str, evidence: Sequence[str]) -> Support | None:
    """Support of a claim that is one or more whole sentences of a span; None where it is not.

    Parts of sentences go the long way: "Share it." stands in "Never share it." too.
    """
    wanted = _sentences(claim)
    if any(wanted in _sentences(span) for span in evidence):
        return Support(_QUOTED, True, "It stands word for word in the evidence.")
    return None


def _sentences(text: str) -> str:
    """A text's sentences in lower case without punctuation, each between line breaks."""
    text = without_marks(text)
    lines = (text[start:end].casefold() for start, end in split_sentences(text))
    plain = (" ".join("".join(c if c.isalnum() else " " for c in line).split()) for line in lines)
    return "\n" + "".join(f"{line}\n" for line in plain if line)


def _why(supported: bool, reasons: Sequence[str]) -> str:
    if supported:
        return "The evidence says the same in other words."
    if not reasons:
        return "The evidence says too little of it."
    text = "; ".join(reasons[:3])
    return f"{text[:1].upper()}{text[1:]}."
