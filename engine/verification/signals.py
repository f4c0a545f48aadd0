"""What speaks for and against a claim, as numbers for the model and as words for people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.verification.alignment import Alignment, Matcher, align, weighted
from engine.verification.claim_words import Word, read_words
from engine.verification.clauses import split_clauses
from engine.verification.evidence_text import EvidenceSentence, EvidenceText, read_evidence
from engine.verification.lexicon.lexicon import NEAR, Lexicon
from engine.verification.quantities import read_quantities
from engine.verification.quantity import Quantity
from engine.verification.wording import is_negative, strengths, turned_words

SIGNALS = (
    "uncovered",
    "uncovered_worst_clause",
    "worst_word",
    "number_missing",
    "number_conflict",
    "bound_conflict",
    "name_missing",
    "negation_added",
    "negation_dropped",
    "opposite",
    "stronger",
    "condition_dropped",
    "swapped",
    "clauses",
)
"""Names of the model's inputs in their order; each but `clauses` is 0 for a quotation, and larger
values speak against the claim."""

_CONDITION = re.compile(
    r"\b(?:if|unless|except|only (?:if|when|for|in|on|after|with)|provided|as long as|"
    r"but not|other than|excluding|subject to|until)\b(?P<rest>[^,.;:!?]*)",
    re.IGNORECASE,
)
_LEAST_CLAUSE_WEIGHT = 0.9
_LEAST_NAME_WEIGHT = 0.8
_LEAST_COVERAGE = 0.3
"""Of a clause by its window before their polarity can be compared."""


@dataclass(frozen=True, slots=True)
class Signals:
    """values: by SIGNALS. reasons: sentences for people, the weightiest first."""

    values: NDArray[np.float64]
    reasons: tuple[str, ...]


class _Tally:
    def __init__(self) -> None:
        self.values = dict.fromkeys(SIGNALS, 0.0)
        self.reasons: list[tuple[float, str]] = []

    def add(self, name: str, amount: float, reason: str = "", weight: float = 1.0) -> None:
        self.values[name] += amount
        if reason:
            self.reasons.append((weight, reason))


def read_signals(claim: str, evidence: Sequence[str], lexicon: Lexicon) -> Signals:
    """The signals of a claim beside its evidence; pure."""
    words = _read(claim, lexicon)
    content = [word for word in words if word.content]
    quantities = read_quantities(claim)
    figures = {f for q in quantities for f in re.findall(r"\d[\d,.]*", q.text)}
    weights = {word.stem: word.weight for word in content}
    source = read_evidence(evidence, weights, figures, lexicon)
    texts = split_clauses(claim)
    clauses = [_read(clause, lexicon) for clause in texts]
    matcher = Matcher(source.stems, lexicon)
    aligned = [align(clause, source, matcher, lexicon) for clause in clauses]
    whole = align(words, source, matcher, lexicon)
    tally = _Tally()
    _coverage(tally, whole, aligned)
    _numbers(tally, words, quantities, source, matcher)
    _names(tally, whole)
    for one, text in zip(aligned, texts, strict=True):
        _polarity(tally, one, text)
        _strength(tally, one, text)
    _conditions(tally, words, aligned, lexicon)
    _swaps(tally, aligned)
    reasons = tuple(dict.fromkeys(text for _, text in sorted(tally.reasons, key=lambda r: -r[0])))
    return Signals(np.array([tally.values[name] for name in SIGNALS]), reasons)


def _read(text: str, lexicon: Lexicon) -> list[Word]:
    """The words of a text; those of a quantity carry no claim beside it ("two gigabytes")."""
    inside = [(q.start, q.end) for q in read_quantities(text)]
    return [
        replace(word, content=False) if any(a <= word.start < b for a, b in inside) else word
        for word in read_words(text, lexicon)
    ]


def _coverage(tally: _Tally, whole: Alignment, aligned: Sequence[Alignment]) -> None:
    tally.add("uncovered", 1 - whole.coverage_anywhere)
    heavy = [
        a for a in aligned if sum(w.weight for w in a.words) >= _LEAST_CLAUSE_WEIGHT
    ] or aligned
    if heavy:
        worst = min(heavy, key=lambda a: a.coverage)
        tally.add("uncovered_worst_clause", 1 - worst.coverage)
        if worst.coverage < 0.5 and len(heavy) > 1:
            said = " ".join(w.text for w in worst.words[:6])
            tally.add("clauses", 0.0, f"no cited sentence says the part about “{said}”", 0.8)
    tally.add("clauses", float(np.log(max(1, len(aligned)))))
    missing = [(w.weight * (1 - s), w) for w, s in zip(whole.words, whole.anywhere, strict=True)]
    if missing:
        weight, _ = max(missing, key=lambda m: m[0])
        tally.add("worst_word", weight)
        unmatched = [w for w, s in zip(whole.words, whole.anywhere, strict=True) if s < NEAR]
        if unmatched:
            listed = ", ".join(
                f"“{w.text}”" for w in sorted(unmatched, key=lambda w: -w.weight)[:3]
            )
            tally.add("clauses", 0.0, f"the evidence does not mention {listed}", weight)


def _numbers(
    tally: _Tally,
    words: Sequence[Word],
    quantities: Sequence[Quantity],
    source: EvidenceText,
    matcher: Matcher,
) -> None:
    for quantity in quantities:
        near = [
            w
            for w in words
            if w.content
            and abs(w.start - quantity.start) < 60
            and not quantity.start <= w.start < quantity.end
        ]
        weight = sum(w.weight for w in near) or 1.0
        best, best_context, others = None, -1.0, []
        for sentence in source.sentences:
            shares = sum(w.weight * matcher.share(w, sentence.stems) for w in near) / weight
            for found in sentence.quantities:
                if quantity.equals(found):
                    context = shares + (0.2 if _same_unit(quantity, found) else 0.0)
                    if context > best_context:
                        best, best_context = found, context
                elif found.dimension == quantity.dimension and _same_unit(quantity, found):
                    others.append((shares, found))
        if best is None:
            if match_any(quantity.text, source) or _is_loose(quantity):
                continue
            share, other = max(others, key=lambda o: o[0], default=(0.0, None))
            if other is not None and share > 0.3:
                tally.add(
                    "number_conflict",
                    1.0,
                    f"the evidence says {other.text}, not {quantity.text}",
                    3.0,
                )
            else:
                tally.add("number_missing", 1.0, f"the evidence does not say {quantity.text}", 2.5)
            continue
        if {quantity.bound, best.bound} == {"most", "least"}:
            tally.add(
                "bound_conflict",
                1.0,
                f"the evidence does not say “{quantity.bound}” of {best.text}",
                2.0,
            )
        elif best.bound != quantity.bound:
            tally.add("bound_conflict", 0.3 if quantity.bound else 0.15)


def match_any(said: str, source: EvidenceText) -> bool:
    """Whether a word stands anywhere in the evidence."""
    return said.lower() in source.stems


def _is_loose(quantity: Quantity) -> bool:
    """A small number in words without a unit ("the two groups"): people count while they read."""
    return quantity.dimension == "count" and quantity.value <= 3 and not quantity.text[:1].isdigit()


def _same_unit(one: Quantity, other: Quantity) -> bool:
    return one.dimension == other.dimension and (
        one.dimension != "count" or not one.unit or one.unit[:4] == other.unit[:4]
    )


def _names(tally: _Tally, whole: Alignment) -> None:
    for word, share in zip(whole.words, whole.anywhere, strict=True):
        if (word.name or word.identifier) and share < NEAR:
            tally.add(
                "name_missing",
                max(word.weight, _LEAST_NAME_WEIGHT),
                f"the evidence does not mention {word.text}",
                2.0,
            )


def _polarity(tally: _Tally, one: Alignment, clause: str) -> None:
    if one.coverage < _LEAST_COVERAGE:
        return
    there = " ".join(sentence.text for sentence in one.window)
    close = _closeness(one)
    added, dropped = [], []
    for word, match, anywhere in zip(one.words, one.local, one.anywhere, strict=True):
        if match.word is None or match.share < NEAR:
            if match.opposite:
                tally.add(
                    "opposite",
                    close if anywhere < NEAR else 0.3 * close,
                    f"the evidence says “{match.opposite}”, not “{word.text}”",
                    2.2 if anywhere < NEAR else 0.7,
                )
        elif word.negated and not match.word.negated:
            added.append(word)
        elif match.word.negated and not word.negated:
            dropped.append(word)
    for said, found in turned_words(clause, there):
        tally.add("opposite", close, f"the evidence says “{found}”, not “{said}”", 2.0)
    if added:
        turned = is_negative(there)
        tally.add(
            "negation_added",
            0.3 * close if turned else close,
            f"the evidence does not say “not” of “{added[0].text}”",
            0.8 if turned else 2.2,
        )
    if dropped:
        turned = is_negative(clause)
        tally.add(
            "negation_dropped",
            0.2 * close if turned else close,
            f"the evidence says “not” of “{dropped[0].text}”",
            0.7 if turned else 2.2,
        )


def _closeness(one: Alignment) -> float:
    """In [0, 2]: how closely the window says the rest of a clause whose polarity is in doubt."""
    rest = [(w, m.share) for w, m in zip(one.words, one.local, strict=True) if not m.opposite]
    share = weighted([word for word, _ in rest], [value for _, value in rest])
    return 2.0 * share**3


def _strength(tally: _Tally, one: Alignment, clause: str) -> None:
    if one.coverage < _LEAST_COVERAGE:
        return
    said, found = strengths(clause), strengths(" ".join(s.text for s in one.window))
    close = _closeness(one)
    for kind in ("only", "all", "must", "never", "more", "less"):
        if kind in said and kind not in found:
            softer = {"all": "some", "must": "may", "never": "some"}.get(kind, "") in found
            amount = 1.0 if softer or kind in ("only", "never") else 0.5
            tally.add("stronger", amount * close, f"the evidence does not say “{said[kind]}”", 1.5)
    if "may" in said and "must" in found and "may" not in found and "must" not in said:
        tally.add("stronger", 0.5 * close, f"the evidence does not say “{said['may']}”", 1.5)


def _conditions(
    tally: _Tally, words: Sequence[Word], aligned: Sequence[Alignment], lexicon: Lexicon
) -> None:
    claimed = frozenset(word.stem for word in words)
    matcher = Matcher(claimed, lexicon)
    seen: set[int] = set()
    for one in aligned:
        for sentence in one.window:
            if sentence.place in seen:
                continue
            seen.add(sentence.place)
            for match in _CONDITION.finditer(sentence.text):
                inner = [w for w in read_words(match.group("rest"), lexicon) if w.content][:6]
                if not inner or not _mostly_said(one, sentence, match):
                    continue
                share = sum(w.weight * matcher.share(w, claimed) for w in inner)
                left = 1 - share / sum(w.weight for w in inner)
                if left > 0.6:
                    condition = " ".join(match.group().split()[:8])
                    tally.add(
                        "condition_dropped",
                        left * one.coverage,
                        f"the evidence says so only “{condition}”",
                        1.6,
                    )


def _mostly_said(one: Alignment, sentence: EvidenceSentence, condition: re.Match[str]) -> bool:
    """Whether the clause rests on this sentence and not only on its condition."""
    low, high = condition.span()
    here = [m.word for m in one.local if m.word is not None and m.word in sentence.words]
    outside = [word for word in here if not low <= word.start < high]
    return len(here) >= 0.5 * len(one.local) and bool(outside)


def _swaps(tally: _Tally, aligned: Sequence[Alignment]) -> None:
    for one in aligned:
        names = [
            (word, match.word)
            for word, match in zip(one.words, one.local, strict=True)
            if match.word is not None and match.share == 1.0 and (word.name or word.identifier)
        ]
        for (first, a), (second, b) in pairwise(names):
            same_sentence = any(a in s.words and b in s.words for s in one.window)
            if same_sentence and first.stem != second.stem and a.start > b.start:
                tally.add("swapped", 1.0, f"the evidence has {first.text} after {second.text}", 1.0)
