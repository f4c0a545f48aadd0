"""How well each span of the hits answers the question."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from engine.generation.answer_fit import AMOUNTS, answer_fit, defines
from engine.generation.question_form import AnswerKind, QuestionForm
from engine.generation.sentence_opening import condition_of, leads_into_example
from engine.generation.span_reading import (
    WORDY,
    PassageReading,
    SpanReading,
    is_heading_of,
)
from engine.generation.unfit_spans import is_about_itself, is_pointer, is_template
from engine.generation.word_terms import term_set
from engine.knowledge.document import SentenceKind

_SYMPTOM_HEADING = re.compile(
    r"^\W*(?:symptoms?|problems?|issues?|abstract|problem ?\(?abstract\)?|error(?: message)?s?"
    r"|environment|introduction|background|summary)\W*$",
    re.IGNORECASE,
)
_REMEDY_HEADING = re.compile(
    r"^\W*(?:resolv\w+(?: the (?:problem|issue))?|resolutions?|solutions?|workarounds?|fix(?:es)?"
    r"|answers?|remed\w+|mitigations?|causes?|what to do|next steps?"
    r"|(?:problem )?solution)\b.{0,30}$",
    re.IGNORECASE,
)
_COSINE, _OVERLAP, _FIT, _RETRIEVAL = 0.5, 0.3, 0.1, 0.5
_FAQ_COSINE = 0.9  # how much of a question line's cosine its answer inherits
_INTRO_COSINE = 0.35
_LABEL_COSINE = 0.25
_SURROUNDINGS = 0.85  # what a term counts that stands only above or before the span
_IDENTIFIER = 0.12
_KEY = 0.10
_DEFINES = 0.1
_ABOUT_ITSELF = 0.2
_SPECIAL_CASE = 0.1
# Kinds that the conditions of special cases answer.
_CONDITIONAL = (AnswerKind.YES_NO, AnswerKind.TROUBLESHOOTING, AnswerKind.REASON)
_UNASKED_CODE = 0.1
_IN_EXAMPLE = 0.15
_SECTION = 0.1
_COVERED = 0.25
_NEAR = 0.55  # below this share of the best, a span's marks and bonuses no longer matter
_SYMPTOM, _REMEDY = 0.12, 0.08
_AMOUNT_FIT = 0.2
_WANTS_REMEDY = (
    AnswerKind.TROUBLESHOOTING,
    AnswerKind.HOW_TO,
    AnswerKind.REASON,
    AnswerKind.UNKNOWN,
    AnswerKind.YES_NO,
)
_UNFINISHED = 0.06
_STOPS = (".", "!", "?", ":", ";", ")", "]", '"', "”", "’", "`", "。")
_LEAST_NEWS = 2
_ECHO = 0.2
_ASK_FOR_NEWS = (*AMOUNTS, AnswerKind.DATE, AnswerKind.DEFINITION)
_NAME_WORDS = 6


def score(form: QuestionForm, readings: Sequence[PassageReading]) -> None:
    """Sets how well each quotable span answers: own, overlap, score, relevance, can_lead.

    A weighted sum of the sentence's cosine, the question's terms in it (rare ones count more)
    and around it, the shape of the answer wanted, and the passage's rank; nothing is trained.
    """
    spans = [span for reading in readings for span in reading.spans]
    if not spans:
        return
    asked = frozenset(form.weights)
    frequency, covered = dict.fromkeys(form.weights, 0), dict.fromkeys(form.weights, 0)
    for span in spans:
        for term in span.terms & asked:
            frequency[term] += 1
    for reading in readings:
        for term in reading.above & asked:
            covered[term] += 1
    # Rarity among the spans at hand: the corpus's own counts are not here, and what tells these
    # spans apart is what matters. So a word counts for less that stands above most of them.
    most = math.log1p(len(spans) / 1.5)
    weights = {
        term: weight
        * min(most, math.log1p(len(spans) / (frequency[term] + 0.5)))
        * (1 - _COVERED * covered[term] / len(readings))
        for term, weight in form.weights.items()
    }
    total = sum(weights.values()) or 1.0
    sections: dict[frozenset[int], float] = {}
    for reading in readings:
        for span in reading.spans:
            if not span.quotable:
                continue
            if span.heading_terms not in sections:
                sections[span.heading_terms] = match(span.heading_terms, form.weights)
            _score_span(span, reading, asked, weights, total, sections[span.heading_terms])
    telling = frozenset(t for t in form.identifiers if 2 * covered[t] <= len(readings))
    scored = [span for span in spans if span.quotable]
    near = _NEAR * max((span.score for span in scored), default=0.0)
    for span in scored:
        if span.score >= near:
            _refine(span, form, telling)
    if form.asks_for(*_WANTS_REMEDY):
        _prefer_remedies(spans)


def _prefer_remedies(spans: Sequence[SpanReading]) -> None:
    """Where an article has a section for the symptom and one for what helps, moves the fit of the
    first, which repeats the question, to the second, which answers it."""
    symptoms: dict[str, float] = {}
    for span in spans:
        if span.quotable and is_heading_of(_SYMPTOM_HEADING, span.heading):
            document = span.passage.document_id
            symptoms[document] = max(symptoms.get(document, 0.0), span.score)
            span.score -= _SYMPTOM
    for span in spans:
        if span.quotable and is_heading_of(_REMEDY_HEADING, span.heading):
            described = symptoms.get(span.passage.document_id, span.score)
            span.score = max(span.score, 0.6 * span.score + 0.4 * described) + _REMEDY


def _score_span(
    span: SpanReading,
    reading: PassageReading,
    asked: frozenset[int],
    weights: dict[int, float],
    total: float,
    section: float,
) -> None:
    near = span.context
    cosine = span.cosine
    spans = reading.spans
    if span.asked is not None:
        line = spans[span.asked]
        near = near | line.terms
        cosine = max(cosine, _FAQ_COSINE * float(reading.hit.sentence_cosines[line.index]))
    if span.intro is not None:
        lead = spans[span.intro]
        near = near | lead.terms
        led = (1 - _INTRO_COSINE) * cosine + _INTRO_COSINE * lead.cosine
        cosine = max(cosine, led)
    if span.label is not None:
        name = spans[span.label]
        near = near | name.terms
        cosine = max(cosine, (1 - _LABEL_COSINE) * cosine + _LABEL_COSINE * name.cosine)
    if (
        span.intro is None
        and span.kind in WORDY
        and span.index
        and spans[span.index - 1].sentence.group == span.sentence.group
    ):
        near = near | spans[span.index - 1].terms
    if span.sentence.header:
        near = near | term_set(span.sentence.header)
    said = span.terms & asked
    own = sum(weights[term] for term in said)
    around = sum(weights[term] for term in (near & asked) - said)
    span.own = own / total
    span.overlap = min(1.0, (own + _SURROUNDINGS * around) / total)
    example = span.example or (
        span.intro is not None and leads_into_example(spans[span.intro].text)
    )
    span.score = (
        _COSINE * max(0.0, cosine) + _OVERLAP * span.overlap + _RETRIEVAL * reading.hit.score
    ) - (_IN_EXAMPLE if example else 0.0)
    span.score += _SECTION * section
    fitness = 0.6 * min(1.0, max(0.0, cosine) / 0.8) + 0.4 * span.overlap
    span.relevance = round(min(1.0, max(0.0, fitness)), 4)


def section_match(span: SpanReading, form: QuestionForm) -> float:
    """How far the span's section is about what was asked, see `match`."""
    return match(span.heading_terms, form.weights)


