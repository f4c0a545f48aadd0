"""Could a question mean several things that the documents tell apart?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.generation.question_form import AnswerKind
from engine.generation.reading import Reading
from engine.generation.word_terms import term_set
from engine.question import Question
from engine.retrieval.hit import Hit

_MOST_TERMS = 3
_COMMON = 0.62
"""Share of an absent term's IDF up to which a term is common: it picks no document out."""

_LEVEL = 0.88
"""Of the best document's score or best span's, from which another one is as good."""

_BOTH_LEVEL = 0.78
_RESTATED_LEVEL = 0.85
"""Of the best passage's score, from which a document that restates the question is offered; flat
between .8 and .9."""

_SAME_SAYING = 0.8
"""Share of the words, beside the question's, from which two documents say the same."""

_OFFERED = 0.7
_MOST_CHOICES = 4
_POINTING = re.compile(
    r"\b(?:it|that|this|those|these|them|one|ones|the (?:thing|other|same))\b\W*(?:$|[?.!])",
    re.IGNORECASE,
)
_CHOICE_CHARS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguity:
    """choices: what the question may be about, at least two, best first, in words."""

    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """A document as an answer: its best span's score, its best passage's, and its name."""

    span: float
    passage: float
    name: str


def find_ambiguity(
    question: Question, reading: Reading, rarity: Mapping[int, float], absent_rarity: float
) -> Ambiguity | None:
    """Several documents that answer a question which says too little to choose among them.

    rarity: IDF of the question's terms; absent_rarity: what a term that stands nowhere would
    weigh. A question that follows up has its context, and is never asked back. A question may
    also say much, where several documents restate all of it in their titles and each adds
    something else, as pages of an FAQ do. A pure function.
    """
    terms = frozenset(reading.form.weights)
    if question.history or question.body.strip() or not terms:
        return None
    return _of_short(question, reading, terms, rarity, absent_rarity) or _of_restated(
        reading, terms
    )


def _of_short(
    question: Question,
    reading: Reading,
    terms: frozenset[int],
    rarity: Mapping[int, float],
    absent_rarity: float,
) -> Ambiguity | None:
    """What a question of few and common words may be about."""
    points = bool(_POINTING.search(question.text.strip()))
    telling = [t for t in terms if rarity.get(t, absent_rarity) > _COMMON * absent_rarity]
    if len(terms) > _MOST_TERMS or (telling and not (points and len(terms) == 1)):
        return None
    sides = _sides(reading)
    if len(sides) < 2:
        return None
    first = sides[0]
    level = [
        side
        for side in sides[1:]
        if side.span >= _LEVEL * first.span
        or side.passage >= _LEVEL * first.passage
        or (side.span >= _BOTH_LEVEL * first.span and side.passage >= _BOTH_LEVEL * first.passage)
    ]
    if not level and not points:
        return None
    offered = [
        side.name
        for side in sides
        if side.span >= _OFFERED * first.span or side.passage >= _OFFERED * first.passage
    ]
    choices = tuple(dict.fromkeys(offered))[:_MOST_CHOICES]
    return Ambiguity(choices=choices) if len(choices) > 1 else None


def _of_restated(reading: Reading, terms: frozenset[int]) -> Ambiguity | None:
    """Documents whose titles hold a whole question of many words, each with more, and which say
    different things.

    None where a title adds nothing to the question: that document is what was asked about.
    """
    form = reading.form
    if len(terms) <= _MOST_TERMS or form.wants_all:
        return None
    if form.asks_for(AnswerKind.COMPARISON, AnswerKind.LIST):
        return None
    best: dict[str, Hit] = {}
    for passage in reading.passages:
        best.setdefault(passage.hit.passage.document_id, passage.hit)
    level = _RESTATED_LEVEL * max(hit.score for hit in best.values()) if best else 0.0
    choices: list[str] = []
    said: list[frozenset[int]] = []
    for hit in best.values():
        title = term_set(hit.passage.title)
        if not terms <= title or hit.score < level:
            continue
        if title == terms:
            return None
        own = term_set(hit.passage.passage.text) - terms
        if all(_overlap(own, other) < _SAME_SAYING for other in said):
            choices.append(_name(hit.passage.title, ""))
            said.append(own)
    choices = list(dict.fromkeys(choices))[:_MOST_CHOICES]
    return Ambiguity(choices=tuple(choices)) if len(choices) > 1 else None


def _overlap(one: frozenset[int], other: frozenset[int]) -> float:
    """Jaccard index; 1 where both are empty."""
    return len(one & other) / len(one | other) if one or other else 1.0


def _sides(reading: Reading) -> list[_Side]:
    spans: dict[str, float] = {}
    names: dict[str, str] = {}
    for span in reading.quotable():
        document = span.passage.document_id
        if document not in spans:
            spans[document] = span.score
            names[document] = _name(span.passage.title, span.heading)
    passages: dict[str, float] = {}
    hits: Sequence[Hit] = [passage.hit for passage in reading.passages]
    for hit in hits:
        document = hit.passage.document_id
        passages[document] = max(passages.get(document, 0.0), hit.score)
    sides = [_Side(span=spans[d], passage=passages[d], name=names[d]) for d in spans]
    return sorted(sides, key=lambda side: -(side.span + side.passage))


def _name(title: str, heading: str) -> str:
    """What a choice is called: the document, and the section where that says more."""
    named = title
    if heading and heading.casefold() not in title.casefold():
        named = f"{title}: {heading}"
    return named if len(named) <= _CHOICE_CHARS else f"{named[: _CHOICE_CHARS - 1].rstrip()}…"
