"""What somebody is in the workspace, as far as it decides what they may read."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class PersonKind(StrEnum):
    """How far somebody's rights go."""

    MEMBER = "member"
    """A full member of this workspace."""
    GUEST = "guest"
    """A single-channel or multi-channel guest."""
    OUTSIDER = "outsider"
    """Somebody of another workspace, its bots too."""
    BOT = "bot"
    """An app of this workspace, which reads nothing for itself."""
    GONE = "gone"
    """A deactivated account, which reads nothing any more."""
    UNKNOWN = "unknown"
    """Slack says too little, or nothing, of them."""


READS_NOTHING = frozenset({PersonKind.BOT, PersonKind.GONE})


def parse_person(user: Mapping[str, Any], team: str) -> PersonKind:
    """The kind of a user object of Slack's; `team` is the workspace whose rights count.

    Somebody of another workspace of the same organization is an outsider too: its full members
    are not this one's.
    """
    if user.get("deleted"):
        return PersonKind.GONE
    if user.get("is_stranger") or user.get("team_id") not in (team, None):
        return PersonKind.OUTSIDER
    if user.get("team_id") is None:
        return PersonKind.UNKNOWN
    if user.get("is_bot") is True or user.get("id") == "USLACKBOT":
        return PersonKind.BOT
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return PersonKind.GUEST
    if user.get("is_restricted") is False and user.get("is_ultra_restricted") is False:
        return PersonKind.MEMBER
    return PersonKind.UNKNOWN
