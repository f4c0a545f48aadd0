"""The answerability model of a tenant's own knowledge: fitted, kept with its figures, used."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from engine.answerability.fit import Fit, fit
from engine.answerability.held_out import held_out_examples
from engine.answerability.model import FEATURES, PRIOR, PRIOR_EMBEDDER, AnswerabilityModel
from engine.audience import Audience
from engine.clock import Clock
from engine.retrieval.retriever import Retriever
from engine.storage.documents import DocumentStore
from engine.storage.models import ModelStore, StoredModel
from engine.storage.passages import PassageStore

log = logging.getLogger(__name__)

NAME = "answerability"
_FORMAT = 2
"""Models of format 1 were fitted to the words of made questions, and judged people's worse."""

_LOOK_AGAIN_AFTER_S = 5.0
"""A fit made by another process is in use everywhere after this long."""


class _Body(msgspec.Struct, frozen=True):
    """How a model is stored. features: the names its weights belong to. embedder: name and version
    of what made the cosines."""

    format: int
    embedder: str
    features: tuple[str, ...]
    weights: tuple[float, ...]
    intercept: float


@dataclass(slots=True, kw_only=True)
class OwnAnswerability:
    """Fits and looks up; the shipped prior serves where there is no fit, or none that this program
    can read."""

    store: ModelStore
    retriever: Retriever
    documents: DocumentStore
    passages: PassageStore
    clock: Clock
    embedder: str
    _kept: dict[str, tuple[float, AnswerabilityModel]] = field(default_factory=dict)

    async def model(self, tenant: str) -> AnswerabilityModel:
        """The model in use. Raises: StorageUnavailable."""
        kept = self._kept.get(tenant)
        if kept is not None and time.monotonic() - kept[0] < _LOOK_AGAIN_AFTER_S:
            return kept[1]
        version = await self.store.newest_version(tenant, NAME)
        model = PRIOR if version is None else kept[1] if kept else None
        if model is None or (version is not None and model.name != version):
            model = await self._load(tenant, version or "")
        self._kept[tenant] = (time.monotonic(), model)
        return model

    async def refit(self, tenant: str, audience: Audience) -> Fit | None:
        """Fits to the knowledge as it is now, and puts into use what serves it best.

        audience: of the documents that questions are made of. None where there is too little to
        learn from; then, and where the fit says so, the shipped prior serves again, whatever was
        learnt before.

        Raises: IndexUnavailable, StorageUnavailable, ModelUnavailable.
        """
        revision = await self.documents.revision(tenant)
        examples = await held_out_examples(
            self.retriever, self.documents, self.passages, tenant=tenant, audience=audience
        )
        at = self.clock()
        made = await asyncio.to_thread(
            fit,
            examples,
            name=f"{revision}-{at:%Y%m%d%H%M%S%f}",
            prior_applies=self.embedder.partition(":")[0] == PRIOR_EMBEDDER,
        )
        if made is None or not made.learnt:
            await self._forget(tenant, at)  # it was learnt from other documents
            return made
        await self.store.save(
            tenant,
            StoredModel(
                name=NAME,
                version=made.model.name,
                made_at=at,
                card=_card(made),
                body=_body(made.model, self.embedder),
            ),
        )
        self._kept.pop(tenant, None)
        return made

    async def _forget(self, tenant: str, at: datetime) -> None:
        """Puts the shipped prior in the place of a fit, where there is one."""
        newest = await self.store.newest_version(tenant, NAME)
        if newest is None or newest.startswith(f"{PRIOR.name}-"):
            return
        version = f"{PRIOR.name}-{at:%Y%m%d%H%M%S%f}"
        body = _body(PRIOR, self.embedder)
        await self.store.save(
            tenant, StoredModel(name=NAME, version=version, made_at=at, card={}, body=body)
        )
        self._kept.pop(tenant, None)

    async def _load(self, tenant: str, version: str) -> AnswerabilityModel:
        stored = await self.store.get(tenant, NAME, version)
        if stored is None:
            return PRIOR
        try:
            body = msgspec.json.decode(stored.body, type=_Body)
        except msgspec.DecodeError:
            body = None
        expected = (_FORMAT, self.embedder, FEATURES)
        if body is None or (body.format, body.embedder, body.features) != expected:
            log.warning("what the documents answer was learnt by another version; run deskhand fit")
            return AnswerabilityModel(
                weights=PRIOR.weights, intercept=PRIOR.intercept, name=version
            )
        return AnswerabilityModel(weights=body.weights, intercept=body.intercept, name=version)


def _body(model: AnswerabilityModel, embedder: str) -> bytes:
    return msgspec.json.encode(
        _Body(
            format=_FORMAT,
            embedder=embedder,
            features=FEATURES,
            weights=model.weights,
            intercept=model.intercept,
        )
    )


def _card(made: Fit) -> dict[str, Any]:
    return {
        "features": list(FEATURES),
        "weights": list(made.model.weights),
        "intercept": made.model.intercept,
        "examples": made.examples,
        "prior_log_loss": made.prior_log_loss,
        "log_loss": made.log_loss,
        "auroc": made.auroc,
        "brier": made.brier,
        "ece": made.ece,
        "reliability": [asdict(each) for each in made.reliability],
    }
