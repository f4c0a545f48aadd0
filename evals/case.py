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
    facts: strings that a right answer contains, up to case and white space.
    pages: gold (document name, 1-based page) pairs; empty in formats without pages.
    sentences: gold sentences, verbatim up to white space; empty where not marked.
    """

    question: Question
    audience: Audience
    kind: str
    gains: Mapping[str, float] = field(default_factory=dict)
    answerable: bool | None = None
    expected_outcome: Outcome | None = None
    facts: tuple[str, ...] = ()
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
