"""The writer that needs no model: picks, orders and quotes the sentences that answer."""

from __future__ import annotations

from collections.abc import Sequence

from engine.generation.answer_fit import AMOUNTS, answer_fit
from engine.generation.blocks import FACT_SENTENCES, LISTED, Blocks, is_whole_sentence
from engine.generation.draft import Draft
from engine.generation.question_form import AnswerKind, QuestionForm
from engine.generation.quotation import quote, torn_parts
from engine.generation.reading import Reading, read
from engine.generation.selection import Selection
from engine.generation.span_reading import PassageReading, SpanReading
from engine.generation.unfit_spans import is_short_answer
from engine.generation.word_terms import term_set
from engine.knowledge.document import SentenceKind
from engine.question import Question
from engine.retrieval.hit import Hit

_WHOLE_LISTS = (AnswerKind.HOW_TO, AnswerKind.TROUBLESHOOTING, AnswerKind.LIST)
_FLOOR = 0.15  # relevance below which not even the best span bears on the question
_EXTRA = 0.75  # how near to the best one a further sentence has to be
_OWN_FIT = 0.55  # share of the best sentence's relevance
_OWN_FIT_ELSEWHERE = 0.85
_PART_TERMS, _PART_KIND = 0.3, 0.1
_OTHER_DOCUMENT = 0.08  # how much better another document has to answer a part
_MOST_DOCUMENTS = 2
_AS_AMOUNT = 0.85  # the same for one without an amount, beside one that states it
_TORN_STEP = 0.92
_NEIGHBOUR = 0.04
_SAME_ANSWER = 0.08
_EQUAL_SUPPORT = 0.985
_NEW_TERMS = 0.2


class ExtractiveWriter:
    """Answers by quotation; pure and deterministic, and it calls no model."""

    def write(
        self,
        question: Question,
        hits: Sequence[Hit],
        *,
        max_sentences: int,
    ) -> Draft:
        """The few sentences of the hits that answer, in reading order; empty if none bears on it.

        Text is verbatim apart from whitespace, list and emphasis marks, and a row's column names.

        hits: best first, at most 8 are read.
        max_sentences: at most so many sentences, items and rows. A procedure, a list that was
            asked for and a code block are never cut by it, since part of one misleads.
        """
        return self.write_from(read(question, hits), max_sentences=max_sentences)

    def write_from(self, reading: Reading, *, max_sentences: int) -> Draft:
        """The same from hits that were read already."""
        if not reading.form.weights:
            return Draft(sentences=())
        return _Answer(reading.form, reading.passages, max(1, max_sentences)).draft()


