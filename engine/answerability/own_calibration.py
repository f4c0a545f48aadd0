"""The calibration of a tenant's confidences: kept, looked up, one step back."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import msgspec

from engine.answerability.calibration import Calibration
from engine.storage.models import ModelStore, StoredModel

log = logging.getLogger(__name__)

NAME: Final = "calibration"
_FORMAT = 1
_LOOK_AGAIN_AFTER_S = 5.0


class _Body(msgspec.Struct, frozen=True):
    format: int
    base: str
    slope: float
    offset: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCalibration:
    """version: empty where there is none, which changes nothing. base: name of the model whose
    probabilities it is for; of another's it says nothing. made_at: answers of which it has part."""

    version: str = ""
    base: str = ""
    made_at: datetime | None = None
    calibration: Calibration = field(default_factory=Calibration)


@dataclass(slots=True)
class OwnCalibration:
    """Calibrations of one database. Raises StorageUnavailable."""

    store: ModelStore
    _kept: dict[str, tuple[float, KeptCalibration]] = field(default_factory=dict)

    async def of(self, tenant: str) -> KeptCalibration:
        """The one in use."""
        kept = self._kept.get(tenant)
        if kept is not None and time.monotonic() - kept[0] < _LOOK_AGAIN_AFTER_S:
            return kept[1]
        version = await self.store.newest_version(tenant, NAME)
        found = kept[1] if kept is not None else KeptCalibration()
        if version is None:
            found = KeptCalibration()
        elif found.version != version:
            found = await self._load(tenant, version)
        self._kept[tenant] = (time.monotonic(), found)
        return found

    async def save(
        self, tenant: str, new: KeptCalibration, card: dict[str, Any], *, at: datetime
    ) -> None:
        """Puts one into use."""
        body = _Body(
            format=_FORMAT,
            base=new.base,
            slope=new.calibration.slope,
            offset=new.calibration.offset,
        )
        await self.store.save(
            tenant,
            StoredModel(
                name=NAME,
                version=new.version,
                made_at=at,
                card=card,
                body=msgspec.json.encode(body),
            ),
        )
        self._kept.pop(tenant, None)

    async def put_back(self, tenant: str, stored: StoredModel, *, at: datetime) -> None:
        """Puts one from before into use again."""
        await self.store.save(tenant, replace(stored, made_at=at))
        self._kept.pop(tenant, None)

    async def _load(self, tenant: str, version: str) -> KeptCalibration:
        stored = await self.store.get(tenant, NAME, version)
        try:
            body = None if stored is None else msgspec.json.decode(stored.body, type=_Body)
        except msgspec.DecodeError:
            body = None
        if stored is None or body is None or body.format != _FORMAT:
            log.warning("the confidence was calibrated by another version; run deskhand calibrate")
            return KeptCalibration(version=version)
        return KeptCalibration(
            version=version,
            base=body.base,
            made_at=stored.made_at,
            calibration=Calibration(slope=body.slope, offset=body.offset),
        )
