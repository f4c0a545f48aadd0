"""The triage model in use for a tenant: its own, else the one that ships."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelUnavailable
from engine.retrieval.hit import Hit
from engine.storage.models import ModelStore, StoredModel
from engine.trace import TriageVerdict
from engine.triage.card_check import check_card
from engine.triage.model import TriageModel
from engine.triage.model_file import read_model
from engine.triage.vote import vote

log = logging.getLogger(__name__)

MODEL_NAME = "triage"
_STARTER = Path(__file__).parent / "starter"
_LOOK_AGAIN_AFTER_S = 5.0
"""A model trained by another process is in use everywhere after this long."""

_KEPT = 8
_OUT_OF_SCOPE = 0.5


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

        The documents' own categories decide where the model does not know them, see
        `engine.triage.blend`.
        """
        by_documents = vote(hits)
        if self.model is None:
            return by_documents
        (by_text,) = await asyncio.to_thread(self.model.judge, [text], vector[None, :])
        return blend(by_text, by_documents, self.model.category.labels, starter=self.is_starter)


def blend(
    by_text: TriageVerdict,
    by_documents: TriageVerdict,
    known: Sequence[str],
    *,
    starter: bool,
) -> TriageVerdict:
    """One verdict of the model's and of the documents' vote; priority and scope are the model's.

    A category that the model does not know is the documents' own, so their vote decides. Else a
    model trained for this tenant decides, and against the shipped one the documents do.
    """
    chosen = by_text
    if by_documents.category is not None and (starter or by_documents.category not in known):
        chosen = by_documents
    return replace(
        by_text, category=chosen.category, category_confidence=chosen.category_confidence
    )


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
        stored = await self._store.get(tenant, MODEL_NAME, version) if version else None
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
