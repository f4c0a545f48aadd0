"""Earlier cases like a new one, for whoever answers it.

Only those whose card stands in the same channel: who reads this card could read that one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot.intake.plain_text import plain_text
from engine.errors import DeskhandError
from engine.retrieval.embedder import Embedder
from engine.storage.answered_cases import AnsweredCase, AnsweredCases

_COMPARED = 200
"""Newest answered cases of a channel that are looked through."""
_SHOWN = 3
_LEAST_COSINE = 0.45
"""Below it, two questions share a subject at most."""
_KEPT = 2_000
"""Vectors kept in memory, 1.5 kB each."""
_CHARS = 1_000
_AT_A_TIME = 16


@dataclass(slots=True, kw_only=True)
class SimilarCases:
    """Of one tenant; keeps the vectors of questions it has compared."""

    tenant: str
    bot_user: str
    answered: AnsweredCases
    embedder: Embedder
    _vectors: dict[tuple[str, int], NDArray[np.float32]] = field(default_factory=dict)
    _one_by_one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, case_id: str, text: str, channel: str) -> tuple[AnsweredCase, ...]:
        """The three most similar ones, the most similar first; none where the model is not there.

        Raises: StorageUnavailable.
        """
        known = await self.answered.shown_in(self.tenant, channel, limit=_COMPARED)
        others = [case for case in known if case.id != case_id]
        asked = plain_text(text, bot_user=self.bot_user)[:_CHARS]
        if not others or not asked.strip():
            return ()
        try:
            async with self._one_by_one:
                await self._embed(others)
                vector = await self.embedder.embed_query(asked)
        except DeskhandError:
            return ()  # a card does not wait for it
        cosines = np.stack([self._vectors[case.id, case.revision] for case in others]) @ vector
        best = np.argsort(-cosines, kind="stable")[:_SHOWN]
        return tuple(others[at] for at in best if cosines[at] >= _LEAST_COSINE)

    async def _embed(self, wanted: list[AnsweredCase]) -> None:
        new = [case for case in wanted if (case.id, case.revision) not in self._vectors]
        if len(self._vectors) + len(new) > _KEPT:
            self._vectors.clear()
            new = wanted
        for at in range(0, len(new), _AT_A_TIME):
            batch = new[at : at + _AT_A_TIME]
            texts = [plain_text(c.text, bot_user=self.bot_user)[:_CHARS] or "-" for c in batch]
            for case, vector in zip(batch, await self.embedder.embed_many(texts), strict=True):
                self._vectors[case.id, case.revision] = vector
