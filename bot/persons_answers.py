"""What a person answered under a card or in its form, on its way to the asker."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.access.audience import rights_in
from bot.access.facts import SlackFacts
from bot.access.recheck import may_show
from bot.access.reviewers import Reviewers, Standing
from bot.delivery.answerer import NOT_MEANT, NotYet, Prepared
from bot.intake.plain_text import plain_text
from bot.people_names import name_of
from bot.rendering.case_words import NOT_A_REVIEWER, NOT_FOR_ASKER, why_not_taken
from bot.rendering.human import human_answer
from bot.rendering.neutral import escape
from bot.slack_api import RateLimited, SlackApi, SlackFault
from bot.surfaces.deeds import Deeds
from engine.clock import Clock
from engine.storage.audit import Outcome as AuditOutcome
from engine.storage.case import Case, How
from engine.storage.cases import CaseStore
from engine.storage.documents import DocumentStore
from engine.storage.inbox import InboxItem, InboxStore, Surface
from engine.storage.traces import TraceStore
from engine.trace import Outcome

log = logging.getLogger(__name__)

_PATIENCE = timedelta(seconds=60)
"""How long an answer waits for Slack to say who gave it."""
_NOTHING = Prepared(trace_id="", outcome=NOT_MEANT, messages=())


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsAnswers:
    """Brings them under their author's name. The first answers, or who has claimed the case; the
    others are told so."""

    tenant: str
    team: str
    bot_user: str
    api: SlackApi
    facts: SlackFacts
    reviewers: Reviewers
    inbox: InboxStore
    traces: TraceStore
    documents: DocumentStore
    cases: CaseStore
    deeds: Deeds
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
        how, text = How(item.extra.get("how") or How.ANSWERED), item.text
        if "how" not in item.extra:  # written under the card, with Slack's marks
            text = plain_text(item.text, bot_user=self.bot_user)
        trace = await self._draft_of(item)
        name = await name_of(self.api, item.user)
        messages = human_answer(
            text, reviewer=name, question_id=case.question_id, how=how, trace=trace
        )
        again = case.answered_with == item.id
        if not again and not await self._may_read(case, trace, text, how):
            await self._tell(item, case, NOT_FOR_ASKER)
            return _NOTHING
        if not messages:
            return _NOTHING
        if trace is not None and how is How.EDITED and text.strip() == trace["draft_reply"].strip():
            how = How.APPROVED
        given = await self.cases.answer(
            case.id,
            by=item.user,
            text=text,
            at=self.clock(),
            reply_id=item.id,
            how=how,
            instead_of=await self.reviewers.gone(case.owner, case.channel),
        )
        # `again`: answered by this very reply, which an attempt before did, or it was edited since.
        if again:
            await self.cases.correct(
                case.id, by=item.user, text=text, at=self.clock(), reply_id=item.id
            )
        if not given.done and not again:
            names = {
                user: await name_of(self.api, user)
                for user in (given.case.owner, given.case.answered_by, given.case.closed_by)
                if user is not None
            }
            await self._tell(item, given.case, why_not_taken(given.case, names, for_user=item.user))
            return _NOTHING
        if given.done:
            await self._write_down(item, case, AuditOutcome.ACCEPTED)
        return Prepared(
            trace_id="",
            outcome=Outcome.ANSWERED.value,
            messages=tuple(message.body for message in messages),
        )

    async def _draft_of(self, item: InboxItem) -> Mapping[str, Any] | None:
        """The answer that the reviewer had before them; None where they wrote their own."""
        trace_id = str(item.extra.get("trace") or "")
        return await self.traces.get(self.tenant, trace_id) if trace_id else None

    async def _may_read(
        self, case: Case, trace: Mapping[str, Any] | None, text: str, how: How
    ) -> bool:
        """Whether all who read the asker's conversation now may read what the answer rests on: all
        sources of a draft, and of an edited one those whose marks it kept.

        Raises: NotYet while Slack does not say who they are.
        """
        if trace is None:
            return how is not How.APPROVED
        asked = await self.inbox.get(self.tenant, case.question_id)
        if asked is None:
            return False
        rights = await rights_in(
            self.facts,
            team=asked.team,
            channel=asked.channel,
            user=asked.user,
            user_team=asked.user_team,
            dm=asked.surface is Surface.DM,
        )
        if not rights.certain and rights.retry_after_s is not None:
            raise NotYet("Slack does not say now who reads the answer", rights.retry_after_s)
        return await may_show(
            self.documents,
            tenant=self.tenant,
            passage_ids=[
                c["chunk_id"]
                for c in trace["citations"]
                if how is How.APPROVED or f"[{c['n']}]" in text
            ],
            audience=rights.audience,
        )

    async def _may_answer(self, item: InboxItem) -> bool:
        """Whether a full member wrote it; that they are in the channel, their writing shows."""
        standing, rights = await self.reviewers.standing(item.user, None, user_team=item.user_team)
        if standing is Standing.MAY:
            return True
        waits = self.clock() - item.received_at < _PATIENCE
        if not rights.certain and rights.retry_after_s is not None and waits:
            raise NotYet("Slack does not say now who answered", rights.retry_after_s)
        log.warning("an answer to case %s is not its author's to give", item.extra["case"])
        return False

    async def _tell(self, item: InboxItem, case: Case, sentence: str) -> None:
        """Only its author sees it; that it fails changes nothing."""
        await self._write_down(item, case, AuditOutcome.REFUSED)
        if case.channel is None:
            return
        try:
            await self.api.call(
                "chat.postEphemeral",
                channel=case.channel,
                user=item.user,
                thread_ts=case.ts if item.extra.get("reply_ts") else None,
                text=escape(sentence),
            )
        except RateLimited:
            raise
        except SlackFault as fault:
            log.info("somebody was not told: %s", fault)

    async def _write_down(self, item: InboxItem, case: Case, outcome: AuditOutcome) -> None:
        """In the audit log; a form's own row says only that the answer was put on its way."""
        await self.deeds.write(item.user, "answer to case", case.id, outcome)
