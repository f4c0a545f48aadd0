"""How a channel stands when something is asked there: its mode, and what its answers must pass."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from engine.question import OPEN, Gate
from engine.storage.channel_modes import ChannelMode, ChannelModeStore, Mode
from engine.storage.inbox import NOWHERE, InboxItem, Surface

Cut = Callable[[ChannelMode], Awaitable[float | None]]
"""The least confidence with which a channel's answers are shown; None asks for nothing more than
the engine does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Of one question's channel."""

    mode: Mode
    gate: Gate


AUTO = Standing(mode=Mode.AUTO, gate=OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """Reads them anew for each question: a mode that was just set holds at once."""

    tenant: str
    modes: ChannelModeStore
    cut: Cut

    async def mode(self, team: str, channel: str) -> Mode:
        """A channel's mode; a direct message is always `auto`.  Raises: StorageUnavailable."""
        row = await self._row(team, channel)
        return Mode.AUTO if row is None else row.mode

    async def of(self, item: InboxItem) -> Standing:
        """What holds for a question. One that was heard in shadow stays so.

        Raises: StorageUnavailable.
        """
        if item.surface is Surface.SHADOW:
            return Standing(mode=Mode.SHADOW, gate=OPEN)
        row = None if item.surface is Surface.DM else await self._row(item.team, item.channel)
        if row is None:
            return AUTO
        if row.mode is Mode.AUTO:
            return Standing(mode=row.mode, gate=Gate(min_confidence=await self.cut(row)))
        return Standing(mode=row.mode, gate=Gate(reviewed=row.mode is Mode.DRAFT))

    async def _row(self, team: str, channel: str) -> ChannelMode | None:
        if channel == NOWHERE or channel.startswith("D"):
            return None
        return await self.modes.of(self.tenant, team, channel)
