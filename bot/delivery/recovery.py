"""Finding out whether a message whose call got no answer is in Slack."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from bot.slack_api import Refused, SlackApi
from engine.errors import DeskhandError
from engine.storage.replies import Part, ReplyStore

log = logging.getLogger(__name__)

EVENT_TYPE = "deskhand_reply"
"""The metadata's event type of everything that is posted about a question."""
_SKEW = timedelta(minutes=5)
"""How far Slack's clock, which makes the `ts`, may differ from ours."""
_STREAM_SKEW = timedelta(minutes=1)
"""The same for what is known by its time alone."""
_LATE = 0.5
"""The part of a call's time limit that noting its beginning may take."""
_PAGE = 200
_MOST_PAGES = 25


class InDoubt(DeskhandError):
    """A message may still turn up; at `due_at` it can be looked for again, and posted if absent.

    repeated: an earlier attempt at it is known to have failed.
    """

    retryable = True

    def __init__(self, due_at: datetime, *, repeated: bool = False) -> None:
        super().__init__("it is not known yet whether Slack took a message; it will be looked for")
        self.due_at = due_at
        self.repeated = repeated


def over_at(begun_at: datetime, timeout_s: float) -> datetime:
    """From when on a call that was noted as begun then is not under way any more."""
    return begun_at + timedelta(seconds=timeout_s * (1 + _LATE))


def is_late(begun_at: datetime, now: datetime, timeout_s: float) -> bool:
    """Whether a call that was noted as begun then is not to be made any more, as it might not be
    over at `over_at`: the note took long, as the database was out of reach, and others may take the
    question up before the call."""
    return now - begun_at > timedelta(seconds=timeout_s * _LATE)


def metadata_of(part: Part) -> dict[str, Any]:
    """What a part's message is known by."""
    return {"event_type": EVENT_TYPE, "event_payload": {"key": part.key}}


async def copies_of(
    api: SlackApi,
    replies: ReplyStore,
    part: Part,
    *,
    tenant: str,
    bot_user: str,
    streamed: bool,
    since: datetime,
) -> list[str]:
    """The `ts` of every message that is this part, oldest first; more than one is a doubled post.

    `streamed`: a stream may have been started for it, which has no key before it ends: then also
    a message of ours without a key that no row knows, made after `since`.

    Raises: RateLimited, Refused, Unsure, StorageUnavailable.
    """
    keyed, keyless = [], []
    async for message in messages_since(api, part.channel, part.thread_ts, since):
        metadata = message.get("metadata") or {}
        key = (metadata.get("event_payload") or {}).get("key")
        if metadata.get("event_type") == EVENT_TYPE and key == part.key:
            keyed.append(str(message["ts"]))
        elif (
            streamed
            and not metadata
            and message.get("user") == bot_user
            and message.get("ts") != part.thread_ts
            and float(message["ts"]) >= (since - _STREAM_SKEW).timestamp()
        ):
            keyless.append(str(message["ts"]))
    for ts in keyless:
        if await replies.find_by_ts(tenant, part.channel, ts) is None:
            keyed.append(ts)
    return keyed


async def messages_since(
    api: SlackApi, channel: str, thread_ts: str | None, since: datetime
) -> AsyncIterator[dict[str, Any]]:
    """What stands in a thread, or in the channel where it is None, with the metadata.

    Raises: RateLimited, Refused, Unsure.
    """
    method = "conversations.replies" if thread_ts else "conversations.history"
    cursor = None
    for _ in range(_MOST_PAGES):
        try:
            page = await api.call(
                method,
                channel=channel,
                ts=thread_ts or None,
                oldest=f"{(since - _SKEW).timestamp():.6f}",
                include_all_metadata=True,
                limit=_PAGE,
                cursor=cursor,
            )
        except Refused as refused:
            if refused.code == "thread_not_found":
                return  # nothing can be there
            raise
        for message in page.get("messages", []):
            yield message
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
        if cursor is None:
            return
    log.warning("a thread is too long to be looked through to its end")