class _Answer:
    """The choice of spans for one question."""

    def __init__(
        self, form: QuestionForm, readings: Sequence[PassageReading], max_sentences: int
    ) -> None:
        self._form = form
        self._readings = readings
        self._limit = max_sentences
        self._selection = Selection()
        self._blocks = Blocks(form, readings, self._selection, max_sentences)
        titles = (term_set(reading.hit.passage.title) for reading in readings)
        self._said_already = frozenset(form.weights).union(*titles)

    def draft(self) -> Draft:
        candidates = self._candidates()
        for best in candidates:
            if best.relevance < _FLOOR:
                break
            if self._answer_with(best, candidates):
                break
        return Draft(sentences=tuple(quote(self._selection.ordered(), self._readings, self._form)))

    def _candidates(self) -> list[SpanReading]:
        spans = [
            span
            for reading in self._readings
            for span in reading.spans
            if span.quotable and span.can_lead and not is_short_answer(span.text)
        ]
        return sorted(spans, key=lambda span: (-span.score, span.rank, span.index))

    def _answer_with(self, best: SpanReading, candidates: Sequence[SpanReading]) -> bool:
        """Builds the answer around `best`; False where it cannot stand."""
        if self._form.kind in _WHOLE_LISTS:
            procedure = self._blocks.procedure(best, candidates)
            if procedure is not None:
                self._blocks.take_list(procedure)
                return True
        reading = self._readings[best.rank]
        if best.kind in LISTED:
            asked = self._form.kind is AnswerKind.LIST or self._form.wants_all
            if asked and self._blocks.is_about(best):
                self._blocks.take_list(best)
                return True
            self._blocks.take_item(reading, best)
        elif best.kind is SentenceKind.ROW:
            self._blocks.take_rows(reading, best)
        elif best.kind is SentenceKind.CODE:
            self._blocks.take_code(reading, best)
        elif best.text.rstrip().endswith(":"):
            return self._blocks.take_led(reading, best)
        elif not self._take_prose(reading, best):
            return False
        self._add_more(best, candidates)
        return True

    # --- sentences

    def _take_prose(self, reading: PassageReading, span: SpanReading) -> bool:
        """A sentence, with the one before it where it refers to that."""
        chain = self._chain(reading, span)
        if not chain:
            return False
        before, _ = torn_parts(reading.spans, chain[0])
        _, after = torn_parts(reading.spans, chain[-1])
        torn = [*before, *chain, *after]
        if any(not part.quotable for part in torn):
            return False
        for link in torn:
            self._selection.put(link, "prose", max(link.relevance, 0.9 * span.relevance))
        return True

    def _chain(self, reading: PassageReading, span: SpanReading) -> list[SpanReading]:
        """The span and what it refers back to, in order; empty where that cannot be quoted."""
        chain = [span]
        while chain[0].dangling and len(chain) <= 2:
            head = chain[0]
            before = reading.spans[head.index - 1] if head.index else None
            joined = (
                before is not None
                and before.sentence.group == head.sentence.group
                and before.kind is head.kind
                and head.item is None
            )
            if joined and before is not None and before.quotable:
                if is_short_answer(before.text):
                    break  # "No. It ...": quoted with its sentence
                chain.insert(0, before)
                continue
            if head.asked is not None or self._blocks.heading_match(head) >= 0.5:
                break  # it refers to what was asked
            return []
        return [] if chain[0].dangling and len(chain) > 2 else chain

    def _add_more(self, best: SpanReading, candidates: Sequence[SpanReading]) -> None:
        """Further sentences: what else was asked, what completes the answer, equal support."""
        parts = self._form.parts
        room = min(self._limit, FACT_SENTENCES + len(parts) - 1)
        for part in parts:
            if len(parts) > 1 and len(self._selection) < room:
                self._add_part(best, candidates, part.kind, part.terms)
        for span in candidates:
            if len(self._selection) >= room:
                return
            if span.score < (_EXTRA - _SAME_ANSWER) * best.score - _NEIGHBOUR:
                break
            if self._belongs(span, best):
                self._add(span, room)

    def _belongs(self, span: SpanReading, best: SpanReading) -> bool:
        if span.kind is SentenceKind.CODE or not span.can_lead:
            return False
        if span.example and not best.example:
            return False
        if span.terms <= self._said_already:
            return False  # "Forgotten passwords: Password FAQ.": it points, and says nothing
        if None not in (span.asked, best.asked) and not _answers_the_same(span, best):
            return False  # the answer to another question of an FAQ
        if span.kind is SentenceKind.STEP and span.score < _TORN_STEP * best.score:
            return False  # a step torn out of its procedure rarely completes anything
        elsewhere = span.kind in LISTED and span.list_key != best.list_key
        if elsewhere and not is_whole_sentence(span.text):
            return False  # a fragment of another list
        kind = self._form.kind
        weak = kind in AMOUNTS and span.score < _AS_AMOUNT * best.score
        if weak and answer_fit(kind, best.text) and not answer_fit(kind, span.text):
            return False
        same_document = span.passage.document_id == best.passage.document_id
        same_passage = span.rank == best.rank
        value = span.score
        if same_passage and span.sentence.group == best.sentence.group:
            if best.kind is SentenceKind.ROW:
                return False  # its table's rows were chosen together
            if abs(span.index - best.index) == 1:
                value += _NEIGHBOUR * best.score
            if span.asked is not None and span.asked == best.asked:
                value += _SAME_ANSWER * best.score
        if value < _EXTRA * best.score:
            return False
        # The passage's rank lifts all its spans; a sentence also has to fit by itself.
        answers_too = span.asked is not None and span.asked == best.asked
        needed = _OWN_FIT if same_passage else _OWN_FIT_ELSEWHERE
        if span.relevance < needed * best.relevance and not (same_passage and answers_too):
            return False
        if same_passage:
            return True
        homes = {pick.span.passage.document_id for pick in self._selection.picks}
        if span.passage.document_id not in homes and len(homes) >= _MOST_DOCUMENTS:
            return False
        new = self._new_terms(span)
        if same_document:
            apart = abs(span.passage.passage.ordinal - best.passage.passage.ordinal)
            return new >= (0.0 if apart == 1 and span.heading == best.heading else _NEW_TERMS / 2)
        return new >= _NEW_TERMS or (
            value >= _EQUAL_SUPPORT * best.score and span.relevance >= best.relevance
        )

    def _new_terms(self, span: SpanReading) -> float:
        """Share of the question's words that this span has and the chosen ones lack."""
        had: frozenset[int] = frozenset().union(
            *(pick.span.terms | pick.span.context for pick in self._selection.picks)
        )
        weights = self._form.weights
        total = sum(weights.values()) or 1.0
        return sum(weights[term] for term in (span.terms - had) & weights.keys()) / total

    def _add_part(
        self,
        best: SpanReading,
        candidates: Sequence[SpanReading],
        kind: AnswerKind,
        terms: frozenset[int],
    ) -> None:
        """The span that answers one part best, unless one that was chosen answers it."""

        def value(span: SpanReading) -> float:
            share = len(span.terms & terms) / len(terms) if terms else 0.0
            return span.score + _PART_TERMS * share + _PART_KIND * answer_fit(kind, span.text)

        chosen = max((value(pick.span) for pick in self._selection.picks), default=0.0)
        near = [span for span in candidates[:24] if span.score >= 0.6 * best.score]
        home = [span for span in near if span.passage.document_id == best.passage.document_id]
        for pool, margin in ((home, 0.0), (near, _OTHER_DOCUMENT)):
            top = max(pool, key=value, default=None)
            if top is not None and value(top) > chosen + margin:
                self._add(top, self._limit)
                return

    def _add(self, span: SpanReading, room: int) -> bool:
        if self._selection.says(span):
            return False
        reading = self._readings[span.rank]
        if span.kind is SentenceKind.PROSE:
            if span.text.rstrip().endswith(":"):
                return False
            chain = self._chain(reading, span)
            if not chain or len(self._selection) + len(chain) > room:
                return False
            return self._take_prose(reading, span)
        if span.kind in LISTED:
            if span.text[:1].islower() and span.intro is None:
                return False  # a fragment of a sentence that is not at hand
            self._blocks.take_item(reading, span)
        elif span.kind is SentenceKind.ROW:
            self._selection.put(span, "row", span.relevance)
        else:
            return False
        return True


def _answers_the_same(span: SpanReading, best: SpanReading) -> bool:
    return span.rank == best.rank and span.asked == best.asked
