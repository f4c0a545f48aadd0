"""What happens at once when the inbox has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.aside import Aside
from bot.delivery.worker import Worker
from bot.intake.plain_text import plain_text
from bot.rendering.limits import cut
from bot.rendering.neutral import one_line
from bot.rendering.notices import queue_notice
from bot.slack_api import SlackApi
from engine.storage.inbox import InboxItem, InboxStore, State, Surface

_TITLE = 80
_MOST_COUNTED = 100
"""Questions before one; more are not counted, as each arrival would read the whole queue."""
_NO_NOTICE = (Surface.FOLLOW_UP, Surface.CASE_REPLY, Surface.SHADOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Wakes the worker, and tells people who must wait. queue_notice: from how many on."""

    tenant: str
    bot_user: str
    api: SlackApi
    inbox: InboxStore
    worker: Worker
    aside: Aside
    wake_cards: Callable[[], None]
    queue_notice: int
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    """Notices wait for each other, so that what must be kept need not wait for them."""

    async def on_new(self, item: InboxItem) -> None:
        """A question has arrived."""
        self.worker.wake()
        if item.surface not in _NO_NOTICE:
            self.aside.begin(self._tell_of_queue(item), "a notice was not shown")
        if item.surface is Surface.DM and item.thread_ts is None:
            self.aside.begin(self._set_title(item), "a conversation got no title")

    async def on_changed(self, item: InboxItem) -> None:
        """A question was edited or deleted."""
        self.wake_cards()
        if item.state in (State.CANCELLED, State.DONE):
            self.worker.cancelled(item.id)
        else:
            self.worker.edited(item.id)

    async def _set_title(self, item: InboxItem) -> None:
        """The conversation is called after its first question in the list of conversations."""
        title = cut(one_line(plain_text(item.text, bot_user=self.bot_user)), _TITLE)
        if title:
            await self.api.call(
                "agents.sessions.rename",
                channel_id=item.channel,
                thread_ts=item.root,
                title=title,
            )

    async def _tell_of_queue(self, item: InboxItem) -> None:
        async with self._one_at_a_time:
            most = max(_MOST_COUNTED, self.queue_notice)
            before = await self.inbox.waiting_before(self.tenant, item.id, most=most)
            if before < self.queue_notice:
                return
            channel = item.channel
            if not item.has_place:
                opened = await self.api.call("conversations.open", users=item.user)
                channel = str((opened.get("channel") or {}).get("id") or "")
            await self.api.call(
                "chat.postEphemeral",
                channel=channel,
                user=item.user,
                thread_ts=item.thread_ts,
                text=queue_notice(before, or_more=before == most).text,
            )
