"""Whether questions could be answered now: what `/readyz` asks besides what the process knows.

The model is not asked for: where it is down the documents are quoted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from engine.errors import DeskhandError
from engine.fault_place import place

log = logging.getLogger(__name__)

_GOOD_FOR_S = 5.0
_WITHIN_S = 2.5
"""Orchestrators wait for some seconds; a part that takes longer answers nobody."""


@dataclass(slots=True)
class Ability:
    """Asks each part, all at once and at most every few seconds, however many ask.

    parts: by their names for people; each returns where it can be worked with, else it raises.
    """

    parts: Mapping[str, Callable[[], Awaitable[object]]]
    _said: str = ""
    _asked_at: float = field(default=-_GOOD_FOR_S)
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def why_not(self) -> str:
        """Which parts do not answer; empty where all do."""
        async with self._asking:
            if time.monotonic() - self._asked_at >= _GOOD_FOR_S:
                found = await asyncio.gather(*(self._ask(*part) for part in self.parts.items()))
                said = " and ".join(name for name in found if name)
                said = f"{said} cannot be reached" if said else ""
                if said != self._said:
                    log.warning("readiness: %s", said or "all parts answer again")
                self._said, self._asked_at = said, time.monotonic()
            return self._said

    async def _ask(self, name: str, look: Callable[[], Awaitable[object]]) -> str:
        try:
            async with asyncio.timeout(_WITHIN_S):
                await look()
        except (DeskhandError, TimeoutError):
            return name
        except Exception as error:
            log.error("asking %s: %s at %s", name, type(error).__name__, place(error))
            return name
        return ""
