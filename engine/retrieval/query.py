"""What of a question is searched for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.question import Question, Role
from engine.retrieval.index import SparseVector
from engine.retrieval.lexical import terms

_LONGEST_CONTEXT = 2000
_FOCUS_WEIGHT = 2.0
"""What the subject says counts twice; measured on tickets with a subject and a body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryText:
    """A text that is searched for. focus: its subject or first line; empty if it is one line."""

    whole: str
    focus: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryTexts:
    """The texts a question is searched by.

    last: what the asker wrote this time. joined: the asker's turn before and this one, for a
    question that follows up; None without history.
    """

    last: QueryText
    joined: QueryText | None


def query_texts(question: Question) -> QueryTexts:
    """The texts to search a question by."""
    parts = [part for part in (question.subject, question.text, question.body) if part.strip()]
    whole = "\n\n".join(dict.fromkeys(parts))
    first, _, rest = whole.partition("\n")
    focus = first.strip() if rest.strip() else ""
    before = [
        turn.text for turn in question.history if turn.role is Role.USER and turn.text.strip()
    ]
    last = QueryText(whole=whole, focus=focus)
    if not before:
        return QueryTexts(last=last, joined=None)
    joined = f"{before[-1][-_LONGEST_CONTEXT:]}\n{whole}"
    return QueryTexts(last=last, joined=QueryText(whole=joined, focus=""))


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryTerms:
    """A text's terms. sequence: in order, with repeats. ids: sorted, distinct; weights: of each,
    before IDF. in_focus: which of them stand in the focus, all where there is none."""

    sequence: NDArray[np.uint32]
    ids: NDArray[np.uint32]
    weights: NDArray[np.float32]
    in_focus: NDArray[np.bool_]

    def sparse(self) -> SparseVector:
        """The query vector; the index multiplies by IDF."""
        return SparseVector(indices=self.ids, values=self.weights)


def query_terms(text: QueryText) -> QueryTerms:
    """The terms of a text, those of its focus counting twice."""
    sequence = terms(text.whole)
    ids = np.unique(sequence)
    focus = np.isin(ids, terms(text.focus)) if text.focus else np.ones(len(ids), bool)
    if not focus.any():
        focus = np.ones(len(ids), bool)
    weights = np.where(focus, _FOCUS_WEIGHT, 1.0).astype(np.float32)
    return QueryTerms(sequence=sequence, ids=ids, weights=weights, in_focus=focus)
