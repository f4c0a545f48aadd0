"""Doubtful questions in front of people: a card in the escalation channel for each case.

A case is a row before anybody is told of it, and so is everything that its card does not show yet:
a loop brings the cards up to date, also those that a crash left. What a person replies under a card
comes back by the inbox, like every message.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.case_cards import CaseCards
from bot.delivery.answerer import Prepared
from bot.delivery.poster import Dropped
from bot.delivery.recovery import InDoubt
from bot.slack_api import RateLimited, Refused
from engine.clock import Clock
from engine.errors import DeskhandError
from engine.fault_place import place as place_of
from engine.storage.case import ASKED_FOR, DOWN_VOTED, Case
from engine.storage.cases import CaseStore
from engine.storage.inbox import InboxItem, Surface
from engine.storage.traces import TraceStore

log = logging.getLogger(__name__)

_POLL_S = 30.0
_LEAST_WAIT_S = 1.0
_MOST_WAIT_S = 300.0
_TELLS = frozenset({ASKED_FOR, DOWN_VOTED})
"""Reasons of cases whose asker did not read with the answer that a person has it."""


@dataclass(slots=True, kw_only=True)
class Escalation:
    """The cases of one tenant. cards: None where nobody takes cases. prepare: called before each
    version of a case is brought, perhaps again; gives the case as it then is. on_delivered: hears
    of a case whose asker has a person's answer before its card says so, perhaps more than once."""

    tenant: str
    cards: CaseCards | None
    cases: CaseStore
    traces: TraceStore
    clock: Clock
    on_delivered: Callable[[Case], Awaitable[None]]
    prepare: Callable[[Case], Awaitable[Case]]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _looks: bool = True
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _failed: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    _running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to place cards. Needs a running event loop."""
        if self.cards is not None:
            self._running = asyncio.create_task(self._run(self.cards), name="deskhand-cases")

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
        await self.open(item, prepared.reasons, trace_id=prepared.trace_id)

    async def open(
        self,
        item: InboxItem,
        reasons: Sequence[str],
        *,
        by: str | None = None,
        trace_id: str | None = None,
    ) -> Case:
        """The case of a question, opened where it has none. by: who wants a person.

        Where nobody takes cases it waits until somebody does, and its asker is told then.

        Raises: StorageUnavailable.
        """
        found = trace_id or item.trace_id
        trace = await self.traces.get(self.tenant, found) if found else None
        triage = trace["triage"] if trace is not None else {}
        case = await self.cases.open(
            self.tenant,
            item.id,
            reasons,
            self.clock(),
            revision=item.revision,
            tells_asker=self.cards is None or not _TELLS.isdisjoint(reasons),
            category=triage.get("category"),
            priority=triage.get("priority"),
            by=by,
        )
        self._wake.set()
        return case

    def wake(self) -> None:
        """A question was edited or deleted, which its card is to show."""
        self._wake.set()

    def look_for_lost(self) -> None:
        """A channel of cards may be out of reach, or within it again: archived or brought back,
        the app taken out of it or invited."""
        self._looks = True
        self._wake.set()

    async def on_done(self, item: InboxItem, _: str) -> None:
        """A question has its outcome: its case's card, where it has one, is brought up to date."""
        if item.surface is Surface.CASE_REPLY or item.revision > 1:
            self._wake.set()

    async def _run(self, cards: CaseCards) -> None:
        while True:
            self._wake.clear()
            wait_s, may_be_woken = _POLL_S, True
            try:
                wait_s = await self._bring_all(cards)
            except RateLimited as limit:
                wait_s, may_be_woken = max(limit.retry_after_s, _LEAST_WAIT_S), False
            except DeskhandError as error:
                log.warning("cards were not looked for: %s", error)
                wait_s, may_be_woken = _LEAST_WAIT_S * 5, False
            except Exception as error:  # the loop outlives it
                log.error("cards: %s at %s", type(error).__name__, place_of(error))
                wait_s, may_be_woken = _LEAST_WAIT_S * 5, False
            await self._pause(wait_s, may_be_woken=may_be_woken)

    async def _bring_all(self, cards: CaseCards) -> float:
        """Brings what is due; how long the next can wait, in seconds.

        Raises: RateLimited, StorageUnavailable.
        """
        if self._looks:
            self._looks = False
            try:
                await cards.lost.look()
            except BaseException:
                self._looks = True
                raise
            self._failed.clear()  # what was refused may be taken now
        await self.cases.settle(self.tenant, self.clock())
        due = await self.cases.outdated(self.tenant)
        self._failed = {case.id: self._failed[case.id] for case in due if case.id in self._failed}
        for case in due:
            again_at, _ = self._failed.get(case.id, (self.clock(), 0))
            if again_at <= self.clock():
                await self._bring(cards, case)
        if not self._failed:
            return _POLL_S
        next_at = min(again_at for again_at, _ in self._failed.values())
        return min(max((next_at - self.clock()).total_seconds(), _LEAST_WAIT_S), _POLL_S)

    async def _bring(self, cards: CaseCards, case: Case) -> None:
        """Brings one case, or notes when it is tried again; the others do not wait for it.

        Raises: RateLimited, which holds for all of them.
        """
        _, tries = self._failed.pop(case.id, (None, 0))
        again_s = min(_LEAST_WAIT_S * 2**tries, _MOST_WAIT_S)
        try:
            if case.delivered_at is not None:
                await self.on_delivered(case)
            await cards.bring(await self.prepare(case))
        except RateLimited:
            raise
        except Dropped:  # another replica brings it, or the question changes at this moment
            pass
        except InDoubt as doubt:
            again_s = max((doubt.due_at - self.clock()).total_seconds(), _LEAST_WAIT_S)
        except Refused as refused:
            log.error("no card can be posted to %s: %s", case.card_home or cards.channel, refused)
            await self._say_so(cards, case)
        except DeskhandError as error:
            log.warning("a card was not placed yet: %s", error)
        except Exception as error:  # one case, not the others
            log.error("a card: %s at %s", type(error).__name__, place_of(error))
        else:
            return
        self._failed[case.id] = (self.clock() + timedelta(seconds=again_s), min(tries + 1, 12))

    async def _say_so(self, cards: CaseCards, case: Case) -> None:
        """Raises: RateLimited."""
        try:
            await cards.notices.unreachable(case)
        except RateLimited:
            raise
        except DeskhandError as error:
            log.warning("an asker was not told that nobody can be reached: %s", error)

    async def _pause(self, seconds: float, *, may_be_woken: bool) -> None:
        """Waits; news end it, except where Slack or the database asked for the wait."""
        if not may_be_woken:
            await self.sleep(seconds)
            return
        sleeping = asyncio.ensure_future(self.sleep(seconds))
        waking = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waking.cancel()
