"""Answers that did not arrive: who waits for one, or gave it, is told so once."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.delivery.job import UNDELIVERABLE
from bot.rendering.notices import NOT_PASSED_ON, NOT_POSTED
from bot.slack_api import SlackApi, SlackFault
from engine.storage.cases import CaseStore
from engine.storage.inbox import InboxItem, Surface
from engine.trace import Outcome

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """Says it in fixed words, as an answer's content belongs where it was asked for.

    then: told of every outcome as well, and first.
    """

    tenant: str
    api: SlackApi
    cases: CaseStore
    then: Callable[[InboxItem, str], Awaitable[None]]

    async def on_done(self, item: InboxItem, outcome: str) -> None:
        """A question has its outcome. That somebody cannot be told of it changes nothing.

        Raises: StorageUnavailable.
        """
        await self.then(item, outcome)
        try:
            await self._tell(item, outcome)
        except SlackFault as fault:
            log.info("somebody was not told that an answer did not arrive: %s", fault)

    async def _tell(self, item: InboxItem, outcome: str) -> None:
        if item.surface is Surface.CASE_REPLY:
            if outcome in (UNDELIVERABLE, Outcome.FAILED.value):
                await self._tell_reviewer(item)
        elif outcome == UNDELIVERABLE and item.surface is not Surface.DM:
            await self._tell_asker(item.user)

    async def _tell_reviewer(self, item: InboxItem) -> None:
        case = await self.cases.get(self.tenant, str(item.extra["case"]))
        if case is not None and case.channel is not None:
            await self.api.call(
                "chat.postEphemeral",
                channel=case.channel,
                user=item.user,
                thread_ts=case.ts,
                text=NOT_PASSED_ON,
            )

    async def _tell_asker(self, user: str) -> None:
        opened = await self.api.call("conversations.open", users=user)
        channel = str((opened.get("channel") or {}).get("id") or "")
        await self.api.call("chat.postMessage", channel=channel, text=NOT_POSTED)
