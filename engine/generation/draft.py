"""A proposed answer: sentences, each with the spans it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from engine.knowledge.document import Sentence
from engine.retrieval.passage import LivePassage


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A sentence of a passage, as a source."""

    passage: LivePassage
    sentence: Sentence

    @property
    def text(self) -> str:
        """The span's verbatim text."""
        return self.passage.sentence_text(self.sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSentence:
    """One sentence of a draft.

    text: Markdown without citation marks: a sentence, a list item without its marker, a table
        row as "Column: value; ...", or a code block with its fence.
    layout: how it is set: "prose", "step" (numbered on), "bullet", "row", "code".
    spans: what it rests on; the first is the main one. Empty only for a sentence of a model that
        named no passage, which its check drops.
    relevance: in [0, 1], how well it fits the question; 1 is best.
    block: number of the paragraph, list or table in which its writer set it; None where that is
        read from the spans, as for quotes. number: of a step as its writer numbered it, else 0.
    """

    text: str
    layout: str
    spans: tuple[Span, ...]
    relevance: float
    block: int | None = None
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """What a writer says when the passages do not answer, or not the whole question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Sentences in reading order; empty when nothing answers."""

    sentences: tuple[DraftSentence, ...]
