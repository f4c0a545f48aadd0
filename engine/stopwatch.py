"""How long each stage of an answer takes, and who is told of its progress."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from engine.fault_place import place
from engine.telemetry.spans import OpenSpan, begin
from engine.trace import Citation, Stage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStarted:
    """Told to a watcher when a stage begins for the first time."""

    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceReady:
    """Told to a watcher for each checked sentence, in order: Markdown with its marks."""

    text: str
    citations: tuple[Citation, ...]


Watch = Callable[[StageStarted | SentenceReady], Awaitable[None]]


@dataclass(slots=True)
class Stopwatch:
    """Milliseconds by stage, and who is told of them."""

    watch: Watch | None
    started: float = field(default_factory=time.perf_counter)
    timings: dict[Stage, float] = field(default_factory=dict)
    _begun: set[Stage] = field(default_factory=set)
    _stage: Stage | None = None
    _since: float = 0.0
    _span: OpenSpan | None = None

    async def enter(self, stage: Stage) -> None:
        """Time counts for this stage from now on; one that comes back is not told again."""
        self.leave()
        if stage not in self._begun:
            self._begun.add(stage)
            await self.tell(StageStarted(stage=stage))
        self._stage, self._since = stage, time.perf_counter()
        self._span = begin(stage.value)

    async def tell(self, event: StageStarted | SentenceReady) -> None:
        """A watcher that fails is told nothing more; what it does must not change the answer."""
        if self.watch is None:
            return
        try:
            await self.watch(event)
        except Exception as error:
            log.error("a watcher failed: %s at %s", type(error).__name__, place(error))
            self.watch = None

    def leave(self) -> None:
        """Time counts for no stage."""
        if self._stage is not None:
            spent = (time.perf_counter() - self._since) * 1000
            self.timings[self._stage] = self.timings.get(self._stage, 0.0) + spent
            self._stage = None
            if self._span is not None:
                self._span.end()

    def stop(self) -> dict[Stage, float]:
        """Everything so far, and the total."""
        self.leave()
        self.timings[Stage.TOTAL] = (time.perf_counter() - self.started) * 1000
        return self.timings
