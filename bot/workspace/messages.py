"""A message, and the events that tell of it."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from enum import StrEnum

from bot.workspace.errors import Json


class Streaming(StrEnum):
    """Where a streamed message stands."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    STOPPED_BY_USER = "stopped_by_user"
    EXPIRED = "expired"


@dataclass(slots=True, kw_only=True)
class Message:
    """One message of a channel."""

    channel: str
    ts: str
    user: str
    text: str
    team: str
    thread_ts: str = ""
    """The root's ts where it is a reply, or a root that has replies; else empty."""
    subtype: str = ""
    bot_id: str = ""
    app_id: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    files: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edited_by: str = ""
    edited_ts: str = ""
    streaming: Streaming | None = None
    unfurl: bool = True
    """Whether links in it would be shown with a preview."""
    broadcast: bool = False
    """A reply that is also shown in the channel."""

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread under another message."""
        return bool(self.thread_ts) and self.thread_ts != self.ts

    def render(self, *, files: list[Json] | None = None, with_metadata: bool = False) -> Json:
        """The message object of `conversations.history`."""
        shown: Json = {
            "type": "message",
            "user": self.user,
            "ts": self.ts,
            "text": self.text,
            "team": self.team,
        }
        if self.subtype:
            shown["subtype"] = self.subtype
        if self.bot_id:
            shown |= {"bot_id": self.bot_id, "app_id": self.app_id}
        if self.thread_ts:
            shown["thread_ts"] = self.thread_ts
        if self.blocks:
            shown["blocks"] = copy.deepcopy(self.blocks)
        if self.attachments:
            shown["attachments"] = copy.deepcopy(self.attachments)
        if files:
            shown["files"] = files
            shown["upload"] = True
        if self.metadata and with_metadata:
            shown["metadata"] = copy.deepcopy(self.metadata)
        if self.edited_ts:
            shown["edited"] = {"user": self.edited_by, "ts": self.edited_ts}
        if self.reactions:
            shown["reactions"] = [
                {"name": name, "users": list(users), "count": len(users)}
                for name, users in self.reactions.items()
            ]
        if self.streaming:
            shown["streaming_state"] = (
                "in_progress" if self.streaming is Streaming.IN_PROGRESS else "completed"
            )
        return shown


@dataclass(slots=True, kw_only=True)
class Ephemeral:
    """A message that one person sees and nobody can read back."""

    channel: str
    ts: str
    user: str
    """Who sees it."""
    text: str
    blocks: list[Json]
    thread_ts: str = ""
