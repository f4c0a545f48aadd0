"""A conversation of Slack, as far as it decides who can read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ConversationKind(StrEnum):
    """Who can come to read it."""

    PUBLIC = "public"
    """Its members, and every full member of the workspace, who may look into it unasked."""
    PRIVATE = "private"
    GROUP_DM = "group_dm"
    DM = "dm"


_SHARED = ("is_shared", "is_ext_shared", "is_org_shared", "is_pending_ext_shared")
_INVITED = ("pending_shared", "pending_connected_team_ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What `conversations.info` says.

    person: the other one of a direct message; empty elsewhere.
    shared: another workspace reads it, is invited to, or Slack does not say.
    num_members: None where Slack does not say.
    """

    id: str
    kind: ConversationKind
    person: str
    shared: bool
    num_members: int | None


def parse_conversation(channel: Mapping[str, Any]) -> Conversation | None:
    """A conversation object of Slack's; None for one that says too little to be of use."""
    kind = _kind(channel)
    identity = channel.get("id")
    if kind is None or not isinstance(identity, str):
        return None
    shared = any(channel.get(flag) for flag in (*_SHARED, *_INVITED))
    if kind in (ConversationKind.PUBLIC, ConversationKind.PRIVATE):
        shared = shared or channel.get("is_ext_shared") is not False
    count = channel.get("num_members")
    return Conversation(
        id=identity,
        kind=kind,
        person=str(channel.get("user") or "") if kind is ConversationKind.DM else "",
        shared=shared,
        num_members=count if isinstance(count, int) else None,
    )


def _kind(channel: Mapping[str, Any]) -> ConversationKind | None:
    if channel.get("is_im"):
        return ConversationKind.DM
    if channel.get("is_mpim"):
        return ConversationKind.GROUP_DM
    if channel.get("is_private") is True:
        return ConversationKind.PRIVATE
    if channel.get("is_private") is False and channel.get("is_channel"):
        return ConversationKind.PUBLIC
    return None
