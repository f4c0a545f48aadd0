"""A person's answer, quoted whole: a part of it might say something else."""

from __future__ import annotations

from itertools import groupby

from engine.generation.draft import DraftSentence, Span
from engine.generation.span_text import code_text, item_marker, plain_text
from engine.knowledge.document import Sentence, SentenceKind
from engine.retrieval.lexical import words
from engine.retrieval.passage import LivePassage

_LAYOUTS = {SentenceKind.STEP: "step", SentenceKind.BULLET: "bullet"}


def whole_answer(live: LivePassage) -> tuple[DraftSentence, ...]:
    """Every sentence of the passage but the question that it opens with, in order."""
    said = live.passage.sentences[1:]
    drafted: list[DraftSentence] = []
    for (kind, _), found in groupby(said, key=lambda s: (s.kind, s.group)):
        sentences = list(found)
        if kind is SentenceKind.CODE:
            drafted.append(_drafted(live, sentences, code_text(_texts(live, sentences)), "code"))
            continue
        for sentence in sentences:
            text = plain_text(live.sentence_text(sentence))
            if words(text):
                opens = item_marker(live, sentence) is not None
                layout = _LAYOUTS.get(kind, "prose") if opens else "prose"
                drafted.append(_drafted(live, [sentence], text, layout))
    return tuple(drafted)


def _texts(live: LivePassage, sentences: list[Sentence]) -> list[str]:
    return [live.sentence_text(sentence) for sentence in sentences]


def _drafted(live: LivePassage, sentences: list[Sentence], text: str, layout: str) -> DraftSentence:
    spans = tuple(Span(passage=live, sentence=sentence) for sentence in sentences)
    return DraftSentence(text=text, layout=layout, spans=spans, relevance=1.0)
