"""What is heard of shared files, brought to the process that looks after them.

Slack tells one replica, and another may have the lease: then a timer row tells it, with ids alone.
What gets lost on the way is found by the watch's own look at everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.aside import Aside
from bot.review.timekeeper import Handler
from bot.shared_files.watch import LEAST_GAP_S, SharedFilesWatch, concise
from engine.clock import Clock
from engine.storage.timers import Timer, TimerStore

KIND: Final = "shared_files"
_EVERYTHING = "everything"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFilesNews:
    """Hears for the watch, wherever it runs."""

    tenant: str
    watch: SharedFilesWatch
    timers: TimerStore
    aside: Aside
    clock: Clock

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """For the timekeeper of the process that watches."""
        return {KIND: self.due}

    def heed(self, event: Mapping[str, Any]) -> None:
        """Notes what an event says is to be looked at; returns at once."""
        if self.watch.runs:
            self.watch.heed(event)
        elif self.watch.channels and (said := concise(event)) is not None:
            place = said.get("channel") or said.get("channel_id") or said.get("file_id") or ""
            named = ",".join(str(file["id"]) for file in said.get("files", ()))
            self._pass_on(f"{said['type']}:{place}:{named}"[:200], said)

    def look_at_all(self) -> None:
        """Events may have been lost."""
        if self.watch.runs:
            self.watch.look_at_all()
        elif self.watch.channels:
            self._pass_on(_EVERYTHING, {})

    async def on_connected(self, gap_s: float) -> None:
        """A connection stands again; what was shared meanwhile was told to nobody."""
        if gap_s >= LEAST_GAP_S:
            self.look_at_all()

    async def due(self, timer: Timer) -> None:
        """Tells the watch what another process heard."""
        if timer.subject == _EVERYTHING:
            self.watch.look_at_all()
        else:
            self.watch.heed(timer.detail)

    def _pass_on(self, subject: str, detail: Mapping[str, Any]) -> None:
        setting = self._set(subject, detail)
        self.aside.begin(setting, "shared files are looked at when it is time")

    async def _set(self, subject: str, detail: Mapping[str, Any]) -> None:
        await self.timers.set(self.tenant, KIND, subject, self.clock(), detail=detail)
