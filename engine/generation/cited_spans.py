"""A sentence that a model wrote -> the spans of the cited passages that it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from engine.generation.draft import DraftSentence, Span
from engine.generation.sentence_stream import WrittenSentence
from engine.generation.word_terms import term_set
from engine.knowledge.document import SentenceKind
from engine.retrieval.hit import Hit

_LEAST_SHARE = 0.2  # of a sentence's terms that a further span has to add
_MOST_SPANS = 3


def with_spans(written: WrittenSentence, hits: Sequence[Hit]) -> DraftSentence:
    """The sentence with the spans that hold most of its terms, the main one first.

    hits: the passages as the model was shown them; mark n names the n-th. A mark that names none
    is ignored; without a valid one, or where no span shares a term, `spans` is empty.
    """
    cited = [hits[mark - 1] for mark in written.marks if 1 <= mark <= len(hits)]
    spans = _best_spans(term_set(written.text), cited)
    return DraftSentence(
        text=written.text,
        layout=written.layout,
        spans=tuple(span for span, _ in spans),
        relevance=max((score for _, score in spans), default=0.0),
        block=written.block,
        number=written.number,
    )


def _best_spans(wanted: frozenset[int], cited: Sequence[Hit]) -> list[tuple[Span, float]]:
    """Spans chosen one by one, each for the most terms that those before it lack."""
    candidates = [
        (Span(passage=hit.passage, sentence=sentence), hit.score)
        for hit in cited
        for sentence in hit.passage.passage.sentences
        if sentence.kind is not SentenceKind.HEADING
    ]
    terms = [term_set(f"{span.sentence.header} {span.text}") & wanted for span, _ in candidates]
    chosen: list[tuple[Span, float]] = []
    missing = wanted
    while candidates and missing and len(chosen) < _MOST_SPANS:
        best = max(range(len(candidates)), key=lambda n: (len(terms[n] & missing), -n))
        gain = len(terms[best] & missing)
        if gain == 0 or (chosen and gain < _LEAST_SHARE * len(wanted)):
            break
        chosen.append(candidates[best])
        missing -= terms[best]
    return chosen
