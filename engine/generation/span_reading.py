"""The spans of the hits as the extractive writer reads them: in place, cleaned and scored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from engine.generation.answer_fit import tells_what_to_do
from engine.generation.planted_orders import is_planted, may_be_planted
from engine.generation.sentence_opening import leads_into_example, refers_back
from engine.generation.span_text import item_marker
from engine.generation.unfit_spans import (
    is_question,
    is_short_answer,
    is_unfit,
)
from engine.generation.word_terms import term_set
from engine.knowledge.document import Sentence, SentenceKind
from engine.retrieval.hit import Hit
from engine.retrieval.passage import LivePassage

_LISTED = (SentenceKind.STEP, SentenceKind.BULLET)
WORDY = (SentenceKind.PROSE, SentenceKind.BULLET, SentenceKind.STEP)
_EXAMPLE_HEADING = re.compile(r"^(?:.{0,60}\b)?examples?\b\W*\d*\W*$", re.IGNORECASE)
_LABEL_CHARS = 40
_LABEL_WORDS = 4
_FAQ_HEADING = re.compile(r"\b(?:faqs?|frequently asked|questions)\b", re.IGNORECASE)
_NOTHING_TO_QUOTE = re.compile(
    r"^\W*(?:questions?|(?:\w+ )?(?:links|resources|references)|see also|related\b.{0,40}"
    r"|further reading"
    r"|(?:more|additional) (?:information|resources|reading)|change ?log|revision history"
    r"|version history|contents|table of contents)\W*$",
    re.IGNORECASE,
)
_QUESTION_LINE_SPANS = 3  # a question with the story in front of it: "The mail is late. What now?"
_INTRO_CHARS = 400


@dataclass(slots=True, kw_only=True, eq=False)
class SpanReading:
    """One span of a hit, in its place.

    rank: of its hit, 0 is best. index: within the passage.
    item: of a list item's first span, its indent and number; None elsewhere.
    heading: the nearest heading above, or empty. asked: index of the FAQ question that the span
        answers; None outside of an FAQ. asks: whether it is (part of) such a question.
    intro: index of the sentence that leads into the span's list, table or code; None if none.
    label: index of the run-in title of its paragraph or item ("Belgium. 21% VAT ..."), without
        which it would say something else; None if there is none.
    example: whether it tells of one case, in a section of examples or after "For example".
    unfit: whether it is never quoted, not even as a part of a list.
    quotable: whether it may be quoted for itself. can_lead: whether an answer may rest on it first.
    heading_terms: of the nearest heading, or of the title above all headings.
    own, overlap: share in [0, 1] of the question's weighted terms in the span itself; and with
        half of the weight for terms that only its surroundings have.
    score: how well it answers, about 0 to 1; compares spans of one question.
    relevance: in [0, 1]; compares across questions.
    """

    rank: int
    index: int
    passage: LivePassage
    sentence: Sentence
    text: str
    terms: frozenset[int]
    item: tuple[int, int | None] | None
    heading: str
    asked: int | None = None
    asks: bool = False
    intro: int | None = None
    label: int | None = None
    unfit: bool = False
    quotable: bool = True
    can_lead: bool = True
    example: bool = False
    context: frozenset[int] = frozenset()
    heading_terms: frozenset[int] = frozenset()
    cosine: float = 0.0
    own: float = 0.0
    overlap: float = 0.0
    score: float = 0.0
    relevance: float = 0.0

    @property
    def kind(self) -> SentenceKind:
        """What the span is."""
        return self.sentence.kind

    @property
    def dangling(self) -> bool:
        """Whether it starts with a reference to the sentence before it."""
        return refers_back(self.text)

    @property
    def list_key(self) -> tuple[str, int]:
        """The same for spans of one list, table, code block or paragraph, over passages too."""
        return self.passage.document_id, self.sentence.group


@dataclass(slots=True, kw_only=True, eq=False)
class PassageReading:
    """A hit with its spans read. above: the terms of its title and of the headings above it."""

    hit: Hit
    rank: int
    above: frozenset[int]
    spans: list[SpanReading] = field(default_factory=list)


def read_hits(hits: Sequence[Hit]) -> list[PassageReading]:
    """Every hit with its spans in place, not yet scored, in the order of the hits."""
    return [_in_place(hit, rank) for rank, hit in enumerate(hits)]


@lru_cache(maxsize=4_096)
def is_heading_of(pattern: re.Pattern[str], heading: str) -> bool:
    """Whether a heading matches a pattern, from a cache: headings repeat."""
    return bool(pattern.match(heading))


def _in_place(hit: Hit, rank: int) -> PassageReading:
    live = hit.passage
    path = live.passage.heading_path
    heading = path[-1] if path else ""
    above = term_set(" ".join((live.title, *path)))
    reading = PassageReading(hit=hit, rank=rank, above=above)
    heading_cosine = 0.0
    context, planted = above, list[int]()
    named = term_set(heading or live.title)
    suspect = may_be_planted(live.passage.text)
    for index, sentence in enumerate(live.passage.sentences):
        text = live.sentence_text(sentence)
        if sentence.kind is SentenceKind.HEADING:
            heading, heading_cosine = text, float(hit.sentence_cosines[index])
            named = term_set(text)
            context = above | named
        hostile = suspect and is_planted(text)
        if hostile:
            planted.append(index)
        unfit = hostile or is_unfit(sentence.kind, text)
        own = float(hit.sentence_cosines[index])
        span = SpanReading(
            rank=rank,
            index=index,
            passage=live,
            sentence=sentence,
            text=text,
            terms=term_set(text),
            item=item_marker(live, sentence),
            heading=heading,
            unfit=unfit,
            quotable=not unfit,
            context=context,
            heading_terms=named,
            cosine=max(own, 0.65 * own + 0.35 * heading_cosine),
        )
        reading.spans.append(span)
    spans = reading.spans
    for span in spans:
        if is_heading_of(_NOTHING_TO_QUOTE, span.heading):
            span.quotable = False
    for index in planted:
        for span in _planter_of(spans, index):
            span.unfit, span.quotable = True, False
    _find_examples(spans)
    _find_questions(spans)
    _find_intros(spans)
    _find_labels(spans)
    for span in spans:
        if is_question(span.text) and span.kind is not SentenceKind.STEP:
            span.quotable = False
    return reading


def _planter_of(spans: list[SpanReading], index: int) -> list[SpanReading]:
    """The paragraph or list item that an order stands in: it is all that attack's. Of a table or
    code only the row or line.
    """
    planted = spans[index]
    if planted.kind not in WORDY:
        return [planted]
    start, end = index, index + 1
    while start and planted.item is None and _goes_on(spans[start - 1], spans[start]):
        start -= 1
        if spans[start].item is not None:
            break
    while end < len(spans) and spans[end].item is None and _goes_on(spans[end - 1], spans[end]):
        end += 1
    return spans[start:end]


def _goes_on(before: SpanReading, after: SpanReading) -> bool:
    return before.sentence.group == after.sentence.group and after.kind is before.kind


def _find_examples(spans: list[SpanReading]) -> None:
    group, heading, within, below = -1, "", False, False
    for span in spans:
        if span.sentence.group != group:
            group, within = span.sentence.group, False
        if span.heading != heading:
            heading = span.heading
            below = is_heading_of(_EXAMPLE_HEADING, heading)
        if not within and span.kind is SentenceKind.PROSE:
            within = leads_into_example(span.text)
        span.example = within or below


def _find_labels(spans: list[SpanReading]) -> None:
    label: SpanReading | None = None
    for place, span in enumerate(spans):
        before = spans[place - 1] if place else None
        opens = (
            before is None
            or before.sentence.group != span.sentence.group
            or span.item is not None
            or before.asks
        )
        if opens:
            label = span if _is_label(span) else None
        elif label is not None and span.quotable:
            span.label = label.index
            label.can_lead = False


def _is_label(span: SpanReading) -> bool:
    return (
        span.kind in WORDY
        and span.quotable
        and len(span.text) <= _LABEL_CHARS
        and len(span.text.split()) <= _LABEL_WORDS
        and span.text.endswith((".", ":", "!"))
        and not is_short_answer(span.text)
        and not tells_what_to_do(span.text)
    )


def _find_questions(spans: list[SpanReading]) -> None:
    """Marks the question lines of an FAQ, and what answers them."""
    start = 0
    pending: int | None = None
    while start < len(spans):
        end = start
        while end < len(spans) and spans[end].sentence.group == spans[start].sentence.group:
            end += 1
        block = spans[start:end]
        kind = block[0].kind
        prose = [span for span in block if span.kind is not SentenceKind.HEADING]
        if kind is SentenceKind.HEADING and not prose:
            pending = None
            start = end
            continue
        if prose and prose[0].kind is SentenceKind.PROSE:
            pending = _questions_of(prose, pending)
        elif pending is not None:
            for span in prose:
                span.asked = pending
        start = end


def _questions_of(block: list[SpanReading], pending: int | None) -> int | None:
    """Marks a paragraph's questions; returns the one that the next paragraph answers."""
    first = next((place for place, span in enumerate(block) if is_question(span.text)), None)
    line: int | None = None
    if first is not None and first < _QUESTION_LINE_SPANS:
        line = first
    elif first is None and len(block) > 1 and _FAQ_HEADING.search(block[0].heading):
        line = 0  # "The card has expired. Refund as usual."
    if line is None:
        for span in block:
            span.asked = pending
        return pending
    for span in block[: line + 1]:
        span.asks, span.quotable = True, False
    asked = block[line].index
    for span in block[line + 1 :]:
        if is_question(span.text):
            asked = span.index
            span.asks = True
        else:
            span.asked = asked
    return asked if block[-1].asks else None


def _find_intros(spans: list[SpanReading]) -> None:
    """Finds the sentence in front of each list, table or code block."""
    lead: int | None = None
    outer: int | None = None
    for span in spans:
        if span.kind is SentenceKind.HEADING:
            lead = outer = None
        elif span.kind is SentenceKind.PROSE:
            lead = span.index if _leads_in(span) else None
            outer = lead
        elif span.kind in _LISTED:
            span.intro = outer
            if span.item is not None or span.text.rstrip().endswith(":"):
                lead = span.index
        else:
            before = spans[span.index - 1] if span.index else None
            if before is not None and before.sentence.group == span.sentence.group:
                span.intro = before.intro
            else:
                span.intro = lead if lead is not None and span.index - lead <= 3 else None


def _leads_in(span: SpanReading) -> bool:
    return len(span.text) <= _INTRO_CHARS and not span.asks and span.quotable
