"""The port behind which a free-written sentence is held against its evidence."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.generation.word_terms import term_set
from engine.retrieval.lexical import words


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """Whether the evidence says the whole of a claim.

    probability: in [0, 1]. why: in words, for a person.
    """

    probability: float
    supported: bool
    why: str


class SupportChecker(Protocol):
    """Checks on the processor, without a network; may be called in a thread."""

    def check(self, claim: str, evidence: Sequence[str]) -> Support:
        """How well the evidence, taken together, supports the claim."""
        ...


class Verifier(Protocol):
    """Checks wherever it likes; nothing in it blocks the event loop.

    name: what the fingerprint calls it.
    """

    name: str

    async def verify(self, claim: str, evidence: Sequence[str]) -> Support:
        """How well the evidence supports the claim.  Raises: ModelUnavailable."""
        ...


class LocalVerifier:
    """A checker behind the port, in a thread."""

    def __init__(self, checker: SupportChecker) -> None:
        self.name = "local"
        self._checker = checker

    async def verify(self, claim: str, evidence: Sequence[str]) -> Support:
        """The checker's word."""
        return await asyncio.to_thread(self._checker.check, claim, evidence)


class WordCoverage:
    """The plainest checker: every number and most terms stand in the evidence,
    and both or neither negate."""

    least_share = 0.8
    _number = re.compile(r"\d+(?:[.,:]\d+)*")
    _negations = frozenset("not no never none nor neither cannot without unless except t".split())

    def check(self, claim: str, evidence: Sequence[str]) -> Support:
        """Support by word coverage."""
        source = " ".join(evidence)
        wanted = term_set(claim)
        if not wanted:
            return Support(probability=0.0, supported=False, why="the sentence says nothing")
        numbers = set(self._number.findall(claim)) - set(self._number.findall(source))
        if numbers:
            why = f"{min(numbers)} does not stand in the source"
            return Support(probability=0.05, supported=False, why=why)
        share = len(wanted & term_set(source)) / len(wanted)
        said, written = (not self._negations.isdisjoint(words(text)) for text in (claim, source))
        if said != written:
            why = "only one of the sentence and its source says not"
            return Support(probability=0.1, supported=False, why=why)
        supported = share >= self.least_share
        why = f"{share:.0%} of its words stand in the source"
        return Support(probability=share if supported else share / 2, supported=supported, why=why)
