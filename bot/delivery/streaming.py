"""Shows an answer as it is made: first a status, then a stream of checked sentences.

Nothing is shown before the engine begins with its first stage: until then the message may turn out
not to be meant for the bot.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.delivery.answerer import Wording
from bot.delivery.poster import Dropped, Place
from bot.delivery.recovery import is_late, metadata_of
from bot.delivery.stream_bucket import StreamBucket
from bot.delivery.streamed import MOST_STREAMED_BYTES, STREAMING_BODY, Streamed
from bot.slack_api import RateLimited, Refused, SlackApi, SlackFault, Unsure
from engine.clock import Clock, now
from engine.fault_place import place as place_of
from engine.stopwatch import SentenceReady, StageStarted
from engine.storage.inbox import InboxItem
from engine.storage.replies import Kind, Part, ReplyStore

log = logging.getLogger(__name__)

STATUS_AFTER_S = 0.3
"""An answer that is there sooner needs no status."""
_EVERY_S = 1.0
"""Between two appends: Slack takes 100 a minute from the whole app."""
_LIVES_S = 240.0
"""After which a stream is followed by a new one; Slack ends it after 300 s, active or not."""

Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class _Stream:
    part: Part
    ts: str
    started_at: datetime
    markdown: str = ""
    open: bool = True
    certain: bool = True
    """Every append's answer came."""
    tasks: dict[str, str] = field(default_factory=dict)
    """Titles of the cards that are still in progress, by id."""


