"""The answerability model of a tenant's own knowledge: fitted, kept with its figures, used."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from engine.answerability.fit import Fit, fit
from engine.answerability.held_out import held_out_examples
from engine.answerability.model import FEATURES, PRIOR, PRIOR_EMBEDDER, AnswerabilityModel
from engine.answerability.own_calibration import OwnCalibration
from engine.audience import Audience
from engine.clock import Clock
from engine.retrieval.retriever import Retriever
from engine.storage.documents import DocumentStore
from engine.storage.fits import FitStore
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
    fits: FitStore
    retriever: Retriever
    documents: DocumentStore
    passages: PassageStore
    clock: Clock
    embedder: str
    calibration: OwnCalibration
    _kept: dict[str, tuple[float, AnswerabilityModel]] = field(default_factory=dict)

    async def model(self, tenant: str) -> AnswerabilityModel:
        """The model in use, calibrated by verdicts on answers. Raises: StorageUnavailable."""
        base = await self.base(tenant)
        kept = await self.calibration.of(tenant)
        if not kept.base or kept.base != base.name:
            return base
        return kept.calibration.applied_to(base, name=f"{base.name}+{kept.version}")

    async def base_since(self, tenant: str) -> datetime | None:
        """When the model that `base` gives was put into use; None: it was there from the start.

        Raises: StorageUnavailable.
        """
        version = await self.store.newest_version(tenant, NAME)
        stored = None if version is None else await self.store.get(tenant, NAME, version)
        return None if stored is None else stored.made_at

    async def base(self, tenant: str) -> AnswerabilityModel:
        """The model before any calibration. Raises: StorageUnavailable."""
        kept = self._kept.get(tenant)
        if kept is not None and time.monotonic() - kept[0] < _LOOK_AGAIN_AFTER_S:
            return kept[1]
        version = await self.store.newest_version(tenant, NAME)
        model = PRIOR if version is None else kept[1] if kept else None
        if model is None or (version is not None and model.name != version):
            model = await self._load(tenant, version or "")
        self._kept[tenant] = (time.monotonic(), model)
        return model

    async def state(self, tenant: str, audience: Audience) -> str:
        """Hash of all that a fit for this audience would read; empty where there are no documents.

        What others alone may read, a file of somebody's question among it, does not change it.

        Raises: StorageUnavailable.
        """
        return await self._hash(await self._readable(tenant, audience))

    async def refit(self, tenant: str, audience: Audience, *, rest: float = 0.0) -> Fit | None:
        """Fits to the knowledge as it is now, puts into use what serves it best, and remembers what
        it was fitted to.

        audience: of the documents that questions are made of. rest: how long to pause between
        questions, in times of what each took, so that others come to their turn. None where there
        is too little to learn from; then, and where the fit says so, the shipped prior serves
        again, whatever was learnt before.

        Raises: IndexUnavailable, StorageUnavailable, ModelUnavailable.
        """
        revision = await self.documents.revision(tenant)
        readable = await self._readable(tenant, audience)
        examples = await held_out_examples(
            self.retriever,
            self.documents,
            self.passages,
            versions=list(readable),
            tenant=tenant,
            audience=audience,
            rest=rest,
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
        else:
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
        await self.fits.fitted(tenant, NAME, await self._hash(readable), at=at)
        return made

    async def _readable(self, tenant: str, audience: Audience) -> dict[str, str]:
        """Content hashes of the documents that this audience may read, by live version."""
        return {
            found.version: found.content_hash
            for found in await self.documents.contents(tenant)
            if audience.may_read(found.audience)
        }

    async def _hash(self, readable: Mapping[str, str]) -> str:
        if not readable:
            return ""
        return await asyncio.to_thread(_state, readable.values(), self.embedder)

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


def _state(content_hashes: Iterable[str], embedder: str) -> str:
    digest = hashlib.sha256(f"{_FORMAT}\0{embedder}\0{','.join(FEATURES)}".encode())
    for content_hash in sorted(content_hashes):
        digest.update(b"\0" + content_hash.encode())
    return digest.hexdigest()


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
