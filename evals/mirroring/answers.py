"""A sample of the bot's answers, and what people thought of them, to the services that are set."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from engine.fault_place import place
from engine.mirroring.opening import open_mirrors, open_redactor, preparation
from engine.mirroring.outbox import Outbox
from engine.mirroring.records import Opinion, Record
from engine.question import Question
from engine.settings import Settings
from engine.storage.feedback import Opinion as Thumb
from evals.mirroring.answer import answer_trace

log = logging.getLogger(__name__)

FEEDBACK = "user_feedback"


class AnswerMirror:
    """Costs an answer a look at its id, and a sampled one a place in a queue: nothing here waits
    or raises.

    sample_rate: share of the answers; an answer is in the sample by its id, so that all that is
    said of it later is in it too. model: what writes answers.
    """

    def __init__(
        self, outboxes: Sequence[Outbox], *, sample_rate: float, model: str, stop_s: float
    ) -> None:
        self.outboxes = tuple(outboxes)
        self._sample_rate = sample_rate
        self._model = model
        self._stop_s = stop_s

    def answered(
        self, body: Mapping[str, Any], question: Question, asked_at: datetime, *, shown: bool = True
    ) -> None:
        """An answer was saved. body: as `render_trace` gives it. shown: False for one that nobody
        sees, as of a channel in shadow, which is kept apart."""
        if not self._wants(str(body["trace_id"])):
            return
        try:
            trace = answer_trace(
                *(body, question),
                started_at=asked_at,
                model=self._model,
                environment="production" if shown else "shadow",
                tags=("deskhand", str(body["outcome"])),
            )
        except Exception as error:  # nobody's answer depends on it
            log.error("an answer is not mirrored: %s at %s", type(error).__name__, place(error))
            return
        self._put(trace)

    def judged(self, trace_id: str, user: str, thumb: Thumb, at: datetime) -> None:
        """Somebody pressed a thumb; their next one takes its place. Who they are is not sent."""
        if trace_id and self._wants(trace_id):
            answer = UUID(trace_id)
            self._put(
                Opinion(
                    id=uuid5(answer, f"{FEEDBACK}:{user}"),
                    trace_id=answer,
                    name=FEEDBACK,
                    score=1.0 if thumb is Thumb.POSITIVE else 0.0,
                    at=at,
                )
            )

    async def aclose(self) -> None:
        """Sends what waits, for as long as the settings allow; idempotent."""
        await asyncio.gather(*(outbox.aclose(self._stop_s) for outbox in self.outboxes))

    def _wants(self, trace_id: str) -> bool:
        return bool(self.outboxes) and is_sampled(trace_id, self._sample_rate)

    def _put(self, record: Record) -> None:
        for outbox in self.outboxes:
            outbox.put(record)


def open_answer_mirror(settings: Settings) -> AnswerMirror:
    """A mirror of the bot's answers; one that does nothing where no service is set.

    Raises: SettingsInvalid.
    """
    rate = settings.mirror.sample_rate
    mirrors = open_mirrors(settings)  # half a setting is refused, whatever the rate
    prepare = preparation(open_redactor(settings))
    return AnswerMirror(
        [
            Outbox(mirror, prepare=prepare, most=settings.mirror.most_waiting)
            for mirror in mirrors
            if rate > 0
        ],
        sample_rate=rate,
        model=settings.openai.model,
        stop_s=settings.mirror.stop_s,
    )


def is_sampled(trace_id: str, rate: float) -> bool:
    """Whether an answer is in the sample: the same wherever and whenever it is asked."""
    digest = hashlib.sha256(f"mirror\0{trace_id}".encode()).digest()
    return int.from_bytes(digest[:8]) < rate * 2**64
