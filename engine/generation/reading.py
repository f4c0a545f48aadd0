"""A question and what was found for it, read once for everyone who judges it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.generation.question_form import QuestionForm, read_question
from engine.generation.span_reading import PassageReading, SpanReading, read_hits
from engine.generation.span_score import score
from engine.knowledge.document import SentenceKind
from engine.question import Question
from engine.retrieval.hit import Hit

_MOST_HITS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """form: what is asked. passages: the hits, best first, their spans scored."""

    form: QuestionForm
    passages: Sequence[PassageReading]

    def quotable(self) -> list[SpanReading]:
        """Spans that say something for themselves, best first."""
        spans = [
            span
            for reading in self.passages
            for span in reading.spans
            if span.quotable and span.kind is not SentenceKind.HEADING
        ]
        return sorted(spans, key=lambda span: (-span.score, span.rank, span.index))


def read(question: Question, hits: Sequence[Hit]) -> Reading:
    """Reads at most 8 hits; a pure function."""
    form, passages = read_question(question), read_hits(hits[:_MOST_HITS])
    score(form, passages)
    return Reading(form=form, passages=passages)
