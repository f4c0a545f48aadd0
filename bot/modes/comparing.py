"""Some time after a question was heard in shadow: its answer beside what people said.

People's answers are the messages of others than the asker that came after it in its thread and ask
nothing back; several are taken together. Where there are none, or the judge cannot tell, there is
no verdict.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.intake.courtesy import is_courtesy
from bot.intake.follow_up import asks
from bot.intake.plain_text import plain_text, without_emoji
from bot.intake.receiver import seconds_of
from bot.intake.thread import read_thread
from bot.modes.record import COMPARE, SPEAKABLE
from bot.review.timekeeper import Handler
from bot.slack_api import SlackApi
from engine.clock import Clock
from engine.generation.citation_marks import take_marks
from engine.storage.inbox import InboxItem, InboxStore, State
from engine.storage.timers import Timer
from engine.storage.traces import TraceStore
from engine.storage.verdicts import Source, Verdict, VerdictStore
from evals.judging.agreement import agreement
from evals.judging.judge import Judge

log = logging.getLogger(__name__)

_MOST_SAID = 12
_LEAST_WORDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparing:
    """Compares for one tenant, one at a time: nobody waits for it."""

    tenant: str
    bot_user: str
    api: SlackApi
    inbox: InboxStore
    traces: TraceStore
    verdicts: VerdictStore
    judge: Judge
    clock: Clock
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """For the timekeeper."""
        return {COMPARE: self.due}

    async def due(self, timer: Timer) -> datetime | None:
        """Compares the answer of a question, once.

        Raises: RateLimited, Unsure, StorageUnavailable, ModelUnavailable.
        """
        item = await self.inbox.get(self.tenant, timer.subject)
        if item is None or item.state is not State.DONE or not item.trace_id:
            return None
        row = await self.verdicts.get(self.tenant, item.id)
        trace = await self.traces.get(self.tenant, item.trace_id)
        if row is None or trace is None or not row.detail.get(SPEAKABLE):
            return None
        said = await self._said(item)
        if not said:
            return None
        async with self._turn:
            answer, _ = take_marks(str(trace["draft_reply"]))
            found = await agreement(self.judge, answer, said)
        if found.right is None:
            return None
        verdict = Verdict.RIGHT if found.right else Verdict.WRONG
        await self.verdicts.judge(
            self.tenant,
            item.id,
            verdict,
            Source.COMPARISON,
            score=found.score,
            at=self.clock(),
        )
        return None

    async def _said(self, item: InboxItem) -> list[str]:
        thread = await read_thread(
            self.api,
            channel=item.channel,
            thread_ts=item.root,
            before_ts=None,
            bot_user=self.bot_user,
        )
        return peoples_answers(
            thread.messages, asker=item.user, after=item.ts, bot_user=self.bot_user
        )


def peoples_answers(
    messages: Sequence[Mapping[str, Any]], *, asker: str, after: str, bot_user: str
) -> list[str]:
    """What others than the asker said after a message that is neither a question nor kind words."""
    found = []
    for message in messages:
        if message.get("user") == asker or seconds_of(str(message.get("ts"))) <= seconds_of(after):
            continue
        text = without_emoji(plain_text(str(message.get("text") or ""), bot_user=bot_user)).strip()
        is_word = len(text.split()) >= _LEAST_WORDS or any(c.isdigit() for c in text)
        if is_word and not is_courtesy(text) and not asks(text):
            found.append(text)
    return found[:_MOST_SAID]
