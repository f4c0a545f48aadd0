"""Whether the smaller model may write: what was measured of it, and what may be lost."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from engine.clock import Clock
from engine.small_model.easy import EASY_VERSION
from engine.storage.models import ModelStore, StoredModel

log = logging.getLogger(__name__)

NAME: Final = "small-model"
_LOOK_AGAIN_AFTER_S = 5.0


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What a paired measurement found on easy questions.

    model, small: names of the writers, with their prompts. easy: of which questions, by version.
    cases: easy ones that both answered; lost: right with the model and wrong with the small one;
    gained: the other way round. most_lost: upper end of the 95% interval of the share that is lost.
    cost_usd, small_cost_usd: of all cases.
    """

    model: str
    small: str
    easy: str
    cases: int
    lost: int
    gained: int
    most_lost: float
    cost_usd: float = 0.0
    small_cost_usd: float = 0.0

    def allows(self, model: str, small: str, bound: float) -> bool:
        """Whether it is of these writers, and no more than the bound is lost."""
        same = (self.model, self.small, self.easy) == (model, small, EASY_VERSION)
        return same and self.most_lost <= bound


@dataclass(slots=True, kw_only=True)
class SmallModelPermit:
    """The newest measurement of a tenant. model, small: names of the writers as they are now;
    small is empty where none is set. bound: the most that may be lost. Raises StorageUnavailable.
    """

    store: ModelStore
    model: str
    small: str
    bound: float
    _kept: dict[str, tuple[float, str]] = field(default_factory=dict)

    async def version(self, tenant: str) -> str:
        """Of the measurement by which the small model may write; empty where it may not."""
        if not self.small:
            return ""
        kept = self._kept.get(tenant)
        if kept is not None and time.monotonic() - kept[0] < _LOOK_AGAIN_AFTER_S:
            return kept[1]
        version = await self.store.newest_version(tenant, NAME)
        found = await self.measured(tenant, version) if version is not None else None
        allowed = found is not None and found.allows(self.model, self.small, self.bound)
        said = (version or "") if allowed else ""
        if kept is None or kept[1] != said:
            log.info("the small model %s", "writes easy answers" if said else "writes nothing")
        self._kept[tenant] = (time.monotonic(), said)
        return said

    async def measured(self, tenant: str, version: str) -> Measured | None:
        """A measurement; None where there is none that can be read."""
        stored = await self.store.get(tenant, NAME, version)
        if stored is None:
            return None
        try:
            return msgspec.json.decode(stored.body, type=Measured)
        except msgspec.DecodeError:
            return None

    async def save(self, tenant: str, found: Measured, version: str, clock: Clock) -> None:
        """Keeps a measurement; the newest counts, whatever it says."""
        card: dict[str, Any] = {"lost": found.lost, "cases": found.cases}
        await self.store.save(
            tenant,
            StoredModel(
                name=NAME,
                version=version,
                made_at=clock(),
                card=card,
                body=msgspec.json.encode(found),
            ),
        )
        self._kept.pop(tenant, None)
