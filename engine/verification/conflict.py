"""Do two documents say different things about what was asked?"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.generation.draft import DraftSentence
from engine.generation.question_form import AnswerKind
from engine.generation.quotation import Pick, quote
from engine.generation.reading import Reading
from engine.generation.span_reading import SpanReading
from engine.generation.word_terms import term_set
from engine.knowledge.document import SentenceKind
from engine.retrieval.lexical import STOP_WORDS, words
from engine.trust import Trust
from engine.verification.quantities import read_quantities
from engine.verification.quantity import Quantity

_LEADS = 2
_NEAR_TOP = 0.92
"""Share of the best span's score that a side must have to be what the question is about."""

_BEARS = 0.68
"""The same for the other side, whose document may be found by other words."""

_ALIKE = 0.74
"""Of cosine plus .3 of the shared terms, from which two spans speak of one thing: chosen on the
sample's pairs, where no other question reaches it."""

_TERM_SHARE = 0.3
_SAME_WORDS = 0.6
_SAME_STATEMENT = 0.95
"""From which two spans are one statement, apart from what they differ in."""

_SO_OR_NOT = ("that it is so", "that it is not")
_TOLD_BY = {
    Trust.OFFICIAL: "an official document",
    Trust.TEAM: "a document of colleagues",
    Trust.OPEN: "one that anybody may have written",
}
_NOT_COMPARED = frozenset({"ordinal", "version", "clock"})
_NEGATIONS = frozenset("not no never none cannot without nobody nothing neither".split())
_NAME = re.compile(r"(?<![.!?:|]\s)(?<!^)\b[A-Z][\w-]*[A-Za-z0-9]\b|^[A-Z][\w-]+(?=:\s)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two spans of different documents that cannot both hold; the first is of the more trusted
    source or, where they are trusted alike, answers better.

    what: how they differ, in words for a person. sides: both as sentences of a draft.
    plain: whether they are so alike that nothing but the question's subject can be meant.
    """

    first: SpanReading
    second: SpanReading
    what: str
    sides: tuple[DraftSentence, ...]
    plain: bool


def find_conflict(reading: Reading, asked: str) -> Conflict | None:
    """The clearest contradiction between what answers best and another document.

    A contradiction is a different amount, date or duration for the same thing, or the same
    statement once with and once without a negation. Spans about different names, plans, places
    or numbered things do not contradict each other. A pure function; None where nothing
    contradicts.

    asked: the question's words.
    """
    if reading.form.asks_for(AnswerKind.COMPARISON):
        return None  # what differs was asked for
    spans = reading.quotable()
    numbered = _numbered(asked)
    leads = [s for s in spans if s.can_lead and s.score >= _NEAR_TOP * spans[0].score][:_LEADS]
    found: list[tuple[float, SpanReading, SpanReading, tuple[str, str]]] = []
    for one in leads:
        for other in spans:
            if other.score < _BEARS * one.score:
                break
            if other.passage.document_id == one.passage.document_id:
                continue
            if _is_another(numbered, one.text) or _is_another(numbered, other.text):
                continue
            alike = _alike(reading, one, other)
            said = _difference(reading, one, other, alike)
            if said is not None:
                found.append((alike, one, other, said))
    if not found:
        return None
    alike, first, second, said = max(found, key=lambda each: each[0])
    if second.passage.trust.rank < first.passage.trust.rank:
        first, second, said = second, first, said[::-1]
    what = _what(first.passage.trust, second.passage.trust, said)
    picks = [
        Pick(
            span=side,
            layout="row" if side.kind is SentenceKind.ROW else "bullet",
            relevance=side.relevance,
        )
        for side in (first, second)
    ]
    sides = tuple(quote(picks, reading.passages, reading.form))
    return Conflict(
        first=first, second=second, what=what, sides=sides, plain=alike >= _SAME_STATEMENT
    )


def _numbered(text: str) -> dict[str, set[str]]:
    """Which numbers stand behind which words, as in "room 12" or "error 404"."""
    found: dict[str, set[str]] = {}
    for word, number in itertools.pairwise(words(text)):
        if number.isdigit() and word.isalpha() and word not in STOP_WORDS:
            found.setdefault(word, set()).add(number)
    return found


def _is_another(asked: Mapping[str, set[str]], text: str) -> bool:
    """Whether it is about another room than the room 12 that was asked about."""
    said = _numbered(text) if asked else {}
    return any(word in said and not numbers & said[word] for word, numbers in asked.items())


def _alike(reading: Reading, one: SpanReading, other: SpanReading) -> float:
    """Cosine of the two spans plus a share of the terms that they have in common."""
    first, second = (
        reading.passages[s.rank].hit.sentence_vectors[s.index].astype(np.float32)
        for s in (one, other)
    )
    norm = max(float(np.linalg.norm(first) * np.linalg.norm(second)), 1e-6)
    shared = len(one.terms & other.terms) / max(1, min(len(one.terms), len(other.terms)))
    return float(first @ second) / norm + _TERM_SHARE * shared


def _what(first: Trust, second: Trust, said: tuple[str, str]) -> str:
    """How they differ; of two tiers, which says what."""
    if first is not second:
        return f"{_TOLD_BY[first]} says {said[0]}, {_TOLD_BY[second]} {said[1]}"
    one, other = _SO_OR_NOT if said[0] in _SO_OR_NOT else said
    return f"one says {one}, the other {other}"


def _difference(
    reading: Reading, one: SpanReading, other: SpanReading, alike: float
) -> tuple[str, str] | None:
    """What each says."""
    if alike < _ALIKE or not _same_scope(reading, one, other):
        return None
    amounts = _different_amounts(one.text, other.text)
    if amounts is not None:
        return amounts[0].text, amounts[1].text
    common = len(one.terms & other.terms) / max(1, len(one.terms | other.terms))
    if common >= _SAME_WORDS and alike >= _SAME_STATEMENT:
        first, second = (bool(_NEGATIONS & set(words(s.text))) for s in (one, other))
        if first != second:
            return _SO_OR_NOT if second else (_SO_OR_NOT[1], _SO_OR_NOT[0])
    return None


def _different_amounts(one: str, other: str) -> tuple[Quantity, Quantity] | None:
    """Two amounts of one kind, where the texts share none of that kind."""
    first, second = (_comparable(read_quantities(text)) for text in (one, other))
    for kind, amounts in first.items():
        others = second.get(kind, ())
        if others and not any(a.equals(b) for a in amounts for b in others):
            return amounts[0], others[0]
    return None


def _comparable(quantities: Sequence[Quantity]) -> dict[tuple[str, str], list[Quantity]]:
    kinds: dict[tuple[str, str], list[Quantity]] = {}
    for quantity in quantities:
        if quantity.dimension in _NOT_COMPARED or (
            quantity.dimension == "count" and not quantity.unit
        ):
            continue
        kinds.setdefault((quantity.dimension, quantity.unit), []).append(quantity)
    return kinds


def _same_scope(reading: Reading, one: SpanReading, other: SpanReading) -> bool:
    """Whether neither names something that the question and the other do not."""
    first, second = _scope(one), _scope(other)
    asked = frozenset(reading.form.weights)
    return not any(term_set(name).isdisjoint(asked) for name in (first - second) | (second - first))


def _scope(span: SpanReading) -> frozenset[str]:
    """Names within the span: capitalised words that no sentence begins with, and a label."""
    amounts = [(q.start, q.end) for q in read_quantities(span.text)]  # "31 March" is no name
    return frozenset(
        match[0].casefold()
        for match in _NAME.finditer(span.text)
        if not any(start <= match.start() < end for start, end in amounts)
    )
