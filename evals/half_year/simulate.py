"""Asks a half year's questions, has people answer what the engine does not, and lets it learn.

The engine, the entries, the calibration and the thresholds are those of production; only the clock
and the people are played. A reviewer who knows the answer writes it; of a draft that cites a right
document they send that. One in four askers says whether an answer that was shown helped, and one in
twenty of these is wrong about it. All arms are asked the same questions.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from engine.answerability.calibration import Calibration
from engine.audience import EVERYONE, FULL_MEMBER
from engine.compose import Engine
from engine.knowledge.entries import uri_of
from engine.question import Budget, Gate, Question
from engine.storage.channel_modes import Mode
from engine.storage.entry import NewEntry
from engine.storage.inbox import NewQuestion, Surface
from engine.storage.verdicts import Answered, Source, Verdict, VerdictStore
from engine.trace import Outcome, Trace
from evals.half_year.week import Answer
from evals.half_year.world import Asked, World
from evals.precision.cut import Judged, fit_cut
from evals.retraining.calibration import recalibrate

START: Final = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_FREE = Budget(max_cost_usd=0.0)
_TEAM, _CHANNEL = "T0HALFYEAR", "C0HALFYEAR"
_SAYS, _ERRS = 0.25, 0.05
_SPEAKABLE = (Outcome.ANSWERED, Outcome.ESCALATED)

Tell = Callable[[int, int], None]


class Arm(StrEnum):
    """What people's word changes."""

    STILL = "still"
    """Nothing."""
    CAUTIOUS = "cautious"
    """Their verdicts set the threshold and the calibration, their answers are not learned."""
    LEARNING = "learning"
    """Their answers are learned too, as in production."""


@dataclass(slots=True)
class PlayedClock:
    """The half year's time."""

    at: datetime = START

    def __call__(self) -> datetime:
        """A second later each time, as storage orders by moments."""
        self.at += timedelta(seconds=1)
        return self.at


@dataclass(slots=True, kw_only=True)
class HalfYear:
    """One arm. engine: with the world's documents, on `clock`. target: share of shown answers that
    is to be right."""

    engine: Engine
    world: World
    clock: PlayedClock
    arm: Arm
    target: float
    seed: int
    _cut: float | None = None
    _entries: dict[str, str] = field(default_factory=dict)
    _judged: list[Judged] = field(default_factory=list)
    _seen: list[float] = field(default_factory=list)
    _asked: int = 0

    async def run(self, traffic: list[list[Asked]], tell: Tell) -> list[list[Answer]]:
        """The weeks, one after another.

        Raises: StorageUnavailable, IndexUnavailable, ModelUnavailable.
        """
        weeks = []
        for number, asked in enumerate(traffic):
            self.clock.at = max(self.clock.at, START + timedelta(weeks=number))
            answers = [await self._ask(each) for each in asked]
            weeks.append(answers)
            if self.arm is not Arm.STILL:
                await self._learn_weekly()
            tell(number + 1, len(traffic))
        return weeks

    async def _ask(self, asked: Asked) -> Answer:
        tenant, rng = self.engine.settings.tenant, random.Random(f"{self.seed}:{self._asked}")
        self._asked += 1
        gate = Gate(min_confidence=self._cut)
        trace = await self.engine.pipeline.run(
            Question(id=asked.known.id, text=asked.text, gate=gate),
            tenant=tenant,
            audience=FULL_MEMBER,
            budget=_FREE,
        )
        answer = self._answer_of(asked, trace)
        if self.arm is Arm.STILL:
            return answer
        spoken = trace.outcome in _SPEAKABLE and bool(trace.draft_reply)
        question_id = await self._note(asked, trace)
        if spoken:
            self._seen.append(trace.confidence)
        says = rng.random() < _SAYS
        if answer.escalated:
            if spoken:
                await self._judge(question_id, trace, answer.right, Source.REVIEWER)
            if asked.known.answer and not (spoken and answer.right):
                await self._publish(asked)
        elif answer.shown and says:
            found = answer.right if rng.random() >= _ERRS else not answer.right
            await self._judge(question_id, trace, found, Source.ASKER)
            if not found and asked.known.answer:  # it was down-voted, so a person looked at it
                await self._publish(asked)
        return answer

    def _answer_of(self, asked: Asked, trace: Trace) -> Answer:
        cited = {citation.document_name for citation in trace.citations}
        learned = {name for name, about in self._entries.items() if about == asked.known.id}
        shown = trace.outcome is Outcome.ANSWERED
        return Answer(
            week=asked.week,
            first=asked.first,
            answerable=bool(asked.known.answer),
            shown=shown,
            escalated=trace.outcome in (Outcome.ESCALATED, Outcome.FAILED),
            right=bool(cited & (asked.known.documents | learned)) and bool(asked.known.answer),
            learned=bool(cited & self._entries.keys()),
            confidence=trace.confidence,
        )

    async def _note(self, asked: Asked, trace: Trace) -> str:
        """As the bot notes what it was asked and how sure it was."""
        tenant, at = self.engine.settings.tenant, self.clock()
        item, _ = await self.engine.inbox.add(
            tenant,
            NewQuestion(
                team=_TEAM,
                channel=_CHANNEL,
                ts=f"{self._asked}.000001",
                user=f"U{self._asked % 50}",
                surface=Surface.MENTION,
                text=asked.text,
                asked_at=at,
            ),
            at=at,
        )
        await VerdictStore(self.engine.database).asked(
            tenant,
            Answered(
                question_id=item.id,
                team=_TEAM,
                channel=_CHANNEL,
                mode=Mode.AUTO,
                outcome=trace.outcome.value,
                confidence=trace.confidence,
                fingerprint=trace.fingerprint,
                asked_at=at,
                revision=1,
            ),
        )
        return item.id

    async def _judge(self, question_id: str, trace: Trace, right: bool, source: Source) -> None:
        self._judged.append(Judged(confidence=trace.confidence, right=right))
        await VerdictStore(self.engine.database).judge(
            self.engine.settings.tenant,
            question_id,
            Verdict.RIGHT if right else Verdict.WRONG,
            source,
            at=self.clock(),
        )

    async def _publish(self, asked: Asked) -> None:
        """What a reviewer wrote becomes an entry."""
        known, tenant = asked.known, self.engine.settings.tenant
        if self.arm is not Arm.LEARNING or known.id in self._entries.values():
            return
        made = await self.engine.entries.publish(
            tenant,
            NewEntry(
                question=known.text,
                answer=known.answer,
                author="a reviewer",
                owner="U0REVIEWER",
                audience=(EVERYONE,),
                permalink=None,
            ),
            at=self.clock(),
            by="U0REVIEWER",
        )
        if made.entry is not None:
            await self.engine.entry_knowledge.bring(self.engine.ingestion, made.entry.id)
            self._entries[uri_of(made.entry.id)] = known.id

    async def _learn_weekly(self) -> None:
        found = await recalibrate(self.engine)
        if found.promoted:  # what was seen so far was seen on another scale
            bend = Calibration(slope=found.figures["slope"], offset=found.figures["offset"])
            self._judged = [
                replace(each, confidence=bend.probability(each.confidence)) for each in self._judged
            ]
            self._seen = [bend.probability(each) for each in self._seen]
        cut = await asyncio.to_thread(
            fit_cut, self._judged, self._judged, self._seen, target=self.target
        )
        self._cut = cut.confidence
