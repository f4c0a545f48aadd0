"""The present moment by the database's clock, which all replicas share.

A machine whose clock is wrong by more than a lease would take others' questions while they work on
them, and lose its own to others at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from engine.clock import Clock, now
from engine.errors import StorageUnavailable
from engine.storage.database import Database

log = logging.getLogger(__name__)

_EVERY_S = 60.0
_QUICK = timedelta(seconds=1)
"""A look that takes longer says too little."""
_TOLD = timedelta(seconds=2)


class SharedClock:
    """This machine's clock, corrected. machine: it."""

    def __init__(self, database: Database, machine: Clock = now) -> None:
        self._database = database
        self._machine = machine
        self.offset = timedelta()
        """What the machine's clock lacks."""

    def __call__(self) -> datetime:
        """The present moment."""
        return self._machine() + self.offset

    async def measure(self) -> None:
        """Compares the two clocks.  Raises: StorageUnavailable."""

        def read(db: Connection) -> tuple[datetime, datetime, datetime]:
            before = self._machine()
            theirs: datetime = db.execute(text("SELECT clock_timestamp()")).scalar_one()
            return before, theirs, self._machine()

        before, theirs, after = await self._database.look_up(read)
        if after - before > _QUICK:
            return
        offset = theirs - (before + (after - before) / 2)
        if abs(offset) > _TOLD >= abs(self.offset):
            log.warning(
                "this machine's clock is %+.0f s off the database's, which is used instead: set "
                "the time here, as Slack's signatures are checked by it",
                -offset.total_seconds(),
            )
        self.offset = offset

    async def keep(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Compares them every minute, until cancelled."""
        while True:
            await sleep(_EVERY_S)
            with contextlib.suppress(StorageUnavailable):
                await self.measure()


@asynccontextmanager
async def shared_clock(database: Database, given: Clock) -> AsyncIterator[Clock]:
    """The clock of a program on this database: the given one where it is not the machine's, or
    where the database is a file of the same machine.

    Raises: StorageUnavailable.
    """
    if given is not now or database.is_sqlite:
        yield given
        return
    clock = SharedClock(database)
    await clock.measure()
    keeping = asyncio.create_task(clock.keep(), name="deskhand-clock")
    try:
        yield clock
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
