"""What holds for every click and form of a case: who may act, on what, and what they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.access.refusing import refuse
from bot.access.reviewers import Reviewers, Standing
from bot.escalation import Escalation
from bot.intake.receiver import Receiver
from bot.rendering.case_words import NOT_A_REVIEWER, UNKNOWN_REVIEWER, why_not_taken
from engine.clock import Clock
from engine.storage.case import Case, Changed, How
from engine.storage.inbox import InboxItem, NewQuestion, Surface


class Told(Exception):
    """A sentence for whoever pressed, in place of what they wanted."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        refuse()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of one tenant's cases."""

    reviewers: Reviewers
    escalation: Escalation
    receiver: Receiver
    clock: Clock

    async def refuse_others(self, user: str, channel: str | None) -> None:
        """Raises: Told."""
        standing = Standing.MAY_NOT
        if user and channel:
            standing, _ = await self.reviewers.standing(user, channel)
        if standing is not Standing.MAY:
            told = NOT_A_REVIEWER if standing is Standing.MAY_NOT else UNKNOWN_REVIEWER
            raise Told(told)

    async def absent(self, case: Case) -> str | None:
        """The owner of a case where they may review no more; None where they may."""
        return await self.reviewers.gone(case.owner, case.channel or case.card_home)

    async def changed(self, changed: Changed, user: str, otherwise: str = "") -> None:
        """Raises: Told where nothing was done."""
        if not changed.done:
            raise Told(
                otherwise
                if otherwise and changed.case.is_waiting
                else await self.why_not(changed.case, user)
            )
        self.escalation.wake()

    async def why_not(self, case: Case, user: str) -> str:
        """Why a case does not take what somebody wants; in words for them."""
        cards = self.escalation.cards
        names = {} if cards is None else await cards.names_of(case)
        return why_not_taken(case, names, for_user=user)

    async def send(
        self,
        case: Case,
        asked: InboxItem,
        user: str,
        text: str,
        how: How,
        trace_id: str,
        key: str,
        *,
        for_others: bool = True,
    ) -> None:
        """Puts an answer on its way; the first of several is taken where it is prepared.

        for_others: whether it may be learned.
        """
        extra: dict[str, Any] = {"case": case.id, "how": how.value, "trace": trace_id}
        await self.receiver.keep(
            NewQuestion(
                team=asked.team,
                channel=asked.channel,
                ts=f"case:{case.id}:{user}:{how.value}:{key}",
                thread_ts=asked.root,
                user=user,
                surface=Surface.CASE_REPLY,
                text=text,
                asked_at=self.clock(),
                extra=extra if for_others else {**extra, "learn": False},
            )
        )
