"""What one process does for all that share a database: begun with the lease, stopped with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.evals.clockwork import Clockwork
from bot.intake.gap_loop import GapLoop
from bot.refitting import Refitting
from bot.review.timekeeper import Timekeeper
from bot.shared_files.watch import SharedFilesWatch


class SetsTimer(Protocol):
    """Who has something done by the timekeeper from time to time."""

    async def start(self) -> None:
        """Sets the timer where it is not set.  Raises: StorageUnavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """All of it. gaps: None where the process answers as well, and so reads its own anyway."""

    gaps: GapLoop | None
    shared_files: SharedFilesWatch
    evaluations: Clockwork
    timers: Sequence[SetsTimer]
    timekeeper: Timekeeper
    refitting: Refitting

    async def start(self) -> None:
        """Begins.  Raises: StorageUnavailable; WrongUse where the watch's time zone is none."""
        if self.gaps is not None:
            self.gaps.start()
        self.shared_files.start()
        await self.evaluations.start()
        for each in self.timers:
            await each.start()
        await self.timekeeper.start()
        self.refitting.start()

    async def aclose(self) -> None:
        """Stops all at once: what one of them still gives back holds up no other. Idempotent."""
        ending = [
            self.shared_files.aclose(),
            self.evaluations.aclose(),
            self.timekeeper.aclose(),
            self.refitting.aclose(),
        ]
        if self.gaps is not None:
            ending.append(self.gaps.aclose())
        await asyncio.gather(*ending)
