"""Who says whether an answer was right: its asker by a button, a reviewer by what they did."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from bot.modes.edits import is_light, likeness
from engine.storage.case import How
from engine.storage.feedback import Opinion
from engine.storage.inbox import InboxItem
from engine.storage.traces import TraceStore
from engine.storage.verdicts import Source, Verdict, VerdictStore

_AT_A_TIME = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnesses:
    """Of one tenant."""

    tenant: str
    verdicts: VerdictStore
    traces: TraceStore

    async def asker_said(self, asked: InboxItem, user: str, opinion: Opinion, at: datetime) -> None:
        """Helpful is right, not helpful wrong; other people's opinions are none of the asker's.

        Raises: StorageUnavailable.
        """
        if user == asked.user:
            verdict = Verdict.RIGHT if opinion is Opinion.POSITIVE else Verdict.WRONG
            await self.verdicts.judge(self.tenant, asked.id, verdict, Source.ASKER, at=at)

    async def hear_reviewers(self) -> int:
        """Notes what reviewers made of answers since the last time; how many. Safe to repeat.

        Sent as it was is right; rejected is wrong; what they wrote or edited is right where it is
        the draft but for its wording.

        Raises: StorageUnavailable.
        """
        heard = 0
        while found := await self.verdicts.decided(self.tenant, limit=_AT_A_TIME):
            noted = 0
            for each in found:
                verdict, score = Verdict.WRONG, None
                if each.how is How.APPROVED:
                    verdict = Verdict.RIGHT
                elif each.answer:
                    trace = await self.traces.get(self.tenant, each.trace_id or "")
                    draft = str(trace["draft_reply"]) if trace else ""
                    score = await asyncio.to_thread(likeness, draft, each.answer)
                    if await asyncio.to_thread(is_light, draft, each.answer):
                        verdict = Verdict.RIGHT
                noted += await self.verdicts.judge(
                    self.tenant,
                    each.question_id,
                    verdict,
                    Source.REVIEWER,
                    score=score,
                    at=each.at,
                )
            heard += noted
            if not noted or len(found) < _AT_A_TIME:
                break
        return heard
