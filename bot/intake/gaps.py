"""Messages that no event told of: read from history after a start or a broken connection.

Slack redelivers an event for minutes only. What is read goes the way of an event, so what was
received already stays one row.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.intake.receiver import Receiver, seconds_of
from bot.slack_api import RateLimited, Refused, SlackApi, SlackFault
from engine.clock import Clock
from engine.storage.conversations import ConversationStore

log = logging.getLogger(__name__)

_PAGE = 200
_KINDS = "public_channel,private_channel,mpim,im"
_PARALLEL = 4
_OVERLAP_S = 5.0
"""Read again before the last message seen: events come in no certain order."""
_MOST_TRIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Reads what was missed in one workspace.

    threads_since: how long ago a thread may have been active to be looked at.
    """

    tenant: str
    team: str
    api: SlackApi
    receiver: Receiver
    conversations: ConversationStore
    clock: Clock
    threads_since: timedelta
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def read(self) -> int:
        """Messages read; whatever a channel refuses, the others are read.

        Raises: StorageUnavailable; RateLimited, Unsure where Slack does not even list channels.
        """
        marks = await self.conversations.marks(self.tenant, self.team)
        threads: dict[str, list[str]] = {}
        since = self.clock() - self.threads_since
        for found in await self.conversations.recent(self.tenant, since):
            if found.team == self.team:
                threads.setdefault(found.channel, []).append(found.thread_ts)
        turn = asyncio.Semaphore(_PARALLEL)
        count = 0

        async def one(channel: str, kind: str) -> None:
            nonlocal count
            async with turn:
                known = threads.get(channel, ())
                count += await self._channel(channel, kind, marks.get(channel), known)

        async with asyncio.TaskGroup() as group:
            async for channel, kind in self._channels():
                group.create_task(one(channel, kind))
        if count:
            log.info("%d messages were read from history after a gap", count)
        return count

    async def _channels(self) -> AsyncIterator[tuple[str, str]]:
        """Conversations that the bot is in, and what kind each is."""
        cursor: str | None = None
        while True:
            page = await self._call(
                "users.conversations",
                types=_KINDS,
                exclude_archived=True,
                limit=_PAGE,
                cursor=cursor,
            )
            for channel in page.get("channels") or ():
                if isinstance(channel, dict) and channel.get("id"):
                    yield str(channel["id"]), _kind(channel)
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return

    async def _channel(
        self, channel: str, kind: str, mark: str | None, threads: Sequence[str]
    ) -> int:
        """The messages since the mark, and the replies since then, also to older messages."""
        earliest = (self.clock() - self.receiver.forgotten_after).timestamp()
        seen = max(seconds_of(mark) - _OVERLAP_S if mark else earliest, earliest)
        try:
            read = await self._messages("conversations.history", channel, oldest=earliest)
            answered = {
                str(m["ts"]) for m in read if seconds_of(str(m.get("latest_reply") or "")) >= seen
            }
            old = {ts for ts in threads if seconds_of(ts) < earliest}
            for thread_ts in sorted(answered | old):
                read += await self._messages(
                    "conversations.replies", channel, oldest=seen, ts=thread_ts
                )
        except SlackFault as fault:
            log.warning("the history of %s could not be read: %s", channel, fault)
            return 0
        news = {str(m.get("ts")): m for m in read if _changed_at(m) >= seen}
        for _, message in sorted(news.items()):
            event = {**message, "type": "message", "channel": channel, "channel_type": kind}
            if isinstance(message.get("edited"), dict):
                event = {**event, "subtype": "message_changed", "message": message}
            await self.receiver.receive(event, team=self.team)
        return len(news)

    async def _messages(
        self, method: str, channel: str, *, oldest: float, ts: str | None = None
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = await self._call(
                method, channel=channel, ts=ts, oldest=f"{oldest:.6f}", limit=_PAGE, cursor=cursor
            )
            found += [m for m in page.get("messages") or () if isinstance(m, dict)]
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return found

    async def _call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Waits out limits and faults; no question waits behind this.

        Raises: Refused; the last fault after many.
        """
        delay = 1.0
        for left in reversed(range(_MOST_TRIES)):
            try:
                return await self.api.call(method, **arguments)
            except Refused:
                raise
            except SlackFault as fault:
                if not left:
                    raise
                delay = fault.retry_after_s if isinstance(fault, RateLimited) else delay * 1.5
                await self.sleep(min(delay, 60.0))
        raise AssertionError("unreachable")


def _changed_at(message: Mapping[str, Any]) -> float:
    """When it was written or last edited, in seconds since 1970."""
    edited = message.get("edited")
    last = str(edited.get("ts")) if isinstance(edited, dict) else ""
    return max(seconds_of(str(message.get("ts"))), seconds_of(last))


def _kind(channel: dict[str, Any]) -> str:
    if channel.get("is_im"):
        return "im"
    if channel.get("is_mpim"):
        return "mpim"
    return "group" if channel.get("is_private") else "channel"
