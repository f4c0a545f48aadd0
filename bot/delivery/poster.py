"""Brings planned messages into Slack, each exactly once as far as Slack lets that be known."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.delivery.answerer import Body
from bot.delivery.recovery import InDoubt, copies_of, is_late, metadata_of, over_at
from bot.delivery.refusals import Meaning, meaning_of
from bot.delivery.streamed import STREAMING_BODY, Streamed, remainder
from bot.slack_api import RateLimited, Refused, SlackApi, SlackFault, Unsure
from engine.clock import Clock, now
from engine.storage.replies import Kind, Part, PartState, ReplyStore

log = logging.getLogger(__name__)

_UPDATE_CHARS = 3_900
"""Of text in a message that takes no blocks; chat.update refuses more than 4,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where messages go: a thread, or a channel where `thread_ts` is None."""

    channel: str
    thread_ts: str | None


class Dropped(Exception):  # not a fault: whoever changed the question knows
    """The question was edited, cancelled or taken over: nothing more may be changed for it."""


class Poster:
    """Posts, updates and removes messages, and stores each step before and after it."""

    def __init__(
        self,
        *,
        tenant: str,
        api: SlackApi,
        replies: ReplyStore,
        bot_user: str,
        clock: Clock = now,
    ) -> None:
        self._tenant = tenant
        self._api = api
        self._replies = replies
        self._bot_user = bot_user
        self._clock = clock

    async def deliver(
        self,
        question_id: str,
        revision: int,
        kind: Kind,
        place: Place,
        bodies: Sequence[Body],
        *,
        lease: str | None = None,
        streamed: Mapping[str, Streamed] | None = None,
        anew: bool = False,
    ) -> tuple[Part, ...]:
        """Makes the messages of this kind about a question be these bodies, in place.

        May be called again after any failure. lease: nothing is changed unless it holds the
        question in this revision. streamed: by part id. anew: messages of an earlier revision are
        removed, so that these stand at the thread's end.

        Raises: Dropped, InDoubt, RateLimited, Refused, Unsure, StorageUnavailable.
        """
        await self._settle(question_id, kind)
        if anew:
            for part in await self._replies.of(self._tenant, question_id, kind):
                if part.revision < revision and part.state is not PartState.GONE:
                    await self._remove(part)
        planned = [(place.channel, place.thread_ts, dict(body)) for body in bodies]
        for _ in range(2):
            parts = await self._replies.plan(
                self._tenant, question_id, revision, kind, planned, lease=lease
            )
            if parts is None:
                raise Dropped
            gone = False
            for part in sorted(parts, key=lambda p: (p.state is PartState.SURPLUS, p.part)):
                gone |= not await self._bring(part, lease, (streamed or {}).get(part.id))
            if not gone:
                break  # else what is not there, or cannot be changed, is posted anew
        return await self._replies.of(self._tenant, question_id, kind)

    async def withdraw(self, question_id: str, kind: Kind) -> None:
        """Removes every message of this kind about a question.

        Raises: as `deliver`.
        """
        await self._settle(question_id, kind)
        for part in await self._replies.of(self._tenant, question_id, kind):
            if part.state is not PartState.GONE:
                await self._remove(part)

    async def end_streams(self, question_id: str, kind: Kind) -> None:
        """Ends streams that nobody writes to any more; a failure changes nothing."""
        for part in await self._replies.of(self._tenant, question_id, kind):
            if part.state is PartState.STREAMING:
                try:
                    await self._stop(part)
                except SlackFault as fault:
                    log.debug("a stream was not ended: %s", fault)

    async def _settle(self, question_id: str, kind: Kind) -> None:
        """Finds out about every part whose call got no answer.

        Afterwards those without `ts` are not in Slack.

        Raises: InDoubt while that may still change.
        """
        for part in await self._replies.of(self._tenant, question_id, kind):
            tried = part.state in (PartState.POSTING, PartState.SURPLUS)
            if part.ts is not None or not tried or part.attempted_at is None:
                continue
            ts = await self._look_for(part)
            if ts is not None:
                await self._found(part, ts)
                continue
            due_at = over_at(part.attempted_at, self._api.timeout_s)
            if self._clock() < due_at:
                raise InDoubt(due_at)

    async def _found(self, part: Part, ts: str) -> None:
        if part.body == STREAMING_BODY:
            await self._replies.mark_streaming(part.id, ts)
        else:
            await self._posted(part, ts)

    async def _bring(self, part: Part, lease: str | None, streamed: Streamed | None) -> bool:
        """Makes one message be as it is planned; false where somebody has removed it."""
        if part.state is PartState.SURPLUS:
            await self._remove(part)
        if part.state in (PartState.SURPLUS, PartState.GONE, PartState.POSTED):
            return True
        at = self._clock()
        trying = await self._replies.mark_posting(part, at=at, lease=lease)
        if trying is None:
            raise Dropped
        if part.ts is None:
            if is_late(at, self._clock(), self._api.timeout_s):
                raise InDoubt(over_at(at, self._api.timeout_s))
            await self._post(trying, again=part.state is PartState.POSTING)
            return True
        if part.state is PartState.STREAMING:
            return await self._finish_stream(trying, part.ts, streamed)
        return await self._update(trying, part.ts)

    async def _post(self, part: Part, *, again: bool) -> None:
        try:
            posted = await self._with_fallback(
                part,
                "chat.postMessage",
                thread_ts=part.thread_ts,
                unfurl_links=False,
                unfurl_media=False,
            )
        except (RateLimited, Refused):
            await self._replies.mark_planned(part)
            raise
        except Unsure:
            ts = await self._look_for(part)
            if ts is None:
                due_at = self._clock() + timedelta(seconds=self._api.timeout_s)
                raise InDoubt(due_at, repeated=again) from None
            await self._posted(part, ts)
            return
        await self._posted(part, str(posted["ts"]))
        if again:
            await self._look_for_twins(part)

    async def _update(self, part: Part, ts: str) -> bool:
        try:
            await self._with_fallback(part, "chat.update", ts=ts)
        except Refused as refused:
            if refused.code == "streaming_state_conflict":
                await self._stop(part)
                await self._with_fallback(part, "chat.update", ts=ts)
            elif refused.code in ("message_not_found", "edit_window_closed"):
                await self._replies.mark_gone(part.id)
                return False
            else:
                raise
        await self._posted(part, ts)
        return True

    async def _with_fallback(self, part: Part, method: str, **more: Any) -> dict[str, Any]:
        """Calls with the body as planned, and as plain text where Slack does not take that."""
        text, blocks = str(part.body.get("text", "")), list(part.body.get("blocks", ()))
        if blocks:
            text = text[:_UPDATE_CHARS]  # read where blocks cannot be shown
        given = {"channel": part.channel, "metadata": metadata_of(part), **more}
        try:
            return await self._api.call(method, text=text, blocks=blocks, **given)
        except Refused as refused:
            if meaning_of(refused) is not Meaning.BODY:
                raise
            log.warning("Slack takes a message only as plain text: %s", refused.code)
        return await self._api.call(method, text=text[:_UPDATE_CHARS], blocks=[], **given)

    async def _finish_stream(self, part: Part, ts: str, streamed: Streamed | None) -> bool:
        """Ends a stream so that it shows the planned body; false where it was removed."""
        rest = None if streamed is None else remainder(part.body, streamed.markdown)
        if streamed is not None and rest is not None:
            markdown, blocks = rest
            try:
                await self._stop(part, markdown, blocks, streamed.closing)
            except Refused as refused:
                log.info("a stream could not be completed: %s", refused.code)
            else:
                await self._posted(part, ts)
                return True
        try:
            await self._stop(part)
        except Refused:  # it is over already
            await self._release(part)
        return await self._update(part, ts)

    async def _stop(
        self,
        part: Part,
        markdown: str = "",
        blocks: Sequence[Mapping[str, Any]] = (),
        chunks: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        await self._api.call(
            "chat.stopStream",
            channel=part.channel,
            ts=part.ts,
            markdown_text=markdown or None,
            blocks=list(blocks) or None,
            chunks=list(chunks) or None,
            metadata=metadata_of(part),
        )

    async def _release(self, part: Part) -> None:
        """Ends the session's "processing", which only the end of a stream does by itself."""
        try:
            await self._api.call(
                "agents.sessions.setStatus",
                channel_id=part.channel,
                thread_ts=part.thread_ts,
                status="active",
            )
        except SlackFault as fault:
            log.debug("a session's status stays: %s", fault)

    async def _remove(self, part: Part) -> None:
        if part.ts is not None:
            await self._delete(part.channel, part.ts)
        await self._replies.mark_gone(part.id)

    async def _delete(self, channel: str, ts: str) -> None:
        try:
            await self._api.call("chat.delete", channel=channel, ts=ts)
        except Refused as refused:
            if refused.code != "message_not_found":
                raise

    async def _posted(self, part: Part, ts: str) -> None:
        """Stores that it is out; what somebody else put there, or wants gone, has precedence."""
        now = await self._replies.mark_posted(part.id, ts, version=part.version, at=self._clock())
        if now is None or now.ts != ts:
            await self._delete(part.channel, ts)
        elif now.state is PartState.SURPLUS:
            await self._remove(now)

    async def _look_for(self, part: Part, *, keep: str | None = None) -> str | None:
        """The part's message where Slack has it; others like it are removed.

        keep: the one that stays; None: the first.
        """
        found = await copies_of(
            self._api,
            self._replies,
            part,
            tenant=self._tenant,
            bot_user=self._bot_user,
            streamed=part.body == STREAMING_BODY,
            since=part.attempted_at or self._clock(),
        )
        kept = keep if keep is not None or not found else found[0]
        for twin in found:
            if twin == kept:
                continue
            log.warning("a message was posted twice; the second is removed")
            await self._delete(part.channel, twin)
        return kept if found else None

    async def _look_for_twins(self, part: Part) -> None:
        """After a message was posted again: the first may have arrived late all the same."""
        try:
            await self._look_for(part, keep=await self._ts_of(part))
        except SlackFault as fault:
            log.info("a thread was not looked through for a second copy: %s", fault)

    async def _ts_of(self, part: Part) -> str | None:
        known = await self._replies.of(self._tenant, part.question_id, part.kind)
        return next((p.ts for p in known if p.id == part.id), None)
