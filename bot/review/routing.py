"""Where the card of a case goes, and which group is told of it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.review.policy import Destination, Policy
from engine.storage.channel_modes import ChannelModeStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Chooses by what a question was sorted as and by the channel where it was asked: as its row in
    `channel_modes` says, else as the policy says. fallback: the channel where neither says one."""

    tenant: str
    team: str
    policy: Policy
    modes: ChannelModeStore
    fallback: str

    async def of(self, *, category: str | None, priority: str | None, channel: str) -> Destination:
        """The destination of a case; its channel is never None.

        Raises: StorageUnavailable.
        """
        mode = await self.modes.of(self.tenant, self.team, channel)
        own = None if mode is None else mode.routing
        return self.policy.route(category=category, priority=priority, channel=channel, own=own)

    async def channel(self, *, category: str | None, priority: str | None, channel: str) -> str:
        """The channel of the card.  Raises: StorageUnavailable."""
        to = await self.of(category=category, priority=priority, channel=channel)
        return to.channel or self.fallback
