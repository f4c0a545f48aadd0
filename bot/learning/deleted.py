"""What was drawn from a question goes with it when its asker deletes it.

Labels and saved cases go at once. An entry goes too while it has answered nobody else; one that
has is put to its owner, who keeps, rewords or withdraws it, and ends when they say nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from bot.intake.plain_text import plain_text
from bot.learning.keeping import DUE, EntryKeeping
from bot.learning.telling import ANSWER_WITHIN
from bot.review.timekeeper import Handler
from engine.clock import Clock
from engine.knowledge.entries import uri_of
from engine.storage.belongings import Belongings
from engine.storage.deleted_questions import DeletedQuestionStore, Drawn
from engine.storage.entries import EntryStore
from engine.storage.entry import EntryState
from engine.storage.erasing import ErasingStore
from engine.storage.timers import Timer, TimerStore
from evals.forgetting import drop_saved_cases

KIND: Final = "entry:deleted"
WHY: Final = "its question was deleted"
_SUBJECT = "questions"
_EVERY = timedelta(minutes=5)
_LOOKED_BACK = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedQuestions:
    """Looks every few minutes, and at once when somebody deletes a message. home: of the files of
    saved cases."""

    tenant: str
    bot_user: str
    home: Path
    questions: DeletedQuestionStore
    erasing: ErasingStore
    entries: EntryStore
    keeping: EntryKeeping
    timers: TimerStore
    clock: Clock

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """For the timekeeper."""
        return {KIND: self.due}

    async def start(self) -> None:
        """Sets the timer where it is not set.  Raises: StorageUnavailable."""
        if await self.timers.armed(self.tenant, KIND, _SUBJECT) is None:
            await self.timers.set(self.tenant, KIND, _SUBJECT, self.clock())

    async def due(self, _: Timer) -> datetime:
        """Looks, and gives the next moment."""
        await self.look()
        return self.clock() + _EVERY

    async def look(self) -> None:
        """Takes along what may go; safe to interrupt, and to run beside others.

        Raises: StorageUnavailable, IndexUnavailable; RateLimited, Unsure from telling people.
        """
        labelled = await self.questions.labelled(self.tenant)
        if labelled:
            gone = Belongings(questions=frozenset(labelled))
            await self.erasing.drop_drawn(self.tenant, gone)
        lately = await self.questions.since(self.tenant, self.clock() - _LOOKED_BACK)
        if lately:
            asked = [(q.user, plain_text(q.text, bot_user=self.bot_user)) for q in lately]
            await asyncio.to_thread(drop_saved_cases, self.home, asked)
        for drawn in await self.questions.drawn(self.tenant):
            await self._leave(drawn)

    async def thread_gone(self, entry_id: str) -> None:
        """The question of a thread that was heard of, though never asked here, was deleted: what
        was proposed from it goes, and what was accepted like any other entry.

        Raises: as `look`.
        """
        entry = await self.entries.get(self.tenant, entry_id)
        if entry is None:
            return
        if entry.state is EntryState.PROPOSED:
            declined = await self.entries.decline(
                self.tenant, entry_id, at=self.clock(), by=None, why=WHY
            )
            if declined.entry is not None:
                await self.keeping.telling.bring(declined.entry)
            await self._drop(entry_id)
        elif entry.asked_owner_at is None:
            await self._leave(Drawn(entry_id=entry.id, version=entry.version, trace_id=None))

    async def _leave(self, drawn: Drawn) -> None:
        entry = await self.entries.get(self.tenant, drawn.entry_id, drawn.version)
        if entry is None or entry.state is not EntryState.LIVE:
            return
        document, own = uri_of(entry.id), drawn.trace_id
        if await self.questions.relied_on(self.tenant, document, but=own):
            now = self.clock()
            await self.entries.ask_owner(self.tenant, entry.id, entry.version, at=now)
            await self.timers.set(self.tenant, DUE, entry.id, now + ANSWER_WITHIN)
            asked = await self.entries.get(self.tenant, entry.id, entry.version)
            if asked is not None:
                await self.keeping.telling.ask_owner(asked)
            return
        await self.keeping.end(entry, WHY)
        await self._drop(entry.id)

    async def _drop(self, entry_id: str) -> None:
        """Its title is what somebody asked, so it is not kept as one that ended either."""
        mine = Belongings(entries=frozenset({entry_id}))
        await self.erasing.drop_drawn(self.tenant, mine)
