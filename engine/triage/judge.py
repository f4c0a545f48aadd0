"""The triage model in use for a tenant: its own, else the one that ships."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.containment import contained_label
from engine.errors import ModelUnavailable
from engine.retrieval.hit import Hit
from engine.storage.models import ModelStore, StoredModel
from engine.trace import TriageVerdict
from engine.triage.card_check import check_card
from engine.triage.model import TriageModel
from engine.triage.model_file import read_model
from engine.triage.vote import vote, vote_shares

log = logging.getLogger(__name__)

MODEL_NAME = "triage"
_SHIPPED = "shipped-"
"""What the version of a stored model begins with that stands for the one that ships."""
_STARTER = Path(__file__).parent / "starter"
_LOOK_AGAIN_AFTER_S = 5.0
"""A model trained by another process is in use everywhere after this long."""

_KEPT = 8
_OUT_OF_SCOPE = 0.8
"""From here on no category is named: on the sample that is right for 14 of 24 questions out of
scope and wrong for 2 of 254 others."""

_STARTER_WEIGHT = 0.3
"""Of the shipped model beside the vote of the documents: .768 of the sample's categories are right
with it, .713 by the vote alone, .642 by the model alone; flat between .2 and .5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A loaded model and where it is from.

    model: None where not even the shipped one can be used, with an embedder that it was not
    trained with; then the documents' vote is all there is. card: what it was made from.
    is_starter: it is the one that ships. why_not_own: a sentence where a model cannot be used.
    """

    model: TriageModel | None
    card: dict[str, Any]
    is_starter: bool
    why_not_own: str | None = None

    @property
    def version(self) -> str:
        """Part of an answer's fingerprint."""
        return self.model.version if self.model is not None else "vote"

    async def verdict(
        self, text: str, vector: NDArray[np.float32], hits: Sequence[Hit]
    ) -> TriageVerdict:
        """The verdict on a question and on the documents found for it; runs in a thread.

        category: None also where the text is most likely out of scope. Both labels are contained:
        documents and training examples name them, and people read them.
        """
        return _contained(await self._verdict(text, vector, hits))

    async def _verdict(
        self, text: str, vector: NDArray[np.float32], hits: Sequence[Hit]
    ) -> TriageVerdict:
        if self.model is None:
            return vote(hits)
        verdict, by_text = await asyncio.to_thread(self._of_text, text, vector)
        if (verdict.out_of_scope or 0.0) >= _OUT_OF_SCOPE:
            return replace(verdict, category=None, category_confidence=None)
        category, confidence = blend(
            by_text, vote_shares(hits), weight=_STARTER_WEIGHT if self.is_starter else 1.0
        )
        return replace(verdict, category=category, category_confidence=confidence)

    def _of_text(
        self, text: str, vector: NDArray[np.float32]
    ) -> tuple[TriageVerdict, dict[str, float]]:
        assert self.model is not None
        verdict, shares = self.model.judge_with_shares(text, vector)
        return verdict, dict(zip(self.model.category.labels, shares.tolist(), strict=True))


def _contained(verdict: TriageVerdict) -> TriageVerdict:
    """The verdict with labels that act on nobody; one of which nothing may stand is none."""
    category, priority = contained_label(verdict.category), contained_label(verdict.priority)
    return replace(
        verdict,
        category=category,
        category_confidence=verdict.category_confidence if category is not None else None,
        priority=priority,
        priority_confidence=verdict.priority_confidence if priority is not None else None,
    )


def blend(
    by_text: Mapping[str, float], by_documents: Mapping[str | None, float], *, weight: float
) -> tuple[str, float]:
    """The category of a text by the model and by the documents found, and its probability.

    by_text: of each category the model knows. by_documents: shares of the votes of the documents'
    own categories, None those of documents without one. weight: of the model's word.

    A category of the documents' that the model does not know wins where it has most votes: then
    the model was made for another knowledge base.
    """
    voted = {c: share for c, share in by_documents.items() if c is not None}
    if voted:
        first = max(voted, key=lambda c: voted[c])
        if first not in by_text:
            return first, round(voted[first], 4)
        whole = sum(voted.values())
        by_text = {
            c: weight * p + (1.0 - weight) * voted.get(c, 0.0) / whole for c, p in by_text.items()
        }
    best = max(by_text, key=lambda c: by_text[c])
    return best, round(by_text[best], 4)


