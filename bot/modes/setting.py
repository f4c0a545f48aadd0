"""Setting a channel's mode: what was typed or entered, who may, and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.announcing import Announcing
from bot.modes.thresholds import Thresholds
from bot.rendering.modes import change_message
from bot.review.policy import Policy
from engine.clock import Clock
from engine.errors import WrongUse
from engine.storage.channel_modes import ChannelMode, ChannelModeStore, Mode, Put, Setting

BY_FILE = "The policy file says what I do in this channel; change it there, and restart me."
NOBODY_REVIEWS = (
    "In draft a person sees every answer, and no people are set up here to take questions: set "
    "DESKHAND_SLACK__ESCALATION_CHANNEL first."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeSetting:
    """Sets modes for one workspace. admin_channel: hears of every change; None: nobody does."""

    tenant: str
    team: str
    modes: ChannelModeStore
    thresholds: Thresholds
    announcing: Announcing
    policy: Policy
    admin_channel: str | None
    escalation_channel: str | None
    clock: Clock

    async def row(self, channel: str) -> ChannelMode | None:
        """What is set of a channel.  Raises: StorageUnavailable."""
        return await self.modes.of(self.tenant, self.team, channel)

    def is_left_to_file(self, row: ChannelMode | None, mode: Mode) -> bool:
        """Whether only the policy file may set this mode: what it says itself may be set again, as
        after a channel fell back to draft."""
        if row is None or not row.by_file:
            return False
        said = self.policy.channels.get(row.channel)
        return said is None or said.mode is not mode or row.mode is mode

    async def put(
        self,
        channel: str,
        setting: Setting,
        *,
        by: str | None,
        evidence: Mapping[str, Any],
        expected: ChannelMode | None = None,
    ) -> Put:
        """Sets it, and has the admins told.

        Raises: WrongUse where drafts would reach nobody; StorageUnavailable.
        """
        if setting.mode is Mode.DRAFT and not self.escalation_channel:
            raise WrongUse(NOBODY_REVIEWS)
        at = self.clock()
        done = await self.modes.put(
            self.tenant, self.team, channel, setting, by=by, at=at, evidence=evidence,
            expected=expected,
        )  # fmt: skip
        if done.done and by is not None:
            before = done.before.mode if done.before else None
            await self.tell_change(channel, before, setting, by=by, at=at.isoformat())
        return done

    async def settle_file(self, said: Mapping[str, Setting]) -> None:
        """Makes channels be as the policy file says, and tells of those that changed.

        Raises: StorageUnavailable.
        """
        before = {row.channel: row.mode for row in await self.modes.all(self.tenant)}
        at = self.clock()
        for channel in await self.modes.settle_file(self.tenant, self.team, said, at=at):
            await self.tell_change(
                channel, before.get(channel), said[channel], by=None, at=at.isoformat()
            )

    async def tell_change(
        self, channel: str, before: Mode | None, setting: Setting, *, by: str | None, at: str
    ) -> None:
        """In the channel of the admins, once."""
        if self.admin_channel is None:
            return
        target = setting.target_precision or self.thresholds.target
        message = change_message(channel, before, setting.mode, by=by, target=target)
        await self.announcing.say(
            f"mode:changed:{self.team}:{channel}:{at}", self.admin_channel, message
        )


def parse_precision(text: str) -> float:
    """A share such as 0.95, 95 or 95%.  Raises: WrongUse."""
    bare = text.strip().removesuffix("%").strip().replace(",", ".")
    try:
        value = float(bare)
    except ValueError:
        value = 0.0
    share = value / 100 if value > 1 or text.strip().endswith("%") else value
    if not 0 < share < 1:
        raise WrongUse("the precision must be a share above 0 and below 1, such as 0.95 or 95%")
    return share


def parse_mode(text: str) -> Mode:
    """Raises: WrongUse."""
    try:
        return Mode(text.strip().lower())
    except ValueError:
        raise WrongUse(f"the mode must be one of {', '.join(Mode)}") from None
