"""What the asker is told of their case, beside a person's answer."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from bot.delivery.poster import Dropped, Place, Poster
from bot.delivery.recovery import InDoubt
from bot.delivery.refusals import Meaning, meaning_of
from bot.people_names import name_of
from bot.rendering.message import Message
from bot.rendering.notices import NOBODY_REACHED, SOLVED, handed_over, notice, out_of_scope
from bot.review.expectation import Expectation
from bot.slack_api import RateLimited, Refused, SlackApi, SlackFault
from engine.storage.case import Case, CaseState
from engine.storage.case_history import Action
from engine.storage.cases import CaseStore
from engine.storage.inbox import InboxItem, InboxStore
from engine.storage.replies import Kind, Part, PartState, ReplyStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNotices:
    """Tells the askers of one tenant. channel: of cards that belong nowhere else."""

    tenant: str
    channel: str
    api: SlackApi
    inbox: InboxStore
    cases: CaseStore
    replies: ReplyStore
    poster: Poster
    expectation: Expectation

    async def bring(self, case: Case, item: InboxItem) -> None:
        """Makes a case's lines in its asker's conversation be as they are to be.

        Where a line is refused for good, that conversation is gone.

        Raises: as `Poster.deliver`; Dropped where the case is not so any more.
        """
        state = case.state
        try:
            if case.is_waiting:
                if case.tells_asker:
                    await self._tell_who_has_it(case, item)
            elif state is CaseState.SOLVED:
                await self._say(item, Kind.NOTICE, notice(SOLVED))
            elif state is CaseState.REJECTED:
                name = await name_of(self.api, case.closed_by or "")
                await self._say(item, Kind.OUTCOME, out_of_scope(case.closed_why or "", name))
                await self.poster.withdraw(item.id, Kind.NOTICE)
            elif case.answered_at is None or await self._is_below(item, case.answered_with):
                # That a person has it: it is over, or was on its way when their answer came.
                await self.poster.withdraw(item.id, Kind.NOTICE)
        except Refused as refused:
            if meaning_of(refused) is Meaning.APP:
                raise
            log.warning("an asker was not told what becomes of a question: %s", refused)

    async def unreachable(self, case: Case) -> None:
        """Tells the asker that no card can be posted, where none is; it is tried on.

        Raises: RateLimited, StorageUnavailable.
        """
        item = await self.inbox.get(self.tenant, case.question_id)
        if item is None or case.ts is not None or not case.is_waiting:
            return
        await self.cases.tell_asker_once_placed(case.id)
        try:
            await self._say(item, Kind.NOTICE, notice(NOBODY_REACHED))
        except RateLimited:
            raise
        except (SlackFault, InDoubt, Dropped) as fault:
            log.warning("an asker was not told that nobody can be reached: %s", fault)

    async def _tell_who_has_it(self, case: Case, item: InboxItem) -> None:
        await self.poster.withdraw(item.id, Kind.OUTCOME)
        expected = await self.expectation.sentence(
            channel=case.channel or case.card_home or self.channel, priority=case.priority
        )
        now = await self.cases.get(self.tenant, case.id)
        if now is not None and not now.is_waiting:  # since its card was placed
            raise Dropped
        events = await self.cases.events(self.tenant, case.id)
        replies = [str(e.detail["reply_id"]) for e in events if e.action is Action.ANSWERED]
        if replies and await self._is_below(item, replies[-1]) is False:
            await self.poster.withdraw(item.id, Kind.NOTICE)  # which nobody would see change
        await self._say(item, Kind.NOTICE, handed_over(item.id, expected))

    async def _is_below(self, item: InboxItem, reply_id: str | None) -> bool | None:
        """Whether the line that a person has the question stands below the answer of a person's
        reply; None where either is not there."""
        answers = await self.replies.of(self.tenant, reply_id or "", Kind.ANSWER)
        notices = await self.replies.of(self.tenant, item.id, Kind.NOTICE)
        answered = [ts for ts in map(_shown_ts, answers) if ts]
        told = [ts for ts in map(_shown_ts, notices) if ts]
        return max(told) > min(answered) if answered and told else None

    async def _say(self, item: InboxItem, kind: Kind, message: Message) -> None:
        place = Place(channel=item.channel, thread_ts=item.root)
        await self.poster.deliver(item.id, item.revision, kind, place, [message.body], anew=True)


def _shown_ts(part: Part) -> float | None:
    """When a message that is there was posted."""
    return None if part.ts is None or part.state is PartState.GONE else float(part.ts)