class LiveAnswer:
    """The watcher of one question's pipeline run; never fails it, and never makes it wait.

    `streams`: whether a stream may be started, which is not so where an answer is shown already.
    """

    def __init__(
        self,
        *,
        tenant: str,
        item: InboxItem,
        place: Place,
        api: SlackApi,
        replies: ReplyStore,
        wording: Wording,
        bucket: StreamBucket,
        stream_after_s: float,
        streams: bool = True,
        clock: Clock = now,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._tenant = tenant
        self._item = item
        self._place = place
        self._api = api
        self._replies = replies
        self._wording = wording
        self._bucket = bucket
        self._stream_after_s = stream_after_s
        self._may_start = streams
        self._clock = clock
        self._sleep = sleep
        self._text = ""  # not yet shown
        self._chunks: list[dict[str, Any]] = []
        self._stage: StageStarted | None = None
        self._streams: list[_Stream] = []
        self._not_before: datetime | None = None
        self._begun = asyncio.Event()  # what is not for the bot never begins
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.stopped_by_user = asyncio.Event()
        """Set once Slack says that the asker pressed stop."""

    async def __call__(self, event: StageStarted | SentenceReady) -> None:
        """Takes note; showing it is another task's work."""
        self._begun.set()
        if isinstance(event, SentenceReady):
            self._text += self._wording.sentence(event)
        else:
            self._note_stage(event)

    def start(self) -> None:
        """Begins to show; nothing is shown of what is answered at once."""
        self._task = asyncio.create_task(self._run(), name="deskhand-live")

    async def close(self) -> Mapping[str, Streamed]:
        """Shows nothing more; what the Poster can complete, by part id. Idempotent.

        Waits for a call under way, as what comes after it must not overtake it.
        """
        self._closing.set()
        self._begun.set()
        if self._task is not None:
            await self._task
        return {
            stream.part.id: Streamed(
                markdown=stream.markdown, closing=tuple(_completed(stream.tasks))
            )
            for stream in self._streams
            if stream.open and stream.certain
        }

    @property
    def shown(self) -> str:
        """The Markdown that readers have seen so far."""
        return "".join(stream.markdown for stream in self._streams)

    async def _run(self) -> None:
        started_at = self._clock()
        try:
            if await self._pause(min(STATUS_AFTER_S, self._stream_after_s)):
                return
            await self._begun.wait()
            if self._closing.is_set():
                return
            if self._stream_after_s > STATUS_AFTER_S or not self._may_start:
                await self._set_status()
            passed_s = (self._clock() - started_at).total_seconds()
            if await self._pause(self._stream_after_s - passed_s):
                return
            while True:
                await self._show()
                if await self._pause(_EVERY_S):
                    return
        except Dropped:
            self._may_start = False
        except Exception as error:  # the answer is posted whole in the end
            log.warning("showing an answer failed: %s at %s", type(error).__name__, place_of(error))
            self._may_start = False
            for stream in self._streams:
                stream.certain = False

    async def _pause(self, seconds: float) -> bool:
        """Waits; true once this is to end."""
        sleeping = asyncio.ensure_future(self._sleep(max(0.0, seconds)))
        closing = asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait({sleeping, closing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            closing.cancel()
        return self._closing.is_set()

    async def _set_status(self) -> None:
        try:
            await self._api.call(
                "assistant.threads.setStatus",
                channel_id=self._place.channel,
                thread_ts=self._place.thread_ts,
                status=self._wording.status(),
            )
        except SlackFault as fault:
            log.debug("a status was not shown: %s", fault)

    def _note_stage(self, event: StageStarted) -> None:
        title = self._wording.stage(event.stage)
        before, self._stage = self._stage, event if title else self._stage
        if not title:
            return
        if before is not None:
            self._chunks.append(_task(before.stage, self._wording.stage(before.stage), "complete"))
        self._chunks.append(_task(event.stage, title, "in_progress"))

    async def _show(self) -> None:
        """Brings what has come since the last time to the reader."""
        if self._not_before is not None and self._clock() < self._not_before:
            return
        stream = self._streams[-1] if self._streams else None
        running = stream if stream is not None and stream.open else None
        too_long = len(self._text.encode()) > MOST_STREAMED_BYTES
        if not self._may_start or too_long or not (self._text or self._chunks):
            return
        if running is not None and self._outlived(running):
            await self._end(running)
            running = None
        if running is None:
            if self._bucket.take():
                await self._open()
        else:
            await self._append(running)

    def _outlived(self, stream: _Stream) -> bool:
        age_s = (self._clock() - stream.started_at).total_seconds()
        size = len((stream.markdown + self._text).encode())
        return age_s >= _LIVES_S or size > MOST_STREAMED_BYTES

    async def _open(self) -> None:
        number, item = len(self._streams), self._item
        body = (self._place.channel, self._place.thread_ts, dict(STREAMING_BODY))
        parts = await self._replies.plan(
            self._tenant,
            item.id,
            item.revision,
            Kind.ANSWER,
            [body] * (number + 1),
            lease=item.lease,
        )
        if parts is None:
            raise Dropped
        at = self._clock()
        part = await self._replies.mark_posting(parts[number], at=at, lease=item.lease)
        if part is None:
            raise Dropped
        if is_late(at, self._clock(), self._api.timeout_s):
            self._may_start = False  # the part stays in doubt, as where Slack gives no answer
            return
        text, chunks = self._text, list(self._chunks)
        try:
            started = await self._api.call(
                "chat.startStream",
                channel=part.channel,
                thread_ts=part.thread_ts,
                recipient_user_id=item.user,
                recipient_team_id=item.user_team or item.team,
                markdown_text=text or None,
                chunks=chunks or None,
            )
        except RateLimited as limit:
            self._bucket.block(limit.retry_after_s)
            await self._replies.mark_planned(part)
            return
        except Refused as refused:
            log.info("Slack starts no stream: %s", refused.code)
            self._may_start = False
            await self._replies.mark_planned(part)
            return
        except Unsure:
            self._may_start = False  # the part stays in doubt, and the Poster looks for it
            return
        ts = str(started["ts"])
        await self._replies.mark_streaming(part.id, ts)
        self._streams.append(_Stream(part=part, ts=ts, started_at=at))
        self._showed(self._streams[-1], text, chunks)

    async def _append(self, stream: _Stream) -> None:
        text, chunks = self._text, list(self._chunks)
        try:
            await self._api.call(
                "chat.appendStream",
                channel=stream.part.channel,
                ts=stream.ts,
                markdown_text=text or None,
                chunks=chunks or None,
            )
        except RateLimited as limit:
            self._not_before = self._clock() + timedelta(seconds=limit.retry_after_s)
        except Refused as refused:
            stream.open = False
            if refused.code == "stopped_by_user":
                self._may_start = False
                self.stopped_by_user.set()
            elif refused.code == "msg_too_long":
                await self._end(stream)
            elif refused.code != "message_not_in_streaming_state":  # which has expired
                log.info("Slack takes no more of a stream: %s", refused.code)
                self._may_start = False
        except Unsure:
            stream.certain = False
            self._may_start = False
        else:
            self._showed(stream, text, chunks)

    def _showed(self, stream: _Stream, text: str, chunks: list[dict[str, Any]]) -> None:
        stream.markdown += text
        self._text = self._text[len(text) :]  # more may have come meanwhile
        self._chunks = self._chunks[len(chunks) :]
        for chunk in chunks:
            if chunk["status"] == "complete":
                stream.tasks.pop(chunk["id"], None)
            else:
                stream.tasks[chunk["id"]] = chunk["title"]

    async def _end(self, stream: _Stream) -> None:
        """Ends a stream that another follows."""
        stream.open = False
        try:
            await self._api.call(
                "chat.stopStream",
                channel=stream.part.channel,
                ts=stream.ts,
                chunks=_completed(stream.tasks) or None,
                metadata=metadata_of(stream.part),
                session_status="processing",
            )
        except SlackFault as fault:
            log.info("a stream was not ended: %s", fault)


def _task(stage: Any, title: str, status: str) -> dict[str, Any]:
    return {"type": "task_update", "id": str(stage), "title": title, "status": status}


def _completed(tasks: Mapping[str, str]) -> list[dict[str, Any]]:
    return [_task(task, title, "complete") for task, title in tasks.items()]
