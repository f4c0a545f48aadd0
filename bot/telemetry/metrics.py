"""`/metrics`: what is counted of this process, and what stands in its workspaces' tables."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from bot.telemetry.gauges import Gauges
from engine.errors import DeskhandError
from engine.telemetry import catalogue as of
from engine.telemetry.instruments import add, listening, set_to

if TYPE_CHECKING:
    from engine.adapters.telemetry.meters import Meters

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsPage:
    """What Prometheus reads. gauges: of the workspaces that are served now. is_ready: whether
    questions are taken."""

    meters: Meters
    gauges: Callable[[], Sequence[Gauges]]
    is_ready: Callable[[], bool]

    async def render(self) -> tuple[bytes, str]:
        """The page and its content type; gauges that cannot be read keep their values."""
        set_to(of.READY, float(self.is_ready()))
        try:
            await asyncio.gather(*(each.refresh() for each in self.gauges()))
        except DeskhandError as error:
            log.warning("gauges were not read: %s", error)
        from engine.adapters.telemetry.meters import CONTENT_TYPE

        return await asyncio.to_thread(self.meters.page), CONTENT_TYPE


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
        module = ".".join(record.name.split(".")[:2])
        add(of.LOG_LINES, level=record.levelname.lower(), module=module)
