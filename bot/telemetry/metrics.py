"""`/metrics`: what is counted of this process, and what stands in its workspaces' tables."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from bot.telemetry.beginning import begin_process, module_of
from bot.telemetry.gauges import Gauges
from engine.fault_place import place
from engine.telemetry import catalogue as of
from engine.telemetry.instruments import add, listening, set_to

if TYPE_CHECKING:
    from engine.adapters.telemetry.meters import Meters

log = logging.getLogger(__name__)

_WITHIN_S = 8.0
"""Prometheus waits for ten seconds, and takes what answers later for a bot that is down."""
_AT_ONCE = 8
"""Workspaces whose tables are read at the same time: questions want the database, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsPage:
    """What Prometheus reads, and a collector is sent. gauges: of the workspaces that are served
    now. why_not_ready: why no questions are taken, as `/readyz` says; empty where they are."""

    meters: Meters
    gauges: Callable[[], Sequence[Gauges]]
    why_not_ready: Callable[[], Awaitable[str]]

    async def render(self) -> tuple[bytes, str]:
        """The page and its content type; gauges that cannot be read in time keep their values."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_WITHIN_S):
                await self.refresh()
        from engine.adapters.telemetry.meters import CONTENT_TYPE

        return await asyncio.to_thread(self.meters.page), CONTENT_TYPE

    async def refresh(self) -> None:
        """Sets all gauges to what stands now."""
        at_once = asyncio.Semaphore(_AT_ONCE)

        async def one(gauges: Gauges) -> None:
            async with at_once:
                await gauges.refresh()

        await asyncio.gather(self._tell_ready(), *(one(each) for each in self.gauges()))

    @asynccontextmanager
    async def kept_fresh(self) -> AsyncIterator[None]:
        """Inside, what is sent to a collector is no older than half of the time between two
        sendings; without a collector, gauges are set for whoever reads the page alone."""
        every_s = self.meters.send_every_s
        if every_s is None:
            yield
            return
        task = asyncio.create_task(self._refresh_on(every_s / 2), name="deskhand-gauges")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _refresh_on(self, every_s: float) -> None:
        while True:
            try:
                await self.refresh()
            except Exception as error:  # the next time may go well
                log.error("gauges: %s at %s", type(error).__name__, place(error))
            await asyncio.sleep(every_s)

    async def _tell_ready(self) -> None:
        set_to(of.READY, float(not await self.why_not_ready()))


@contextmanager
def counted() -> Iterator[Meters]:
    """Everything is counted inside, log lines of level WARNING and above too."""
    from engine.adapters.telemetry.meters import Meters

    meters = Meters(deskhand_version())
    lines = _LogLines()
    root = logging.getLogger()
    root.addHandler(lines)
    try:
        with listening(meters):
            set_to(of.BUILD, 1.0, version=deskhand_version())
            begin_process()
            yield meters
    finally:
        root.removeHandler(lines)
        meters.close()


def deskhand_version() -> str:
    """Of what is installed."""
    try:
        return version("deskhand")
    except PackageNotFoundError:
        return "unknown"


class _LogLines(logging.Handler):
    """Counts warnings and errors by the package that wrote them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        add(of.LOG_LINES, level=record.levelname.lower(), module=module_of(record.name))
