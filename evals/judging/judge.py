"""The port behind which texts are judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.verification.grading import Criterion

__all__ = ["LEAST_PROBABILITY", "Claim", "Criterion", "Judge"]

LEAST_PROBABILITY = 0.5
"""From this calibrated probability on, a judgement counts as yes."""


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

    @property
    def spent_usd(self) -> float:
        """What its judgements cost so far."""
        ...

    @property
    def missing(self) -> int:
        """Judgements that it did not make for want of a model or of money, so far."""
        ...

    @property
    def is_over_budget(self) -> bool:
        """Whether some of them are missing for want of money."""
        ...

    def judges(self, criterion: Criterion) -> bool:
        """Whether its word on this criterion may be shown; where not, it is not asked."""
        ...

    async def faithfulness(self, claims: Sequence[Claim]) -> tuple[float | None, ...]:
        """For each claim, that its evidence supports the whole of it."""
        ...

    async def relevance(
        self, question: str, answer: str, *, cited: Sequence[str] = ()
    ) -> float | None:
        """That the answer is about what the question asks.

        cited: ids of the passages it cites; they may save work and never change the word.
        """
        ...

    async def completeness(self, expected: Sequence[str], answer: str) -> tuple[float | None, ...]:
        """For each sentence of an expected answer, that the answer states the whole of it."""
        ...
