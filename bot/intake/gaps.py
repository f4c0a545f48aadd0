"""Messages that no event told of: read from history after a start or a gap, and now and then.

Slack redelivers an event for minutes only. What is read goes the way of an event, so what was
received already stays one row. A reading begins where the last whole one of its channel ended and
not at the newest message seen: live ones come in above a gap that is not read yet.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot.intake.receiver import Receiver, seconds_of
from bot.slack_api import RateLimited, Refused, SlackApi, SlackFault
from engine.clock import Clock
from engine.errors import StorageUnavailable
from engine.storage.conversations import ConversationStore
from engine.storage.open_cards import OpenCards

log = logging.getLogger(__name__)

_PAGE = 200
_KINDS = "public_channel,private_channel,mpim,im"
_PARALLEL = 4
_OVERLAP_S = 5.0
"""Read again before the last message seen: events come in no certain order."""
_EDITED_WITHIN_S = 3600.0
"""How old a reply may be of which an edit is looked for: no list of Slack's tells of one."""
_FEW_THREADS = 4
"""Old ones of a channel that are read one by one, without first asking which have news."""
_MOST_TRIES = 20
_SWEPT_THREADS_SINCE = timedelta(days=1)
"""How long ago an old thread may have been active to be swept: each is a call of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Reads what was missed in one workspace.

    threads_since: how long ago a thread may have been active to be looked at. parallel: channels
    that are read at a time. pause_s: before each call.
    """

    tenant: str
    team: str
    api: SlackApi
    receiver: Receiver
    conversations: ConversationStore
    cards: OpenCards
    clock: Clock
    threads_since: timedelta
    parallel: int = _PARALLEL
    pause_s: float = 0.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def sweep(self, *, pause_s: float) -> None:
        """Reads, slowly, the channels that something was received from before.

        Raises: as `read`. What cannot be read is left to the next time.
        """
        known = frozenset(await self.conversations.marks(self.tenant, self.team))
        if known:
            since = min(self.threads_since, _SWEPT_THREADS_SINCE)
            slow = replace(self, parallel=1, pause_s=pause_s, threads_since=since)
            await slow.read(known)

    async def read(
        self, only: frozenset[str] = frozenset(), *, since: float = math.inf
    ) -> frozenset[str]:
        """Channels that could not be read, and so are to be read again; the others are.

        only: these channels; all where empty. since: read from then on, in seconds since 1970, also
        where another program has received later messages.

        Raises: StorageUnavailable; RateLimited, Refused, Unsure where Slack does not even list
            channels.
        """
        through = await self.conversations.read_through(self.tenant, self.team)
        threads = await self._threads()
        unread: set[str] = set()
        turn = asyncio.Semaphore(self.parallel)
        count = 0

        async def one(channel: str, kind: str) -> None:
            nonlocal count
            async with turn:
                known = threads.get(channel, {})
                mark = through.get(channel)
                begin = min(seconds_of(mark), since) if mark else 0.0
                try:
                    count += await self._channel(channel, kind, begin - _OVERLAP_S, known)
                except (SlackFault, StorageUnavailable) as fault:
                    log.warning("the history of %s could not be read: %s", channel, fault)
                    unread.add(channel)

        channels = [channel async for channel in self._channels()]
        async with asyncio.TaskGroup() as group:
            for channel, kind in channels:
                if not only or channel in only:
                    group.create_task(one(channel, kind))
        if count:
            log.info("%d messages were read from history", count)
        return frozenset(unread)

    async def _threads(self) -> dict[str, dict[str, float]]:
        """Threads in which something for us may have been said, by channel; and when they were
        active, in seconds since 1970, as far as that is known."""
        threads: dict[str, dict[str, float]] = {}
        since = self.clock() - self.threads_since
        for found in await self.conversations.recent(self.tenant, since):
            if found.team == self.team:
                active_s = found.active_at.timestamp()
                threads.setdefault(found.channel, {})[found.thread_ts] = active_s
        for channel, ts in await self.cards.of(self.tenant):
            threads.setdefault(channel, {}).setdefault(ts, 0.0)
        return threads

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
        self, channel: str, kind: str, begin: float, threads: Mapping[str, float]
    ) -> int:
        """The messages since then, and the replies since then, also to older messages; with edits.

        threads: of the channel, and when each was active, in seconds since 1970.

        Raises: SlackFault, StorageUnavailable; nothing is noted as read then.
        """
        earliest = (self.clock() - self.receiver.forgotten_after).timestamp()
        seen = max(begin, earliest)
        read = await self._messages("conversations.history", channel, oldest=earliest)
        # Of the first page, as every newer message is: what is posted while others are read, or
        # replied while threads are, is above it.
        newest = max((str(m.get("ts") or "") for m in read), key=seconds_of, default="")
        answered = {
            str(m["ts"]) for m in read if seconds_of(str(m.get("latest_reply") or "")) >= seen
        }
        old = {ts for ts in threads if seconds_of(ts) < earliest}
        if len(old) > _FEW_THREADS:
            old -= await self._without_news(channel, old, before=earliest, since=seen)
        edited_from = max(seen - _EDITED_WITHIN_S, earliest)
        lively = {ts for ts, active_s in threads.items() if active_s >= edited_from}
        for thread_ts in sorted(answered | old | lively):
            read += await self._replies(channel, thread_ts, oldest=edited_from)
        news = {str(m.get("ts")): m for m in read if _changed_at(m) >= seen}
        for _, message in sorted(news.items()):
            event = {**message, "type": "message", "channel": channel, "channel_type": kind}
            if isinstance(message.get("edited"), dict):
                event = {**event, "subtype": "message_changed", "message": message}
            await self.receiver.receive(event, team=self.team)
        if newest:
            await self.conversations.is_read(self.tenant, self.team, {channel: newest})
        return len(news)

    async def _without_news(
        self, channel: str, roots: Collection[str], *, before: float, since: float
    ) -> set[str]:
        """Those that nobody has written under since then, by the list of messages before `before`:
        a call tells of many roots. Where that list is long, it is not read to its end."""
        quiet: set[str] = set()
        oldest = min(map(seconds_of, roots)) - 1.0
        cursor: str | None = None
        for _ in range(max(1, len(roots) // 2)):
            page = await self._call(
                "conversations.history",
                channel=channel,
                oldest=f"{oldest:.6f}",
                latest=f"{before:.6f}",
                limit=_PAGE,
                cursor=cursor,
            )
            listed = [m for m in page.get("messages") or () if isinstance(m, dict)]
            quiet |= {
                str(m.get("ts"))
                for m in listed
                if "latest_reply" in m and seconds_of(str(m["latest_reply"])) < since
            }
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                break
        return quiet

    async def _replies(self, channel: str, root: str, *, oldest: float) -> list[dict[str, Any]]:
        """What was said under a root; nothing where that is gone."""
        try:
            return await self._messages("conversations.replies", channel, oldest=oldest, ts=root)
        except Refused as refused:
            if refused.code != "thread_not_found":
                raise
            return []

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
            if self.pause_s:
                await self.sleep(self.pause_s)
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
