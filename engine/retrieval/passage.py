"""A stored passage: what ranking reads of it, and what an answer quotes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.knowledge.document import Passage, Sentence
from engine.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageVectors:
    """What ranking reads of a passage.

    dense: float16 unit vector, shape (dimension,).
    sentences: int8, shape (number of sentences, dimension); a cosine is dot / 127.
    terms: uint32 terms of the text in order; title_terms: of title and headings.
    """

    dense: NDArray[np.float16]
    sentences: NDArray[np.int8]
    terms: NDArray[np.uint32]
    title_terms: NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentVectors:
    """What ranking reads of a whole document.

    centroid: float16, shape (dimension,): the normalised mean of its passages' vectors.
    terms: uint32, sorted, unique, of title, headings and text; counts: uint16, same length.
    title_terms: uint32, sorted, unique.
    """

    centroid: NDArray[np.float16]
    terms: NDArray[np.uint32]
    counts: NDArray[np.uint16]
    title_terms: NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A live passage as ranking sees it, with its document's rights.

    opens_with_question: it is a person's answer, whose first sentence is the question as asked.
    trust: the tier of its source.
    """

    id: str
    document_id: str
    ordinal: int
    audience: tuple[str, ...]
    category: str | None
    vectors: PassageVectors
    opens_with_question: bool = False
    trust: Trust = Trust.TEAM


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePassage:
    """A live passage as an answer quotes it.

    byline: who answered and when, of a person's answer, whose one passage opens with the question;
    None elsewhere. trust: the tier of its source.
    """

    id: str
    passage: Passage
    document_id: str
    document_name: str
    title: str
    url: str | None
    category: str | None
    audience: tuple[str, ...]
    byline: str | None = None
    trust: Trust = Trust.TEAM

    def sentence_text(self, sentence: Sentence) -> str:
        """The verbatim text of one of the passage's spans."""
        return self.passage.text[sentence.start : sentence.end]
