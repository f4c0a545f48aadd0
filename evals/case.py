"""A case: one question, and what is known about its right answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.audience import Audience
from engine.question import Question
from engine.trace import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question with its gold.

    kind: the set's own label, for breaking figures down.
    gains: gold documents by name with their gain; empty where there are none or none are known.
    answerable: whether the corpus answers the question; None where it is a matter of opinion,
        which leaves the case out of the figures about confidence.
    expected_outcome: None where the set does not say.
    expected_answer: a right answer in somebody's words; empty where there is none.
    must_contain, must_not_contain: strings that a right answer contains, and those that no text
        of an answer may contain, up to case and white space.
    category, priority: the right triage; None where the set does not say.
    tags: what figures are broken down by, besides kind.
    pages: gold (document name, 1-based page) pairs; empty in formats without pages.
    sentences: gold sentences, verbatim up to white space; empty where not marked.
    """

    question: Question
    audience: Audience
    kind: str
    gains: Mapping[str, float] = field(default_factory=dict)
    answerable: bool | None = None
    expected_outcome: Outcome | None = None
    expected_answer: str = ""
    must_contain: tuple[str, ...] = ()
    must_not_contain: tuple[str, ...] = ()
    category: str | None = None
    priority: str | None = None
    tags: tuple[str, ...] = ()
    pages: frozenset[tuple[str, int]] = frozenset()
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalSet:
    """A corpus and its cases.

    source: what `Ingestion.run` takes. note: what its figures mean, in a sentence.
    """

    name: str
    source: str
    cases: tuple[Case, ...]
    note: str
