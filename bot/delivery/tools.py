"""What every job of a worker works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.delivery.answerer import Answerer, Prepared, Wording
from bot.delivery.poster import Poster
from bot.delivery.stream_bucket import StreamBucket
from bot.delivery.streaming import Sleep
from bot.slack_api import SlackApi
from engine.clock import Clock
from engine.slack_settings import SlackSettings
from engine.storage.inbox import InboxItem, InboxStore
from engine.storage.replies import ReplyStore

OnCase = Callable[[InboxItem, Prepared], Awaitable[None]]
OnDone = Callable[[InboxItem, str], Awaitable[None]]
Stand = Callable[[InboxItem], Awaitable[InboxItem]]
"""Gives a claimed question that is no message the one that it stands as.

Raises: as `Poster.deliver`; Dropped where the lease is lost.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The stores, Slack, and what makes and words the answers."""

    tenant: str
    inbox: InboxStore
    replies: ReplyStore
    api: SlackApi
    poster: Poster
    answerer: Answerer
    wording: Wording
    bucket: StreamBucket
    settings: SlackSettings
    stand: Stand
    on_case: OnCase
    on_done: OnDone
    clock: Clock
    sleep: Sleep
