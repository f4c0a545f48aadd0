"""What a case shows: its card in the escalation channel, and the line that tells the asker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bot.access.audience import rights_in
from bot.access.facts import SlackFacts
from bot.access.held import passages_of
from bot.access.recheck import may_show
from bot.case_notices import CaseNotices
from bot.delivery.poster import Dropped, Place, Poster
from bot.delivery.refusals import Meaning, meaning_of
from bot.intake.plain_text import plain_text
from bot.intake.receiver import Receiver
from bot.intake.thread import read_thread
from bot.people_names import name_of
from bot.rendering.card import SimilarCase, Surroundings, card_message, withdrawn_card
from bot.rendering.message import Message
from bot.rendering.notices import QUESTION_CHANGED, notice
from bot.review.expectation import Expectation
from bot.review.lost_cards import LostCards
from bot.review.routing import Routing
from bot.review.similar import SimilarCases
from bot.review.webhooks import TICKETS
from bot.slack_api import RateLimited, Refused, SlackApi, SlackFault
from engine.redaction import Redactor
from engine.storage.case import Case, CaseState
from engine.storage.cases import CaseStore
from engine.storage.documents import DocumentStore
from engine.storage.inbox import InboxItem, InboxStore, State
from engine.storage.replies import Kind
from engine.storage.traces import TraceStore
from engine.storage.webhook_calls import WebhookCallStore
from engine.trace import ReasonCode

log = logging.getLogger(__name__)

_QUOTING = frozenset({ReasonCode.CONFLICT.value, ReasonCode.UNSUPPORTED.value})
"""Reasons whose texts repeat documents, whether these are cited or not."""
_NO_ANSWER = "It could not be answered at all."
_CHANGED = "The asker has changed the question; it is being answered anew."


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCards:
    """Brings the cards of one tenant to where and how they are to be.

    channel: of cards that no route sends elsewhere, or whose own channel does not take them.
    admin_channel: of those that this one does not take either; None: there is none.
    """

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
    routing: Routing
    similar: SimilarCases
    expectation: Expectation
    notices: CaseNotices
    lost: LostCards
    admin_channel: str | None
    tickets: WebhookCallStore
    redactor: Redactor

    async def bring(self, case: Case) -> None:
        """Posts or updates a case's card, and tells the asker what they are to be told.

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
        await self.notices.bring(case, item)
        if not await self.cases.shown(case):
            # Another bot may have shown the newer one before this one came, which then came last.
            await self.cases.redraw(self.tenant, case.id)
            raise Dropped

    async def expect(self, triage: Mapping[str, Any], *, channel: str) -> str:
        """How long the asker of a question in this channel will probably wait for a person."""
        category, priority = triage["category"], triage["priority"]
        home = await self.routing.channel(category=category, priority=priority, channel=channel)
        return await self.expectation.sentence(channel=home, priority=priority)

    async def names_of(self, case: Case) -> dict[str, str]:
        """How owner, answerer and closer are called, by id.  Raises: RateLimited."""
        people = {case.owner, case.answered_by, case.closed_by} - {None}
        return {user: await name_of(self.api, user) for user in people if user is not None}

    async def _bring_card(self, case: Case, item: InboxItem) -> None:
        to = await self.routing.of(
            category=case.category, priority=case.priority, channel=item.channel
        )
        home = case.channel or case.card_home or to.channel or self.channel
        homes = [home]
        if case.ts is None:
            if await self.lost.give_back(case):
                raise Dropped  # to be brought up to date where it stands
            homes += [c for c in (self.channel, self.admin_channel) if c not in (None, home)]
        for number, channel in enumerate(homes, start=1):
            if case.ts is None:
                await self.cases.at_home(case.id, channel)
            try:
                await self._place(case, item, channel, to.group)
                return
            except Refused as refused:
                if meaning_of(refused) is not Meaning.NOWHERE:
                    raise
                if not case.is_waiting:  # nobody has to see it any more
                    log.warning("a card does not say how its case ended: %s", refused)
                    return
                if case.ts is not None:
                    await self.lost.take(case)
                    raise Dropped from None  # to be placed anew
                if number == len(homes):
                    raise
                log.error("no card can be posted to %s: %s", channel, refused)

    async def _place(self, case: Case, item: InboxItem, home: str, group: str | None) -> None:
        place = Place(channel=home, thread_ts=None)
        body = (await self._card(case, item, home, group if case.ts is None else None)).body
        parts = await self.poster.deliver(item.id, item.revision, Kind.CARD, place, [body])
        card = next((part for part in parts if part.ts is not None), None)
        if card is None or card.ts is None:
            return
        home, ts = card.channel, card.ts  # where another bot placed it, if one was first
        await self.cases.placed(case.id, home, ts)
        if not case.is_waiting:
            return
        await self._take_early_replies(home, ts)
        if case.revision > case.first_revision:
            await self.poster.deliver(
                item.id,
                case.revision,
                Kind.CARD_NOTE,
                Place(channel=home, thread_ts=ts),
                [notice(QUESTION_CHANGED).body],
                anew=True,
            )

    async def _card(self, case: Case, item: InboxItem, home: str, group: str | None) -> Message:
        if case.state is CaseState.WITHDRAWN:
            return withdrawn_card(case)
        around = Surroundings(
            asker=await name_of(self.api, item.user),
            asked_at=item.asked_at,
            permalink=await self._permalink(
                item.channel, str(item.extra.get("message_ts") or item.ts)
            ),
            may_show=await self.may_show_draft(item, home),
            may_show_steps=await self._may_show_steps(item, home),
            names=await self.names_of(case),
            similar=await self._similar(case, item, home) if case.is_waiting else (),
            group=group if case.is_waiting else None,
            ticket=await self.tickets.address_of(self.tenant, TICKETS, case.id),
        )
        return card_message(await self.trace_of(item), case, around)

    async def _similar(self, case: Case, item: InboxItem, home: str) -> list[SimilarCase]:
        return [
            SimilarCase(
                question=await self._redacted(plain_text(other.text, bot_user=self.bot_user)),
                answered_by=await name_of(self.api, other.answered_by),
                card=await self._permalink(other.channel, other.ts),
            )
            for other in await self.similar.of(case.id, item.text, home)
        ]

    async def trace_of(self, item: InboxItem) -> Mapping[str, Any]:
        """The answer contract's object as saved, but for numbers that identify the asker; for a
        question without one, what a card needs."""
        found = await self.traces.get(self.tenant, item.trace_id) if item.trace_id else None
        if found is not None:
            return {**found, "question": await self._redacted(str(found["question"]))}
        pending = item.state in (State.DUE, State.CLAIMED)  # also while a first failure is ended
        why = _CHANGED if pending and item.revision > 1 else _NO_ANSWER
        return {
            "question": await self._redacted(plain_text(item.text, bot_user=self.bot_user)),
            "reply": "",
            "draft_reply": "",
            "reasons": [{"code": ReasonCode.INTERNAL_ERROR.value, "text": why}],
            "citations": [],
            "internal_next_steps": [],
            "triage": {"category": None, "priority": None},
        }

    async def _redacted(self, text: str) -> str:
        """Without account, card and phone numbers."""
        return await asyncio.to_thread(self.redactor.redact, text)

    async def may_show_draft(self, item: InboxItem, channel: str) -> bool:
        """Whether all who read this channel of cards may read what the draft rests on."""
        trace = await self.trace_of(item)
        codes = {reason["code"] for reason in trace["reasons"]}
        if not trace["citations"] and (trace["draft_reply"].strip() or codes & _QUOTING):
            return False  # nobody can say any more what it rests on
        return await self._all_may_read([c["chunk_id"] for c in trace["citations"]], channel)

    async def _may_show_steps(self, item: InboxItem, channel: str) -> bool:
        """Whether they may read all that was found, too: steps name what no sentence cites."""
        return await self._all_may_read(passages_of(await self.trace_of(item)), channel)

    async def _all_may_read(self, passage_ids: Collection[str], channel: str) -> bool:
        rights = await rights_in(
            self.facts, team=self.team, channel=channel, user=None, user_team=None
        )
        return await may_show(
            self.documents,
            tenant=self.tenant,
            passage_ids=passage_ids,
            audience=rights.audience,
        )

    async def _take_early_replies(self, channel: str, card_ts: str) -> None:
        """Replies that came before the card was known to be one, as after a lost answer of Slack.

        Raises: RateLimited, StorageUnavailable; it is tried again then.
        """
        thread = await read_thread(
            self.api,
            channel=channel,
            thread_ts=card_ts,
            before_ts=None,
            bot_user=self.bot_user,
        )
        for message in thread.messages:
            event = {
                **message,
                "type": "message",
                "channel": channel,
                "channel_type": "channel",
            }
            await self.receiver.receive(event, team=self.team)

    async def _permalink(self, channel: str, ts: str) -> str | None:
        try:
            answer = await self.api.call("chat.getPermalink", channel=channel, message_ts=ts)
        except RateLimited:
            raise
        except SlackFault:
            return None
        return str(answer.get("permalink") or "") or None
