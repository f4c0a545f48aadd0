"""The port behind which texts are judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

LEAST_PROBABILITY = 0.5
"""From this calibrated probability on, a judgement counts as yes."""


class Criterion(StrEnum):
    """What is judged.

    FAITHFULNESS: the evidence supports the whole sentence. RELEVANCE: the text answers the
    question that was asked, rightly or not. COMPLETENESS: the text states the whole of a sentence
    of the expected answer.
    """

    FAITHFULNESS = "faithfulness"
    RELEVANCE = "relevance"
    COMPLETENESS = "completeness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence and the texts that should support it, taken together; may be none."""

    sentence: str
    evidence: tuple[str, ...]


class Judge(Protocol):
    """Gives probabilities in [0, 1]; None for what it could not judge. Blocks no event loop."""

    @property
    def name(self) -> str:
        """Such as `local`."""
        ...

    @property
    def version(self) -> str:
        """Changes with whatever can change a judgement."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the report: who judged, what was not judged so far, and why."""
        ...

    def judges(self, criterion: Criterion) -> bool:
        """Whether its word on this criterion may be shown; where not, it is not asked."""
        ...

    async def faithfulness(self, claims: Sequence[Claim]) -> tuple[float | None, ...]:
        """For each claim, that its evidence supports the whole of it."""
        ...

    async def relevance(self, question: str, answer: str) -> float | None:
        """That the answer is about what the question asks."""
        ...

    async def completeness(self, expected: Sequence[str], answer: str) -> tuple[float | None, ...]:
        """For each sentence of an expected answer, that the answer states the whole of it."""
        ...
