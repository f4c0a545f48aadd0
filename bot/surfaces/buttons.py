"""Buttons under answers and cards. A button's message says which question it is about, not the
value it carries: what comes from a client may be made up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.access.audience import rights_in, rights_of
from bot.access.facts import SlackFacts
from bot.access.recheck import may_show
from bot.escalation import Escalation
from bot.modes.witnesses import Witnesses
from bot.rendering.answer import choices_of
from bot.rendering.notices import NOT_ALLOWED, NOT_OPEN, PRESS_AGAIN
from bot.rendering.passage import not_shown_modal, passage_modal
from bot.slack_api import SlackApi, SlackFault
from bot.surfaces.asking import Asking
from engine.audience import Audience
from engine.clock import Clock
from engine.storage.case import ASKED_FOR, DOWN_VOTED
from engine.storage.cases import CaseStore
from engine.storage.documents import DocumentStore
from engine.storage.feedback import FeedbackStore, Opinion
from engine.storage.inbox import InboxItem, InboxStore, Surface
from engine.storage.replies import Kind, Part, ReplyStore
from engine.storage.traces import TraceStore
from evals.mirroring.answers import AnswerMirror

log = logging.getLogger(__name__)

Json = Mapping[str, Any]

_WAITS_S = (0.05, 0.1, 0.2, 0.4, 0.8, 0.8)
"""A fast reader presses before it is stored which message an answer is; Slack wants
its ack in three seconds."""


class TooEarly(Exception):  # not a fault: it is not stored yet which message was pressed
    """The message may be one of ours that is still being posted."""


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
    asking: Asking
    mirror: AnswerMirror
    witnesses: Witnesses
    clock: Clock
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def pressed(self, body: Json, action: Json) -> None:
        """Does it; a button of no message of ours does nothing.

        Raises: StorageUnavailable, SlackFault.
        """
        name, _, number = str(action.get("action_id") or "").partition(":")
        user = str((body.get("user") or {}).get("id") or "")
        container = body.get("container") or {}
        channel, ts = str(container.get("channel_id")), str(container.get("message_ts"))
        if name == "solved":
            await self._solved(channel, user, str(action.get("value") or ""))
            return
        try:
            part = await self._part_of(channel, ts)
        except TooEarly:
            await self._tell(channel, str(container.get("thread_ts") or ts), user, PRESS_AGAIN)
            return
        said = await self.inbox.get(self.tenant, part.question_id) if part and user else None
        if part is None or said is None:
            return
        asked, trace_id = await self._question_of(said)
        if asked is None:
            return
        if name == "passage" and number.isdecimal() and part.kind in (Kind.ANSWER, Kind.CARD):
            await self._show_passage(body, asked, channel, user, int(number), trace_id)
        elif part.kind is not Kind.ANSWER:
            return
        elif name == "feedback":
            await self._feedback(asked, said, user, str(action.get("value") or ""))
        elif name == "human":
            if user == asked.user:
                await self.escalation.open(asked, [ASKED_FOR], by=user)
            else:
                await self._tell(asked.channel, asked.root, user, NOT_ALLOWED)
        elif name == "choice" and number.isdecimal():
            await self._choose(body, asked, user, int(number))

    async def _part_of(self, channel: str, ts: str) -> Part | None:
        """What of ours this message is.

        Raises: TooEarly.
        """
        for wait_s in (*_WAITS_S, None):
            may_come = await self.replies.awaits_ts(self.tenant, channel)
            part = await self.replies.find_by_ts(self.tenant, channel, ts)
            if part is not None or not may_come:
                return part
            if wait_s is not None:
                await self.sleep(wait_s)
        raise TooEarly

    async def _question_of(self, said: InboxItem) -> tuple[InboxItem | None, str]:
        """The question that a message of ours answers, and the trace of what it says; of a person's
        answer, the question of its case."""
        if said.surface is not Surface.CASE_REPLY:
            return said, said.trace_id or ""
        case = await self.cases.get(self.tenant, str(said.extra.get("case")))
        asked = await self.inbox.get(self.tenant, case.question_id) if case else None
        return asked, str(said.extra.get("trace") or "")

    async def _solved(self, channel: str, user: str, question_id: str) -> None:
        """The asker needs nobody any more. The button names the question, as it may be pressed
        before it is known which message it is of; only its asker, and only there, closes a case."""
        asked = await self.inbox.get(self.tenant, question_id)
        if asked is None or asked.channel != channel:
            return
        if user != asked.user:
            await self._tell(asked.channel, asked.root, user, NOT_ALLOWED)
            return
        case = await self.cases.of_question(self.tenant, asked.id)
        changed = await self.cases.solve(case.id, by=user, at=self.clock()) if case else None
        if changed is None or not changed.done:
            await self._tell(asked.channel, asked.root, user, NOT_OPEN)
        self.escalation.wake()

    async def _feedback(self, asked: InboxItem, said: InboxItem, user: str, value: str) -> None:
        """An answer that did not help goes to a person, once; so does a person's, which its asker
        alone can have looked at again."""
        opinion, _, _ = value.partition(":")
        if opinion not in (Opinion.POSITIVE.value, Opinion.NEGATIVE.value):
            return
        at, persons = self.clock(), said.id != asked.id
        await self.feedback.put(self.tenant, asked.id, user, Opinion(opinion), at)
        if not persons:
            self.mirror.judged(asked.trace_id or "", user, Opinion(opinion), at)
            await self.witnesses.asker_said(asked, user, Opinion(opinion), at)
        if opinion == Opinion.POSITIVE or self.escalation.cards is None:
            return
        case = await self.cases.of_question(self.tenant, asked.id)
        present = case is not None and persons and case.answered_with == said.id
        if user == asked.user if present else case is None:
            await self.escalation.open(asked, [DOWN_VOTED], by=user)

    async def _show_passage(
        self, body: Json, asked: InboxItem, channel: str, user: str, n: int, trace_id: str
    ) -> None:
        """The passage, to somebody who reads the answer and may read the document now."""
        trace = await self.traces.get(self.tenant, trace_id) if trace_id else None
        cited = [c for c in trace["citations"] if c["n"] == n] if trace else []
        view = None
        if trace is not None and cited:
            audience = await self._readers(asked, channel, user)
            ids = [citation["chunk_id"] for citation in cited]
            if await may_show(
                self.documents, tenant=self.tenant, passage_ids=ids, audience=audience
            ):
                view = passage_modal(trace, n)
        await self.api.call(
            "views.open", trigger_id=body.get("trigger_id"), view=view or not_shown_modal()
        )

    async def _readers(self, asked: InboxItem, channel: str, user: str) -> Audience:
        """Only the one who pressed sees the passage: theirs are the rights, and what belongs to
        the conversation in which they pressed."""
        own = await rights_of(self.facts, team=self.team, user=user, user_team=None)
        there = await rights_in(
            self.facts, team=asked.team, channel=channel, user=user, user_team=None
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
