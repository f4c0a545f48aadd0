"""The judge that needs no model server: the engine's own checker, and a small fitted model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from engine.retrieval.embedder import Embedder
from engine.verification.claim import ClaimChecker
from engine.verification.support_checker import SupportChecker
from evals.judging.judge import Claim, Criterion
from evals.judging.relevance import features_of, load_relevance, texts_to_embed

_VERSION = "3"
_MOST_AT_ONCE = 2


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
        self, embedder: Embedder | None = None, *, checker: ClaimChecker | None = None
    ) -> None:
        """embedder: the shipped one, with which the relevance model was fitted; None opens one."""
        self._embedder = embedder
        self._owns_embedder = embedder is None
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

    async def relevance(self, question: str, answer: str) -> float:
        """0 where one of the two holds no word.  Raises: ModelUnavailable."""
        if not (any(c.isalnum() for c in question) and any(c.isalnum() for c in answer)):
            return 0.0
        vectors = await self._open_embedder().embed_many(texts_to_embed(question, answer))
        features = await asyncio.to_thread(features_of, question, answer, vectors)
        return load_relevance().probability(features)

    async def completeness(self, expected: Sequence[str], answer: str) -> tuple[float, ...]:
        """The checker's probability that the answer supports each expected sentence."""
        return await self.faithfulness([Claim(sentence=s, evidence=(answer,)) for s in expected])

    async def aclose(self) -> None:
        """Closes an embedder of its own; idempotent."""
        embedder = self._embedder
        if self._owns_embedder and embedder is not None:
            self._embedder = None
            await embedder.aclose()

    def _check(self, claims: Sequence[Claim]) -> tuple[float, ...]:
        return tuple(self._supported(claim) for claim in claims)

    def _supported(self, claim: Claim) -> float:
        return self._checker.check(claim.sentence, claim.evidence).probability

    def _open_embedder(self) -> Embedder:
        if self._embedder is None:
            from engine.adapters.minilm.embedder import MiniLmEmbedder

            self._embedder = MiniLmEmbedder()
        return self._embedder
