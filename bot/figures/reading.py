"""Who may read what of other people's questions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.access.admins import Admins
from bot.access.audience import rights_in, rights_of
from bot.access.conversation import ConversationKind
from bot.access.facts import FactsUnknown, SlackFacts
from bot.access.reviewers import is_reviewer
from bot.slack_api import RateLimited, SlackApi, SlackFault
from engine.audience import EVERYONE, Audience
from engine.storage.gaps import Gap

CHANNELS = "channels"
"""Name in a gap's place: of the channels where its questions were asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Asks Slack each time; what it does not say gives no right. reviewers: the group that may
    review, where there is one."""

    team: str
    api: SlackApi
    admins: Admins
    facts: SlackFacts
    reviewers: str | None

    async def open_to_members(self, channels: Collection[str]) -> frozenset[str]:
        """Those of the channels that every full member may look into and nobody else reads.

        Raises: RateLimited where Slack would say later.
        """
        found = set()
        for channel in sorted(set(channels)):
            try:
                conversation = await self.facts.conversation(channel)
            except FactsUnknown as unknown:
                _later(unknown.retry_after_s)
                continue
            if conversation.kind is ConversationKind.PUBLIC and not conversation.shared:
                found.add(channel)
        return frozenset(found)

    async def shown(self, gaps: Sequence[Gap]) -> tuple[Gap, ...]:
        """Those whose every question stands where every full member may still look.

        Raises: RateLimited where Slack would say later.
        """
        found = []
        for gap in gaps:
            channels = frozenset(map(str, gap.place.get(CHANNELS) or ()))
            if channels and await self.open_to_members(channels) == channels:
                found.append(gap)
        return tuple(found)

    async def audience_of(self, channel: str) -> Audience:
        """What may be said in a channel.

        Raises: RateLimited where Slack would say later.
        """
        rights = await rights_in(
            self.facts, team=self.team, channel=channel, user=None, user_team=None
        )
        if not rights.certain:
            _later(rights.retry_after_s)
        return rights.audience

    async def members_only(self, channel: str) -> bool:
        """Whether only full members read a channel.

        Raises: RateLimited where Slack would say later.
        """
        return EVERYONE in (await self.audience_of(channel)).tags

    async def may_decide(self, user: str, channel: str) -> bool:
        """Whether somebody may approve what is shown in a channel: who may review there, and
        admins in it."""
        rights = await rights_of(self.facts, team=self.team, user=user, user_team=None)
        if not is_reviewer(rights, channel):
            return False
        if self.reviewers is None or f"group:{self.reviewers}" in rights.audience.tags:
            return True
        try:
            return await self.admins.include(user)
        except SlackFault:
            return False


def _later(retry_after_s: float | None) -> None:
    if retry_after_s is not None:
        raise RateLimited("conversations.info", retry_after_s)
