"""Buttons under answers and cards. A button's message says which question it is about, not the
value it carries: what comes from a client may be made up."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.access.audience import rights_in, rights_of
from bot.access.facts import SlackFacts
from bot.access.recheck import may_show
from bot.access.reviewers import is_reviewer
from bot.escalation import ASKED_FOR, Escalation
from bot.intake.receiver import Receiver
from bot.persons_answers import why_not_taken
from bot.rendering.answer import choices_of
from bot.rendering.card import answer_form
from bot.rendering.notices import NOT_A_REVIEWER, NOT_ALLOWED
from bot.rendering.passage import not_shown_modal, passage_modal
from bot.slack_api import SlackApi, SlackFault
from bot.surfaces.asking import Asking
from engine.audience import Audience
from engine.clock import Clock
from engine.storage.cases import Case, CaseStore
from engine.storage.documents import DocumentStore
from engine.storage.feedback import FeedbackStore, Opinion
from engine.storage.inbox import InboxItem, InboxStore, NewQuestion, Surface
from engine.storage.replies import Kind, ReplyStore
from engine.storage.traces import TraceStore
from evals.mirroring.answers import AnswerMirror

log = logging.getLogger(__name__)

Json = Mapping[str, Any]
_EMPTY = "Please write an answer, or close the form."


@dataclass(frozen=True, slots=True, kw_only=True)
class Buttons:
    """Does what is pressed."""

    tenant: str
    team: str
    api: SlackApi
    facts: SlackFacts
    inbox: InboxStore
    replies: ReplyStore
    traces: TraceStore
    documents: DocumentStore
    feedback: FeedbackStore
    cases: CaseStore
    escalation: Escalation
    receiver: Receiver
    asking: Asking
    mirror: AnswerMirror
    clock: Clock

    async def pressed(self, body: Json, action: Json) -> None:
        """Does it; a button of no message of ours does nothing.

        Raises: StorageUnavailable, SlackFault.
        """
        name, _, number = str(action.get("action_id") or "").partition(":")
        user = str((body.get("user") or {}).get("id") or "")
        container = body.get("container") or {}
        channel, ts = str(container.get("channel_id")), str(container.get("message_ts"))
        if name == "case":
            case = await self._case_of(channel, ts, str(action.get("value") or ""))
            if case is not None:
                await self._open_form(body, case, user)
            return
        part = await self.replies.find_by_ts(self.tenant, channel, ts)
        if part is None or part.kind is not Kind.ANSWER or not user:
            return
        asked = await self.inbox.get(self.tenant, part.question_id)
        if asked is None:
            return
        if name == "feedback":
            await self._feedback(asked, user, str(action.get("value") or ""))
        elif name == "human":
            if user == asked.user:
                await self.escalation.open(asked, [ASKED_FOR])
            else:
                await self._tell(asked.channel, asked.root, user, NOT_ALLOWED)
        elif name == "passage" and number.isdecimal():
            await self._show_passage(body, asked, user, int(number))
        elif name == "choice" and number.isdecimal():
            await self._choose(body, asked, user, int(number))

    async def submitted(self, body: Json) -> Json | None:
        """The form in which a person answers a case.

        Raises: StorageUnavailable.
        """
        view = body.get("view") or {}
        user = str((body.get("user") or {}).get("id") or "")
        case = await self.cases.get(self.tenant, str(view.get("private_metadata") or ""))
        if view.get("callback_id") != "case:answer" or case is None:
            return None
        fields = (view.get("state") or {}).get("values") or {}
        text = str(((fields.get("reply") or {}).get("text") or {}).get("value") or "").strip()
        if not text:
            return _error(_EMPTY)
        if not await self._may_answer(case, user):
            return _error(NOT_A_REVIEWER)
        if case.answered_at is not None or case.closed is not None:
            return _error(why_not_taken(case))
        asked = await self.inbox.get(self.tenant, case.question_id)
        if asked is None:
            return None
        await self.receiver.keep(
            NewQuestion(
                team=asked.team,
                channel=asked.channel,
                ts=f"case:{self.escalation.channel}:{view.get('id')}",
                thread_ts=asked.root,
                user=user,
                surface=Surface.CASE_REPLY,
                text=text,
                asked_at=self.clock(),
                extra={"case": case.id},
            )
        )
        return None

    async def _feedback(self, asked: InboxItem, user: str, value: str) -> None:
        opinion, _, _ = value.partition(":")
        if opinion in (Opinion.POSITIVE.value, Opinion.NEGATIVE.value):
            at = self.clock()
            await self.feedback.put(self.tenant, asked.id, user, Opinion(opinion), at)
            self.mirror.judged(asked.trace_id or "", user, Opinion(opinion), at)

    async def _show_passage(self, body: Json, asked: InboxItem, user: str, n: int) -> None:
        """The passage, to somebody who reads the answer and may read the document now."""
        trace = await self.traces.get(self.tenant, asked.trace_id) if asked.trace_id else None
        cited = [c for c in trace["citations"] if c["n"] == n] if trace else []
        view = None
        if trace is not None and cited:
            audience = await self._readers(asked, user)
            ids = [citation["chunk_id"] for citation in cited]
            if await may_show(
                self.documents, tenant=self.tenant, passage_ids=ids, audience=audience
            ):
                view = passage_modal(trace, n)
        await self.api.call(
            "views.open", trigger_id=body.get("trigger_id"), view=view or not_shown_modal()
        )

    async def _readers(self, asked: InboxItem, user: str) -> Audience:
        """Only the one who pressed sees the passage: theirs are the rights, and what belongs to
        the conversation in which they pressed."""
        own = await rights_of(self.facts, team=self.team, user=user, user_team=None)
        there = await rights_in(
            self.facts, team=asked.team, channel=asked.channel, user=user, user_team=None
        )
        return Audience(own.audience.tags | there.audience.tags)

    async def _choose(self, body: Json, asked: InboxItem, user: str, number: int) -> None:
        if user != asked.user:
            await self._tell(asked.channel, asked.root, user, NOT_ALLOWED)
            return
        trace = await self.traces.get(self.tenant, asked.trace_id) if asked.trace_id else None
        choices = choices_of(trace["reply"]) if trace else ()
        if number < len(choices):
            await self.asking.choice(body, asked, number, choices[number])

    async def _case_of(self, channel: str, ts: str, value: str) -> Case | None:
        """The case of a card; by the button's value where Slack's answer about the card, which
        would say which message it is, has not come yet."""
        case = await self.cases.by_card(self.tenant, channel, ts)
        if case is None and channel == self.escalation.channel:
            named = await self.cases.get(self.tenant, value)
            case = named if named is not None and named.ts in (None, ts) else None
        return case

    async def _open_form(self, body: Json, case: Case, user: str) -> None:
        if not await self._may_answer(case, user):
            if case.channel is not None and case.ts is not None:
                await self._tell(case.channel, case.ts, user, NOT_A_REVIEWER)
            return
        if case.closed is not None and case.answered_at is None:  # the card is not redrawn yet
            await self._tell(case.channel or "", case.ts or "", user, why_not_taken(case))
            return
        asked = await self.inbox.get(self.tenant, case.question_id)
        cards = self.escalation.cards
        if asked is None or cards is None:
            return
        form = answer_form(
            await cards.trace_of(asked),
            case_id=case.id,
            may_show=await cards.may_show_draft(asked),
        )
        await self.api.call("views.open", trigger_id=body.get("trigger_id"), view=form)

    async def _may_answer(self, case: Case, user: str) -> bool:
        """Who is in the channel of the cards and a full member of this workspace."""
        if self.escalation.channel is None:
            return False
        rights = await rights_of(self.facts, team=self.team, user=user, user_team=None)
        return is_reviewer(rights, case.channel or self.escalation.channel)

    async def _tell(self, channel: str, thread_ts: str, user: str, sentence: str) -> None:
        try:
            await self.api.call(
                "chat.postEphemeral",
                channel=channel,
                user=user,
                thread_ts=thread_ts,
                text=sentence,
            )
        except SlackFault as fault:
            log.info("somebody was not told: %s", fault)


def _error(sentence: str) -> Json:
    return {"response_action": "errors", "errors": {"reply": sentence}}
