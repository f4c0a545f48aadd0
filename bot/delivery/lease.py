"""A job's hold on its question, and how long the question waits when it is given back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.delivery.tools import Tools
from engine.errors import StorageUnavailable
from engine.storage.inbox import InboxItem

log = logging.getLogger(__name__)

_LEAST_WAIT_S = 1.0
MOST_WAIT_S = 60.0


class Lease:
    """Of one claimed question."""

    def __init__(self, item: InboxItem, tools: Tools) -> None:
        self._item = item
        self._tools = tools

    @property
    def patience(self) -> timedelta:
        """Grows with the question's age, as nothing else remembers how long an outage lasts."""
        age = self._tools.clock() - self._item.received_at
        return min(max(age / 4, timedelta(seconds=_LEAST_WAIT_S)), timedelta(seconds=MOST_WAIT_S))

    async def hold(self, on_lost: Callable[[], None]) -> None:
        """Renews until cancelled, or until it is lost, which `on_lost` is told of."""
        tools, item, lease_s = self._tools, self._item, self._tools.settings.lease_s
        while True:
            await tools.sleep(lease_s / 3)
            until = tools.clock() + timedelta(seconds=lease_s)
            try:
                held = await tools.inbox.renew(item.id, item.lease, lease_until=until)
            except StorageUnavailable as error:
                log.warning("a lease was not renewed: %s", error)
                continue
            if not held:
                on_lost()
                return

    async def give_back(
        self, wait: timedelta, *, no_sooner: datetime | None = None, count_attempt: bool = False
    ) -> None:
        """The question is due again after the wait; where that fails, the lease runs out.

        Raises: StorageUnavailable.
        """
        due_at = self._tools.clock() + wait
        await self._tools.inbox.requeue(
            self._item.id,
            self._item.lease,
            due_at=due_at if no_sooner is None else max(due_at, no_sooner),
            count_attempt=count_attempt,
        )
