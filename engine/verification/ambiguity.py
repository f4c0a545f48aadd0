"""Could a question mean several things that the documents tell apart?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.generation.reading import Reading
from engine.question import Question
from engine.retrieval.hit import Hit

_MOST_TERMS = 3
_COMMON = 0.62
"""Share of an absent term's IDF up to which a term is common: it picks no document out."""

_LEVEL = 0.88
"""Of the best document's score or best span's, from which another one is as good."""

_BOTH_LEVEL = 0.78
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
    weigh. A question that follows up has its context, and is never asked back. A pure function.
    """
    terms = frozenset(reading.form.weights)
    if question.history or question.body.strip() or not terms:
        return None
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
