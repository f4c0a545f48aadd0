"""What is older than the settings let it be goes: each night in the bot, or by command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.clock import Clock
from engine.retention_settings import RetentionSettings
from engine.storage.audit import AuditStore
from engine.storage.retention import Kept, RetentionStore

AUDIT: Final = "audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """What one policy found. days: 0 means that it is kept for ever. before: what is older goes.
    rows: that went, or would."""

    name: str
    days: int
    before: datetime | None
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The policies of one tenant. Safe to interrupt, and to run beside others."""

    tenant: str
    settings: RetentionSettings
    store: RetentionStore
    audit: AuditStore
    clock: Clock

    async def apply(self, *, dry_run: bool = False) -> AsyncIterator[Old]:
        """Each policy, once its rows are gone; with `dry_run` they are only counted.

        Raises: StorageUnavailable.
        """
        for name, days in self._policies():
            now = self.clock()
            before = now - timedelta(days=days)
            if not days:
                yield Old(name=name, days=0, before=None, rows=0)
                continue
            rows = await self._rows(name, before, now, dry_run=dry_run)
            yield Old(name=name, days=days, before=before, rows=rows)

    async def _rows(self, name: str, before: datetime, now: datetime, *, dry_run: bool) -> int:
        if name == AUDIT:
            if dry_run:
                return await self.audit.prunable(self.tenant, before)
            return await self.audit.prune(self.tenant, before=before, at=now)
        do = self.store.count if dry_run else self.store.remove
        return await do(self.tenant, Kept(name), before)

    def _policies(self) -> tuple[tuple[str, int], ...]:
        settings = self.settings
        return (
            (Kept.TRACES, settings.traces_days),
            (Kept.TEXTS, settings.texts_days),
            (Kept.USAGE, settings.usage_days),
            (Kept.SPEND, settings.spend_days),
            (Kept.WEBHOOKS, settings.webhook_days),
            (AUDIT, settings.audit_days),
        )
