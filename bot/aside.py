"""Work beside the main thing, which nobody waits for and which may fail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from engine.errors import DeskhandError
from engine.fault_place import place

log = logging.getLogger(__name__)

_MOST = 200


class Aside:
    """Runs such work, and ends it. Where too much is under way, the newest is left out."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[Any, Any, None], failing: str) -> None:
        """Runs it; `failing` says in the log what did not happen where it fails."""
        if len(self._tasks) >= _MOST:
            work.close()
            return
        self._tasks.add(task := asyncio.create_task(_guarded(work, failing)))
        task.add_done_callback(self._tasks.discard)

    async def aclose(self) -> None:
        """Ends all of it. Idempotent."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _guarded(work: Coroutine[Any, Any, None], failing: str) -> None:
    try:
        await work
    except DeskhandError as error:
        log.info("%s: %s", failing, error)
    except Exception as error:  # nobody is owed it
        log.error("%s: %s at %s", failing, type(error).__name__, place(error))
