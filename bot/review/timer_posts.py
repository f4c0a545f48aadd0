"""What a timer posts: once for each moment that it is set for, also after a crash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.evals.posts import ROOT, PostsOf
from bot.rendering.message import Message
from bot.slack_api import SlackApi
from engine.clock import Clock
from engine.storage.timers import Timer, TimerStore

_LINE = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerPosts:
    """Posts what timers have to say, and stores in their rows that it did."""

    api: SlackApi
    timers: TimerStore
    clock: Clock

    async def post(
        self,
        timer: Timer,
        message: Message,
        *,
        channel: str,
        thread_ts: str | None = None,
        broadcast: bool = False,
    ) -> datetime:
        """Posts the one message of a timer; again for the same moment, nothing happens.

        thread_ts: the message under which it stands; None for one of its own. broadcast: shown in
        the channel too.

        Returns: when it was posted, by Slack's clock: long ago where a process that ended did it.

        Raises: Lost, InDoubt, RateLimited, Refused, Unsure, StorageUnavailable.
        """
        held = _Held(timer=timer, channel=channel, thread_ts=thread_ts)
        posts = PostsOf(self.api, self, self.clock, held)
        name = ROOT if thread_ts is None else _LINE
        await posts.bring(name, message, broadcast=broadcast)
        return _moment_of(posts.ts_of(name))

    def out_since(self, timer: Timer) -> datetime | None:
        """When its message for this moment was posted, by Slack's clock; None where it was not."""
        kept = _Held(timer=timer, channel="", thread_ts=None).posts
        ts = kept.get(ROOT, {}).get("ts")
        return None if ts is None else _moment_of(ts)

    async def save_posts(self, held: _Held, posts: Mapping[str, Any]) -> bool:
        """Into the timer's row; what is not of it, such as the thread's first message, is left."""
        own = {name: post for name, post in posts.items() if name == held.name}
        return await self.timers.save_detail(
            held.timer, {**held.timer.detail, "moment": held.moment, "posts": own}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    timer: Timer
    channel: str
    thread_ts: str | None

    @property
    def moment(self) -> str:
        return self.timer.due_at.isoformat()

    @property
    def name(self) -> str:
        return ROOT if self.thread_ts is None else _LINE

    @property
    def id(self) -> str:
        return f"{self.timer.id}:{self.moment}"

    @property
    def posts(self) -> Mapping[str, Any]:
        kept: Mapping[str, Any] = {}
        if self.timer.detail.get("moment") == self.moment:
            kept = self.timer.detail.get("posts", {})
        if self.thread_ts is None:
            return kept
        return {**kept, ROOT: {"ts": self.thread_ts}}


def _moment_of(ts: str | None) -> datetime:
    return datetime.fromtimestamp(float(ts or 0), UTC)
