"""Streamed messages: what may be appended to one, how long, and how much."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.workspace.blocks import (
    MARKDOWN_CHARS,
    MESSAGE_BLOCKS,
    TASK_STATUSES,
    block_problems,
    invalid_blocks,
)
from bot.workspace.clock import Clock
from bot.workspace.errors import Json, SlackError, refuse
from bot.workspace.messages import Message, Streaming

LIVES_S = 300.0
"""A stream ends this long after its start, even while it is appended to."""
CUMULATIVE_CHARS = 12_000
"""What a streamed message holds in all before `msg_too_long`."""
TASK_CARDS = 50
TASK_TEXT = 256


@dataclass(slots=True, kw_only=True)
class Stream:
    """One streamed message's progress."""

    started_at: float
    recipient: str
    display_mode: str
    markdown: str = ""
    tasks: dict[str, Json] = field(default_factory=dict)
    plan_title: str = ""
    blocks: list[Json] = field(default_factory=list)

    def render(self) -> list[Json]:
        """The message's blocks so far."""
        cards: list[Json] = [{"type": "task_card", **t} for t in self.tasks.values()]
        shown: list[Json] = []
        if cards and (self.display_mode == "plan" or self.plan_title):
            shown.append({"type": "plan", "title": self.plan_title or "Plan", "tasks": cards})
        else:
            shown += cards
        if self.markdown:
            shown.append({"type": "markdown", "text": self.markdown})
        return [*shown, *self.blocks]


class Streams:
    """The streams that were started, by channel and ts."""

    def __init__(self, clock: Clock) -> None:
        self.lives_s = LIVES_S
        self.cumulative_chars = CUMULATIVE_CHARS
        self._clock = clock
        self._streams: dict[tuple[str, str], Stream] = {}

    def open(self, message: Message, *, recipient: str, display_mode: str) -> Stream:
        """Starts the stream of a new message."""
        if display_mode not in ("", "timeline", "plan", "dense"):
            refuse("invalid_arguments")
        stream = Stream(
            started_at=self._clock.now(), recipient=recipient, display_mode=display_mode
        )
        message.streaming = Streaming.IN_PROGRESS
        self._streams[message.channel, message.ts] = stream
        return stream

    def refresh(self, message: Message) -> None:
        """Ends the message's stream where its time is over."""
        stream = self._streams.get((message.channel, message.ts))
        if (
            stream is not None
            and message.streaming is Streaming.IN_PROGRESS
            and self._clock.now() - stream.started_at >= self.lives_s
        ):
            message.streaming = Streaming.EXPIRED

    def running(self, message: Message, *, appending: bool) -> Stream:
        """The message's stream.

        Raises:
            SlackError: it has none, was stopped, or is over.
        """
        self.refresh(message)
        if appending and message.streaming is Streaming.STOPPED_BY_USER:
            refuse("stopped_by_user")
        if message.streaming is not Streaming.IN_PROGRESS:
            refuse("message_not_in_streaming_state")
        return self._streams[message.channel, message.ts]

    def refuse_update(self, message: Message) -> None:
        """Raises: SlackError: `streaming_state_conflict`, while the message streams."""
        self.refresh(message)
        if message.streaming is Streaming.IN_PROGRESS:
            refuse("streaming_state_conflict")

    def append(self, stream: Stream, markdown_text: str, chunks: Any) -> None:
        """Adds to a stream, wholly or not at all.

        Raises:
            SlackError: something in it is not allowed, or there would be too much.
        """
        if len(markdown_text) > MARKDOWN_CHARS:
            refuse("msg_too_long")
        chunks = parse_chunks(chunks)
        added = markdown_text + "".join(c["text"] for c in chunks if c["type"] == "markdown_text")
        if len(added) > MARKDOWN_CHARS or len(stream.markdown) + len(added) > self.cumulative_chars:
            refuse("msg_too_long")
        new_tasks = {c["id"] for c in chunks if c["type"] == "task_update"} - stream.tasks.keys()
        if len(stream.tasks) + len(new_tasks) > TASK_CARDS:
            refuse("invalid_chunks")
        blocks = [b for c in chunks if c["type"] == "blocks" for b in c["blocks"]]
        if len(stream.blocks) + len(blocks) > MESSAGE_BLOCKS:
            refuse("msg_blocks_too_many")
        stream.markdown += added
        stream.blocks += blocks
        for chunk in chunks:
            if chunk["type"] == "plan_update":
                stream.plan_title = chunk["title"]
            elif chunk["type"] == "task_update":
                _update_task(stream, chunk)


def _update_task(stream: Stream, chunk: Json) -> None:
    task = stream.tasks.setdefault(chunk["id"], {"task_id": chunk["id"]})
    for key in ("title", "status", "output", "sources"):
        if chunk.get(key) is not None:
            task[key] = chunk[key]
    if chunk.get("details"):  # they append on repeat
        task["details"] = task.get("details", "") + chunk["details"]


def parse_chunks(chunks: Any) -> list[Json]:
    """The chunks of one call.

    Raises:
        SlackError: `invalid_chunks`, or `invalid_blocks` for the blocks in one.
    """
    if chunks in (None, ""):
        return []
    if not isinstance(chunks, list):
        refuse("invalid_chunks")
    for number, chunk in enumerate(chunks):
        problem = _chunk_problem(chunk)
        if problem:
            raise SlackError(
                "invalid_chunks",
                response_metadata={
                    "messages": [f"[ERROR] {problem} [json-pointer:/chunks/{number}]"]
                },
            )
        if chunk["type"] == "blocks":
            at = f"/chunks/{number}/blocks"
            problems = list(block_problems(chunk["blocks"], limit=MESSAGE_BLOCKS, at=at))
            if problems:
                raise invalid_blocks(problems)
    return chunks


def _chunk_problem(chunk: Any) -> str:
    if not isinstance(chunk, dict):
        return "must be an object"
    kind = chunk.get("type")
    if kind == "markdown_text":
        return "" if isinstance(chunk.get("text"), str) else "missing required field: text"
    if kind == "plan_update":
        return _text_problem(chunk, "title", needed=True)
    if kind == "blocks":
        return "" if isinstance(chunk.get("blocks"), list) else "missing required field: blocks"
    if kind != "task_update":
        return f"unsupported type: {kind}"
    if chunk.get("status", "pending") not in TASK_STATUSES:
        return f"status must be one of {', '.join(TASK_STATUSES)}"
    problems = (
        _text_problem(chunk, "id", needed=True),
        _text_problem(chunk, "title", needed=True),
        _text_problem(chunk, "details", needed=False),
        _text_problem(chunk, "output", needed=False),
    )
    return next((p for p in problems if p), "")


def _text_problem(chunk: Json, key: str, *, needed: bool) -> str:
    value = chunk.get(key)
    if value is None:
        return f"missing required field: {key}" if needed else ""
    if isinstance(value, dict) and value.get("type") == "rich_text" and key != "id":
        return ""
    if not isinstance(value, str):
        return f"{key} must be a string"
    return f"{key} must be less than {TASK_TEXT + 1} characters" if len(value) > TASK_TEXT else ""
