"""Who may review cases: full members in the channel of the cards, or of them only a user group."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.access.audience import Rights, document_tag, rights_of
from bot.access.facts import SlackFacts
from engine.audience import EVERYONE


class Standing(StrEnum):
    """Whether somebody may review now."""

    MAY = "may"
    MAY_NOT = "may_not"
    UNKNOWN = "unknown"
    """Slack does not say now; it is no right."""


def is_reviewer(rights: Rights, channel: str | None, group: str | None = None) -> bool:
    """Whether rights are those of a full member; given a channel, of one who is in it, and given a
    group, of one of its members."""
    needed = {EVERYONE}
    if channel is not None:
        needed.add(document_tag(channel))
    if group is not None:
        needed.add(f"group:{group}")
    return needed <= rights.audience.tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewers:
    """The reviewers of one workspace. group: the user group they must be in; None: any."""

    facts: SlackFacts
    team: str
    group: str | None

    async def standing(
        self, user: str, channel: str | None, *, user_team: str | None = None
    ) -> tuple[Standing, Rights]:
        """Whether somebody may review what is shown in this channel, and what that follows from."""
        rights = await rights_of(self.facts, team=self.team, user=user, user_team=user_team)
        if is_reviewer(rights, channel, self.group):
            return Standing.MAY, rights
        return Standing.MAY_NOT if rights.certain else Standing.UNKNOWN, rights

    async def gone(self, owner: str | None, channel: str | None) -> str | None:
        """The owner of a case where they may review no more, so that anybody may take it."""
        if owner is None:
            return None
        standing, _ = await self.standing(owner, channel)
        return owner if standing is Standing.MAY_NOT else None
