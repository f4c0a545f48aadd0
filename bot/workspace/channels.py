"""A conversation: a channel, a direct message, or a group's."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bot.workspace.errors import Json
from bot.workspace.messages import Message


class ChannelType(StrEnum):
    """Slack's own words for `channel_type` in events and `types` in lists."""

    PUBLIC = "channel"
    PRIVATE = "group"
    IM = "im"
    MPIM = "mpim"


LISTED_AS = {
    ChannelType.PUBLIC: "public_channel",
    ChannelType.PRIVATE: "private_channel",
    ChannelType.IM: "im",
    ChannelType.MPIM: "mpim",
}
SCOPE_FAMILY = {
    ChannelType.PUBLIC: "channels",
    ChannelType.PRIVATE: "groups",
    ChannelType.IM: "im",
    ChannelType.MPIM: "mpim",
}


@dataclass(slots=True, kw_only=True)
class Channel:
    """One conversation and what was said in it."""

    id: str
    name: str
    type: ChannelType
    members: list[str]
    team_id: str
    created: int
    creator: str
    archived: bool = False
    deleted: bool = False
    shared_with: tuple[str, ...] = ()
    """Other teams that share it through Slack Connect."""
    pending_shared: bool = False
    """Whether another team was invited to share it and has not yet accepted."""
    topic: str = ""
    messages: dict[str, Message] = field(default_factory=dict)
    """By ts, in order."""
    deleted_roots: set[str] = field(default_factory=set)
    """The ts of roots that were deleted while they had replies."""

    def thread(self, ts: str) -> list[Message]:
        """The root and its replies, oldest first."""
        return [m for m in self.messages.values() if ts in (m.ts, m.thread_ts)]

    def render(self, *, bot_user: str, with_members_count: bool = False) -> Json:
        """The channel object of `conversations.info`, as this bot sees it."""
        shown: Json = {
            "id": self.id,
            "created": self.created,
            "creator": self.creator,
            "is_archived": self.archived,
            "is_channel": self.type is ChannelType.PUBLIC,
            "is_group": self.type is ChannelType.PRIVATE,
            "is_im": self.type is ChannelType.IM,
            "is_mpim": self.type is ChannelType.MPIM,
            "is_private": self.type is not ChannelType.PUBLIC,
            "is_shared": bool(self.shared_with),
            "is_ext_shared": bool(self.shared_with),
            "is_org_shared": False,
            "is_pending_ext_shared": self.pending_shared,
            "context_team_id": self.team_id,
            "updated": self.created * 1000,
        }
        if self.type is ChannelType.IM:
            others = [m for m in self.members if m != bot_user]
            return shown | {"user": others[0] if others else bot_user, "is_user_deleted": False}
        shown |= {
            "name": self.name,
            "name_normalized": self.name,
            "is_general": self.name == "general",
            "is_member": bot_user in self.members,
            "topic": {"value": self.topic, "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "shared_team_ids": [self.team_id, *self.shared_with],
            "connected_team_ids": list(self.shared_with),
            "pending_shared": ["T0PENDING00"] if self.pending_shared else [],
        }
        if with_members_count:
            shown["num_members"] = len(self.members)
        return shown
