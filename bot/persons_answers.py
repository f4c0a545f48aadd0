"""What a person answered under a card or in its form, on its way to the asker."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from bot.access.audience import rights_of
from bot.access.facts import SlackFacts
from bot.access.reviewers import is_reviewer
from bot.delivery.answerer import NOT_MEANT, NotYet, Prepared
from bot.intake.plain_text import plain_text
from bot.people_names import name_of
from bot.rendering.human import human_answer
from bot.rendering.notices import ANSWERED_BEFORE, NOT_A_REVIEWER, SETTLED, WITHDRAWN
from bot.slack_api import RateLimited, SlackApi, SlackFault
from engine.clock import Clock
from engine.storage.cases import Case, CaseStore, Closed
from engine.storage.inbox import InboxItem
from engine.trace import Outcome

log = logging.getLogger(__name__)

_PATIENCE = timedelta(seconds=60)
"""How long an answer waits for Slack to say who gave it."""
_NOTHING = Prepared(trace_id="", outcome=NOT_MEANT, messages=())


def why_not_taken(case: Case) -> str:
    """What somebody is told whose answer a case does not take."""
    if case.answered_at is None and case.closed is not None:
        return WITHDRAWN if case.closed is Closed.WITHDRAWN else SETTLED
    return ANSWERED_BEFORE


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsAnswers:
    """Brings them under their author's name. The first answers; the others are told so."""

    tenant: str
    team: str
    bot_user: str
    api: SlackApi
    facts: SlackFacts
    cases: CaseStore
    clock: Clock

    async def prepare(self, item: InboxItem) -> Prepared:
        """The messages for the asker.

        Raises: NotYet while Slack does not say who wrote it; RateLimited, StorageUnavailable.
        """
        case = await self.cases.get(self.tenant, str(item.extra["case"]))
        if case is None:
            return _NOTHING
        if not await self._may_answer(item):
            await self._tell(item, case, NOT_A_REVIEWER)
            return _NOTHING
        text = plain_text(item.text, bot_user=self.bot_user)
        first = await self.cases.answer(
            case.id, by=item.user, text=text, at=self.clock(), reply_id=item.id
        )
        # Answered by this very reply: an attempt before died, or it was edited since.
        again = case.answered_with == item.id
        name = await name_of(self.api, item.user)
        messages = human_answer(text, reviewer=name) if first or again else ()
        if not messages:
            now = await self.cases.get(self.tenant, case.id) or case
            await self._tell(item, now, why_not_taken(now))
            return _NOTHING
        return Prepared(
            trace_id="",
            outcome=Outcome.ANSWERED.value,
            messages=tuple(message.body for message in messages),
        )

    async def _may_answer(self, item: InboxItem) -> bool:
        """Whether a full member wrote it; that they are in the channel, their writing shows."""
        rights = await rights_of(
            self.facts, team=self.team, user=item.user, user_team=item.user_team
        )
        if is_reviewer(rights, None):
            return True
        waits = self.clock() - item.received_at < _PATIENCE
        if not rights.certain and rights.retry_after_s is not None and waits:
            raise NotYet("Slack does not say now who answered", rights.retry_after_s)
        log.warning("an answer to case %s is not its author's to give", item.extra["case"])
        return False

    async def _tell(self, item: InboxItem, case: Case, sentence: str) -> None:
        """Only its author sees it; that it fails changes nothing."""
        if case.channel is None:
            return
        try:
            await self.api.call(
                "chat.postEphemeral",
                channel=case.channel,
                user=item.user,
                thread_ts=case.ts,
                text=sentence,
            )
        except RateLimited:
            raise
        except SlackFault as fault:
            log.info("somebody was not told: %s", fault)