class TriageModels:
    """Loads the model in use for each tenant, and keeps it in memory."""

    def __init__(self, store: ModelStore, embedder: tuple[str, str]) -> None:
        """embedder: name and version of what makes the vectors."""
        self._store = store
        self._embedder = embedder
        self._made: dict[str, tuple[float, str | None, Judge]] = {}
        self._loading = asyncio.Lock()

    async def of(self, tenant: str) -> Judge:
        """The judge of a tenant; a model that cannot be used is told in the log, once.

        Raises: StorageUnavailable.
        """
        kept = self._made.get(tenant)
        if kept is not None and time.monotonic() - kept[0] < _LOOK_AGAIN_AFTER_S:
            return kept[2]
        version = await self._store.newest_version(tenant, MODEL_NAME)
        async with self._loading:
            kept = self._made.get(tenant)
            if kept is None or kept[1] != version:
                judge = await self._load(tenant, version)
            else:
                judge = kept[2]
            self._made.pop(tenant, None)
            self._made[tenant] = (time.monotonic(), version, judge)
            while len(self._made) > _KEPT:
                del self._made[next(iter(self._made))]
        return judge

    async def _load(self, tenant: str, version: str | None) -> Judge:
        why = None
        own = version is not None and not is_shipped(version)
        stored = await self._store.get(tenant, MODEL_NAME, version or "") if own else None
        if stored is not None:
            try:
                return await asyncio.to_thread(own_judge, stored, self._embedder)
            except ModelUnavailable as error:
                why = str(error)
                log.warning("%s; until then the shipped one serves", why)
        try:
            judge = await asyncio.to_thread(starter_judge, self._embedder)
        except ModelUnavailable as error:
            log.warning("%s; until then the documents' categories alone count", error)
            return Judge(model=None, card={}, is_starter=True, why_not_own=why or str(error))
        return replace(judge, why_not_own=why)


def own_judge(stored: StoredModel, embedder: tuple[str, str]) -> Judge:
    """The judge a stored model makes.  Raises: ModelUnavailable where it cannot be used."""
    check_card(stored.card, embedder)
    sha256 = stored.card.get("sha256")
    model = read_model(stored.body, sha256=sha256 if isinstance(sha256, str) else "")
    return Judge(model=model, card=stored.card, is_starter=False)


@lru_cache(maxsize=2)
def starter_judge(embedder: tuple[str, str]) -> Judge:
    """The shipped model's.

    Raises: ModelUnavailable where its files are damaged, or made for another embedder.
    """
    try:
        card = json.loads((_STARTER / "card.json").read_text(encoding="utf-8"))
        body = (_STARTER / "model.skops").read_bytes()
        sha256 = str(card["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ModelUnavailable(
            "the shipped triage model cannot be read; reinstall Deskhand, or run "
            "`python -m engine.triage.starter.build`"
        ) from None
    check_card(card, embedder)
    return Judge(model=read_model(body, sha256=sha256), card=card, is_starter=True)


def stored_model(body: bytes, card: dict[str, Any], made_at: Any) -> StoredModel:
    """What is saved of a trained model: its card names the hash its file must have."""
    return StoredModel(
        name=MODEL_NAME,
        version=str(card["version"]),
        made_at=made_at,
        card=card | {"sha256": hashlib.sha256(body).hexdigest()},
        body=body,
    )


def is_shipped(version: str) -> bool:
    """Whether a stored model's version stands for the one that ships."""
    return version.startswith(_SHIPPED)


def shipped_model(at: datetime) -> StoredModel:
    """What is saved to use the one that ships from then on."""
    version = f"{_SHIPPED}{at:%Y%m%d%H%M%S%f}"
    return StoredModel(name=MODEL_NAME, version=version, made_at=at, card={}, body=b"")
