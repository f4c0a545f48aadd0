"""Threads that we said something in, which keeps them among those that gaps are looked for in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from engine.clock import Clock
from engine.storage.conversations import ConversationStore
from engine.storage.inbox import InboxItem
from engine.storage.replies import Kind, ReplyStore


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenPart:
    """Notes our newest message of a thread. then: told as well, whatever becomes of the note."""

    conversations: ConversationStore
    replies: ReplyStore
    clock: Clock
    then: Callable[[InboxItem, str], Awaitable[None]]

    async def on_done(self, item: InboxItem, outcome: str) -> None:
        """A question has its outcome.

        Raises: StorageUnavailable.
        """
        try:
            parts = await self.replies.of(item.tenant, item.id, Kind.ANSWER)
            newest = max((part.ts for part in parts if part.ts), default=None)
            if newest is not None:
                place = (item.tenant, item.team, item.channel, item.root)
                await self.conversations.replied(*place, ts=newest, at=self.clock())
        finally:
            await self.then(item, outcome)
