"""What a case shows: its card in the escalation channel, and the line that tells the asker."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.access.audience import rights_in
from bot.access.facts import SlackFacts
from bot.access.recheck import may_show
from bot.delivery.poster import Dropped, Place, Poster
from bot.delivery.refusals import Meaning, meaning_of
from bot.intake.plain_text import plain_text
from bot.intake.receiver import Receiver
from bot.intake.thread import read_thread
from bot.people_names import name_of
from bot.rendering.card import card_message, withdrawn_card
from bot.rendering.message import Message
from bot.rendering.notices import QUESTION_CHANGED, handed_over, notice
from bot.slack_api import RateLimited, Refused, SlackApi, SlackFault
from engine.storage.cases import Case, CaseStore, Closed
from engine.storage.documents import DocumentStore
from engine.storage.inbox import InboxItem, InboxStore, State
from engine.storage.replies import Kind
from engine.storage.traces import TraceStore
from engine.trace import ReasonCode

log = logging.getLogger(__name__)

ASKED_FOR = "asked_for"
"""Why a case is there that the asker wanted; beside the codes of the answer contract."""
_QUOTING = frozenset({ReasonCode.CONFLICT.value, ReasonCode.UNSUPPORTED.value})
"""Reasons whose texts repeat documents, whether these are cited or not."""
_NO_ANSWER = "It could not be answered at all."
_CHANGED = "The asker has changed the question; it is being answered anew."


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCards:
    """Brings the cards of one tenant to where and how they are to be. channel: of the cards."""

    tenant: str
    team: str
    channel: str
    bot_user: str
    api: SlackApi
    facts: SlackFacts
    inbox: InboxStore
    cases: CaseStore
    traces: TraceStore
    documents: DocumentStore
    poster: Poster
    receiver: Receiver

    async def bring(self, case: Case) -> None:
        """Posts or updates a case's card, and tells the asker where they are to be told.

        May be called again after any failure.

        Raises: as `Poster.deliver`; Dropped where there is something newer to show.
        """
        item = await self.inbox.get(self.tenant, case.question_id)
        if item is None:
            return
        if case.closed is not None and case.ts is None and case.answered_at is None:
            await self.poster.withdraw(item.id, Kind.CARD)  # one that nobody was shown, or may be
        else:
            await self._bring_card(case, item)
        if case.tells_asker:
            await self._tell_asker(item)
        elif case.closed is not None and case.answered_at is None:
            await self.poster.withdraw(item.id, Kind.NOTICE)  # that a person has it
        if not await self.cases.shown(case):
            raise Dropped

    async def _bring_card(self, case: Case, item: InboxItem) -> None:
        place = Place(channel=self.channel, thread_ts=None)
        body = (await self._card(case, item)).body
        parts = await self.poster.deliver(item.id, item.revision, Kind.CARD, place, [body])
        ts = next((part.ts for part in parts if part.ts is not None), None)
        if ts is None:
            return
        await self.cases.placed(case.id, self.channel, ts)
        if case.answered_at is not None or case.closed is not None:
            return
        await self._take_early_replies(ts)
        if case.revision > case.first_revision:
            await self.poster.deliver(
                item.id,
                case.revision,
                Kind.CARD_NOTE,
                Place(channel=self.channel, thread_ts=ts),
                [notice(QUESTION_CHANGED).body],
                anew=True,
            )

    async def _card(self, case: Case, item: InboxItem) -> Message:
        if case.closed is Closed.WITHDRAWN and case.answered_at is None:
            return withdrawn_card()
        return card_message(
            await self.trace_of(item),
            case_id=case.id,
            asker=await name_of(self.api, item.user),
            permalink=await self._permalink(item),
            may_show=await self.may_show_draft(item),
            requested=ASKED_FOR in case.reasons,
            answered_by=await name_of(self.api, case.answered_by) if case.answered_by else "",
            settled=case.closed is Closed.SETTLED,
        )

    async def trace_of(self, item: InboxItem) -> Mapping[str, Any]:
        """The answer contract's object as saved; for a question without one, what a card needs."""
        found = await self.traces.get(self.tenant, item.trace_id) if item.trace_id else None
        if found is not None:
            return found
        pending = item.state in (State.DUE, State.CLAIMED)  # also while a first failure is ended
        why = _CHANGED if pending and item.revision > 1 else _NO_ANSWER
        return {
            "question": plain_text(item.text, bot_user=self.bot_user),
            "reply": "",
            "draft_reply": "",
            "reasons": [{"code": ReasonCode.INTERNAL_ERROR.value, "text": why}],
            "citations": [],
            "internal_next_steps": [],
            "triage": {"category": None, "priority": None},
        }

    async def may_show_draft(self, item: InboxItem) -> bool:
        """Whether all who read the cards may read what the draft rests on."""
        trace = await self.trace_of(item)
        codes = {reason["code"] for reason in trace["reasons"]}
        if not trace["citations"] and (trace["draft_reply"].strip() or codes & _QUOTING):
            return False  # nobody can say any more what it rests on
        rights = await rights_in(
            self.facts, team=self.team, channel=self.channel, user=None, user_team=None
        )
        return await may_show(
            self.documents,
            tenant=self.tenant,
            passage_ids=[citation["chunk_id"] for citation in trace["citations"]],
            audience=rights.audience,
        )

    async def _tell_asker(self, item: InboxItem) -> None:
        """Where the line is refused for good, the asker's conversation is gone."""
        try:
            await self.poster.deliver(
                item.id,
                item.revision,
                Kind.NOTICE,
                Place(channel=item.channel, thread_ts=item.root),
                [handed_over().body],
                anew=True,
            )
        except Refused as refused:
            if meaning_of(refused) is Meaning.APP:
                raise
            log.warning("an asker was not told that a person has the question: %s", refused)

    async def _take_early_replies(self, card_ts: str) -> None:
        """Replies that came before the card was known to be one, as after a lost answer of Slack.

        Raises: RateLimited, StorageUnavailable; it is tried again then.
        """
        thread = await read_thread(
            self.api,
            channel=self.channel,
            thread_ts=card_ts,
            before_ts=None,
            bot_user=self.bot_user,
        )
        for message in thread.messages:
            event = {
                **message,
                "type": "message",
                "channel": self.channel,
                "channel_type": "channel",
            }
            await self.receiver.receive(event, team=self.team)

    async def _permalink(self, item: InboxItem) -> str | None:
        try:
            answer = await self.api.call(
                "chat.getPermalink",
                channel=item.channel,
                message_ts=str(item.extra.get("message_ts") or item.ts),
            )
        except RateLimited:
            raise
        except SlackFault:
            return None
        return str(answer.get("permalink") or "") or None
