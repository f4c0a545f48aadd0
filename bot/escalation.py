"""Doubtful questions in front of people: a card in the escalation channel for each case.

A case is a row before anybody is told of it; a loop places the cards that are missing, also those
that a crash left, and brings cards up to date. What a person replies under a card comes back by the
inbox, like every message.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.access.audience import rights_in
from bot.access.facts import SlackFacts
from bot.access.recheck import may_show
from bot.delivery.answerer import Prepared
from bot.delivery.poster import Dropped, Place, Poster
from bot.delivery.recovery import InDoubt
from bot.intake.plain_text import plain_text
from bot.intake.receiver import Receiver
from bot.intake.thread import read_thread
from bot.people_names import name_of
from bot.rendering.card import card_message
from bot.rendering.notices import handed_over
from bot.slack_api import RateLimited, Refused, SlackApi, SlackFault
from engine.clock import Clock
from engine.errors import DeskhandError
from engine.fault_place import place as place_of
from engine.storage.cases import Case, CaseStore
from engine.storage.documents import DocumentStore
from engine.storage.inbox import InboxItem, InboxStore, Surface
from engine.storage.replies import Kind
from engine.storage.traces import TraceStore

log = logging.getLogger(__name__)

ASKED_FOR = "asked_for"
"""Why a case is there that the asker wanted; beside the codes of the answer contract."""
_POLL_S = 30.0
_LEAST_WAIT_S = 1.0


@dataclass(slots=True, kw_only=True)
class Escalation:
    """The cases of one tenant. channel: where the cards go; None: nobody takes cases."""

    tenant: str
    team: str
    channel: str | None
    bot_user: str
    api: SlackApi
    facts: SlackFacts
    inbox: InboxStore
    cases: CaseStore
    traces: TraceStore
    documents: DocumentStore
    poster: Poster
    receiver: Receiver
    clock: Clock
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _outdated: set[str] = field(default_factory=set)
    _running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to place cards. Needs a running event loop."""
        if self.channel is not None:
            self._running = asyncio.create_task(self._run(), name="deskhand-cases")

    async def aclose(self) -> None:
        """Stops; cards not placed yet are placed by the next start. Idempotent."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    async def on_case(self, item: InboxItem, prepared: Prepared) -> None:
        """Opens the case of a question whose answer says that a person has it.

        Raises: StorageUnavailable.
        """
        await self.open(item, prepared.reasons)

    async def open(self, item: InboxItem, reasons: Sequence[str]) -> Case | None:
        """The case of a question, opened where it has none; None where nobody takes cases.

        Raises: StorageUnavailable.
        """
        if self.channel is None:
            return None
        case = await self.cases.open(self.tenant, item.id, reasons, self.clock())
        self._wake.set()
        return case

    async def on_done(self, item: InboxItem, outcome: str) -> None:
        """A person's answer has reached the asker: its card says so from now on.

        Raises: StorageUnavailable.
        """
        if item.surface is Surface.CASE_REPLY and outcome == "answered":
            case_id = str(item.extra["case"])
            await self.cases.delivered(case_id, self.clock())
            self._outdated.add(case_id)
            self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            wait_s = _POLL_S
            try:
                for case in await self._due():
                    await self._place(case)
                    self._outdated.discard(case.id)
            except RateLimited as limit:
                wait_s = max(limit.retry_after_s, _LEAST_WAIT_S)
            except InDoubt as doubt:
                wait_s = max((doubt.due_at - self.clock()).total_seconds(), _LEAST_WAIT_S)
            except DeskhandError as error:
                log.warning("a card was not placed yet: %s", error)
                wait_s = _LEAST_WAIT_S * 5
            except Exception as error:  # the loop outlives it
                log.error("cards: %s at %s", type(error).__name__, place_of(error))
            await self._pause(wait_s)

    async def _pause(self, seconds: float) -> None:
        """Waits; new cases end a long wait, not one that Slack asked for."""
        if seconds < _POLL_S:
            await self.sleep(seconds)
            return
        sleeping = asyncio.ensure_future(self.sleep(seconds))
        waking = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waking.cancel()

    async def _due(self) -> list[Case]:
        due = list(await self.cases.unplaced(self.tenant))
        for case_id in list(self._outdated):
            case = await self.cases.get(self.tenant, case_id)
            if case is not None:
                due.append(case)
        return due

    async def _place(self, case: Case) -> None:
        item = await self.inbox.get(self.tenant, case.question_id)
        if item is None or self.channel is None:
            return
        message = card_message(
            await self.trace_of(item),
            case_id=case.id,
            asker=await name_of(self.api, item.user),
            permalink=await self._permalink(item),
            may_show=await self.may_show_draft(item),
            answered_by=await name_of(self.api, case.answered_by) if case.answered_by else "",
        )
        place = Place(channel=self.channel, thread_ts=None)
        try:
            parts = await self.poster.deliver(
                item.id, item.revision, Kind.CARD, place, [message.body]
            )
        except Dropped:  # another replica places it, or the question changes at this moment
            return
        except Refused as refused:
            log.error("no card can be posted to %s: %s", self.channel, refused)
            raise
        card = next((part for part in parts if part.ts is not None), None)
        if card is not None and card.ts is not None:
            await self.cases.placed(case.id, self.channel, card.ts)
            if case.answered_at is None:
                await self._take_early_replies(case, self.channel, card.ts)
        if ASKED_FOR in case.reasons:
            with contextlib.suppress(Dropped):
                await self.poster.deliver(
                    item.id,
                    item.revision,
                    Kind.NOTICE,
                    Place(channel=item.channel, thread_ts=item.root),
                    [handed_over().body],
                )

    async def _take_early_replies(self, case: Case, channel: str, card_ts: str) -> None:
        """Replies that came before the card was known to be one, as after a lost answer of Slack.

        Raises: RateLimited, StorageUnavailable; it is tried again then.
        """
        self._outdated.add(case.id)
        thread = await read_thread(
            self.api, channel=channel, thread_ts=card_ts, before_ts=None, bot_user=self.bot_user
        )
        for message in thread.messages:
            event = {**message, "type": "message", "channel": channel, "channel_type": "channel"}
            await self.receiver.receive(event, team=self.team)

    async def trace_of(self, item: InboxItem) -> Mapping[str, Any]:
        """The answer contract's object as saved; for a question without one, what a card needs."""
        found = await self.traces.get(self.tenant, item.trace_id) if item.trace_id else None
        if found is not None:
            return found
        return {
            "question": plain_text(item.text, bot_user=self.bot_user),
            "draft_reply": "",
            "reasons": [{"code": "internal_error", "text": "It could not be answered at all."}],
            "citations": [],
            "internal_next_steps": [],
            "triage": {"category": None, "priority": None},
        }

    async def may_show_draft(self, item: InboxItem) -> bool:
        """Whether all who read the cards may read what the draft rests on."""
        if self.channel is None:
            return False
        rights = await rights_in(
            self.facts, team=self.team, channel=self.channel, user=None, user_team=None
        )
        trace = await self.trace_of(item)
        return await may_show(
            self.documents,
            tenant=self.tenant,
            passage_ids=[citation["chunk_id"] for citation in trace["citations"]],
            audience=rights.audience,
        )

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