def match(named: frozenset[int], weights: Mapping[int, float]) -> float:
    """The harmonic mean of the shares of a heading's and of a question's words that the other
    has: 0 where they share none, 1 where they are the same."""
    common = named & weights.keys()
    if not common:
        return 0.0
    precision = len(common) / len(named)
    recall = sum(weights[term] for term in common) / sum(weights.values())
    return 2 * precision * recall / (precision + recall)


def foreign_condition(span: SpanReading, form: QuestionForm) -> float:
    """How much of the condition that a sentence opens with ("If you moved, ...") is
    neither in the question nor in the headings: then it answers for a case not asked about."""
    clause = "" if form.kind in _CONDITIONAL else condition_of(span.text)
    said = term_set(clause) if clause else frozenset()
    return len(said - form.weights.keys() - span.context) / len(said) if said else 0.0


def _refine(span: SpanReading, form: QuestionForm, telling: frozenset[int]) -> None:
    """What costs more to look at, for spans that may still be chosen."""
    score = span.score + max(
        (_AMOUNT_FIT if part.kind in AMOUNTS else _FIT) * answer_fit(part.kind, span.text)
        for part in form.parts
    )
    span.can_lead = span.can_lead and not is_pointer(span.text)
    if form.kind is AnswerKind.DEFINITION and defines(form.parts[0].terms, span.text):
        score += _DEFINES
    if telling & span.terms:
        score += _IDENTIFIER * len(telling & span.terms) / len(telling)
    if span.kind is SentenceKind.ROW:
        name = span.text.split(" | ", 1)[0]
        named = term_set(name)
        if named and len(named) <= _NAME_WORDS:
            score += _KEY * len(named & form.weights.keys()) / len(named)
    if span.kind is SentenceKind.CODE and not (
        form.wants_code or form.asks_for(AnswerKind.HOW_TO, AnswerKind.TROUBLESHOOTING)
    ):
        score -= _UNASKED_CODE
    score -= _SPECIAL_CASE * foreign_condition(span, form)
    if is_about_itself(span.text) or is_template(span.text):
        score -= _ABOUT_ITSELF
    if span.kind is SentenceKind.PROSE and not span.text.rstrip().endswith(_STOPS):
        score -= _UNFINISHED  # a title, a line of key words, a sentence that a page cut
    if span.kind in WORDY:
        news = len(span.terms - form.weights.keys())
        if news < _LEAST_NEWS:
            score -= _ECHO  # "FedRAMP package" says nothing to "What is FedRAMP?"
        if not news and form.kind in _ASK_FOR_NEWS:
            span.can_lead = False
    span.score = score
