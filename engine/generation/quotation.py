"""Chosen spans -> the sentences of a draft."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.generation.draft import DraftSentence, Span
from engine.generation.question_form import QuestionForm
from engine.generation.span_reading import PassageReading, SpanReading
from engine.generation.span_text import code_text, plain_text, row_text
from engine.generation.table_rows import shown_columns
from engine.generation.unfit_spans import is_short_answer
from engine.knowledge.document import SentenceKind

_LISTED = (SentenceKind.STEP, SentenceKind.BULLET)
_TORN = re.compile(r"(?:,|\b(?:the|an?|of|to|and|or|with|for|in|on|by|from|at|your|our|this))$")
_STOPS = (".", "!", "?", ":", ";", ")", "]", '"', "”", "’", "`", "。", "…")
_LINE_OF_A_PAGE = 50  # characters from which an unfinished line is a sentence's, not a title
_SURE_QUESTION = 0.6


@dataclass(slots=True, kw_only=True, eq=False)
class Pick:
    """A span chosen for the draft. layout: as DraftSentence's; relevance: of its block."""

    span: SpanReading
    layout: str
    relevance: float


def layout_of(span: SpanReading, *, ordered: bool, base: int) -> str:
    """A span's layout in a list. ordered: whether the list is numbered; base: its indent."""
    if span.kind is SentenceKind.CODE:
        return "code"
    if span.kind is SentenceKind.ROW:
        return "row"
    if span.item is None:
        return "prose"
    return "step" if ordered and span.item[0] <= base else "bullet"


def quote(
    picks: Sequence[Pick], readings: Sequence[PassageReading], form: QuestionForm
) -> Iterable[DraftSentence]:
    """The draft\'s sentences for spans in reading order; what one line holds becomes one."""
    place = 0
    told = {(pick.span.passage.id, pick.span.index) for pick in picks}
    while place < len(picks):
        pick = picks[place]
        span = pick.span
        source = Span(passage=span.passage, sentence=span.sentence)
        sources: tuple[Span, ...] = (source,)
        place += 1
        if pick.layout == "code":
            parts = [span.text]
            while place < len(picks) and picks[place].span.list_key == span.list_key:
                parts.append(picks[place].span.text)
                sources += (
                    Span(passage=picks[place].span.passage, sentence=picks[place].span.sentence),
                )
                place += 1
            text = code_text(parts)
        elif pick.layout == "row":
            text = row_text(span.sentence, span.text, keep=shown_columns(span, form.weights))
        else:
            text = plain_text(span.text)
            for opener in _openers(readings[span.rank], span, told):
                text = f"{plain_text(opener.text)} {text}"
                sources += (Span(passage=opener.passage, sentence=opener.sentence),)
            while place < len(picks) and _goes_on(picks[place - 1].span, picks[place].span):
                text = f"{text} {plain_text(picks[place].span.text)}"
                sources += (
                    Span(passage=picks[place].span.passage, sentence=picks[place].span.sentence),
                )
                place += 1
        yield DraftSentence(
            text=text, layout=pick.layout, spans=sources, relevance=min(1.0, pick.relevance)
        )


def _openers(
    reading: PassageReading, span: SpanReading, told: set[tuple[str, int]]
) -> Iterable[SpanReading]:
    """What goes in front of a sentence on its line, nearest first: the "Yes." or "No." of an
    FAQ's answer where its question is the one asked, and its paragraph's run-in title.

    told: passage and index of what the draft says anyway; what is yielded is added.
    """
    if span.asked is not None and span.index:
        before = reading.spans[span.index - 1]
        sure = float(reading.hit.sentence_cosines[span.asked]) >= _SURE_QUESTION
        if sure and is_short_answer(before.text):
            yield before
    if span.label is not None and (span.passage.id, span.label) not in told:
        told.add((span.passage.id, span.label))
        yield reading.spans[span.label]


def _goes_on(span: SpanReading, following: SpanReading) -> bool:
    """Whether a line break, a page's edge or an abbreviation tore one sentence into these two."""
    if (
        following.item is not None
        or following.index != span.index + 1
        or following.list_key != span.list_key
        or span.passage.id != following.passage.id
        or span.kind not in (SentenceKind.PROSE, *_LISTED)
    ):
        return False
    text = span.text.rstrip()
    if text.count("(") > text.count(")") and ")" in following.text:
        return True
    if text.endswith(_STOPS):
        return False
    return following.text[:1].islower() or bool(_TORN.search(text)) or len(text) >= _LINE_OF_A_PAGE


def torn_parts(
    spans: Sequence[SpanReading], span: SpanReading
) -> tuple[list[SpanReading], list[SpanReading]]:
    """The torn-off beginning and end of the sentence that a span is a part of."""
    before: list[SpanReading] = []
    after: list[SpanReading] = []
    head = tail = span.index
    while head and len(before) < 2 and _goes_on(spans[head - 1], spans[head]):
        head -= 1
        before.insert(0, spans[head])
    while tail + 1 < len(spans) and len(after) < 2 and _goes_on(spans[tail], spans[tail + 1]):
        tail += 1
        after.append(spans[tail])
    return before, after
