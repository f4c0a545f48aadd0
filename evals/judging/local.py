"""The judge that needs no model server: the engine's own checker, and a small fitted model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import numpy as np

from engine.retrieval.embedder import Embedder
from engine.verification.claim import ClaimChecker
from engine.verification.support_checker import SupportChecker
from evals.judging.judge import Claim, Criterion
from evals.judging.relevance import Vectors, features_of, load_relevance, sentences_of

_VERSION = "4"
_MOST_AT_ONCE = 2

Known = Callable[[Sequence[str], Sequence[str]], Awaitable[Mapping[str, Vectors]]]
"""Of texts, and ids of passages that they may stand in: the vectors that are known, by text."""


class LocalJudge:
    """Faithfulness and completeness by the support checker, relevance by
    `evals.judging.relevance`.

    It is the checker that production verifies with, so it finds what changed since, not what the
    checker itself cannot see.
    """

    name = "local"
    spent_usd = 0.0
    missing = 0
    is_over_budget = False

    def __init__(
        self,
        embedder: Embedder | None = None,
        *,
        checker: ClaimChecker | None = None,
        known: Known | None = None,
    ) -> None:
        """embedder: the shipped one, with which the relevance model was fitted; None opens one.

        known: finds vectors that this embedder made before.
        """
        self._embedder = embedder
        self._owns_embedder = embedder is None
        self._known = known
        self._checker = checker or SupportChecker()
        self._slots = asyncio.Semaphore(_MOST_AT_ONCE)

    @property
    def version(self) -> str:
        """Of the checker's use and of the relevance model."""
        return f"{_VERSION}-{load_relevance().version}"

    @property
    def notes(self) -> tuple[str, ...]:
        """Who judged."""
        return ("Texts were judged by the local checker, not by a model.",)

    def judges(self, criterion: Criterion) -> bool:
        """Every criterion."""
        return criterion in Criterion

    async def faithfulness(self, claims: Sequence[Claim]) -> tuple[float, ...]:
        """The probability for each claim; 0 without evidence."""
        async with self._slots:
            return await asyncio.to_thread(self._check, claims)

    async def relevance(self, question: str, answer: str, *, cited: Sequence[str] = ()) -> float:
        """0 where one of the two holds no word.  Raises: ModelUnavailable, StorageUnavailable."""
        said = sentences_of(answer)
        if not said or not any(c.isalnum() for c in question):
            return 0.0
        vectors = await self._vectors([question, *said], cited)
        return load_relevance().probability(
            features_of(question, answer, asked=vectors[0], said=vectors[1:])
        )

    async def completeness(self, expected: Sequence[str], answer: str) -> tuple[float, ...]:
        """The checker's probability that the answer supports each expected sentence."""
        return await self.faithfulness([Claim(sentence=s, evidence=(answer,)) for s in expected])

    async def aclose(self) -> None:
        """Closes an embedder of its own; idempotent."""
        embedder = self._embedder
        if self._owns_embedder and embedder is not None:
            self._embedder = None
            await embedder.aclose()

    async def _vectors(self, texts: Sequence[str], cited: Sequence[str]) -> Vectors:
        """A row for each text; only what nobody embedded before is embedded."""
        found = dict(await self._known(texts, cited)) if self._known is not None else {}
        new = [text for text in dict.fromkeys(texts) if text not in found]
        if new:
            found |= zip(new, await self._open_embedder().embed_many(new), strict=True)
        return np.stack([found[text] for text in texts])

    def _check(self, claims: Sequence[Claim]) -> tuple[float, ...]:
        return tuple(self._supported(claim) for claim in claims)

    def _supported(self, claim: Claim) -> float:
        return self._checker.check(claim.sentence, claim.evidence).probability

    def _open_embedder(self) -> Embedder:
        if self._embedder is None:
            from engine.adapters.minilm.embedder import MiniLmEmbedder

            self._embedder = MiniLmEmbedder()
        return self._embedder
