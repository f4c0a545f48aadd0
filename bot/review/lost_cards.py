"""Cards that stand where nothing can be posted any more: their cases get new ones elsewhere.

A channel is archived or deleted, or the app is taken out of it, after a card was placed there. An
event tells of it, a refusal, or the look at each start.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from bot.announcing import Announcing
from bot.delivery.refusals import Meaning, meaning_of
from bot.rendering.notices import lost_card, lost_channel
from bot.slack_api import RateLimited, Refused, SlackApi, SlackFault
from engine.clock import Clock
from engine.storage.case import Case
from engine.storage.cases import CaseStore
from engine.storage.lost_cards import LostCardStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LostCards:
    """The cards of one tenant. channel: where cards go that belong nowhere else; None: nobody takes
    cases. admin_channel: hears of each channel that was lost, once a day at most."""

    tenant: str
    api: SlackApi
    cases: CaseStore
    store: LostCardStore
    announcing: Announcing
    channel: str | None
    admin_channel: str | None
    clock: Clock

    async def look(self) -> None:
        """Takes the cards of waiting cases from channels that are lost.

        Raises: RateLimited, StorageUnavailable.
        """
        waiting = await self.cases.waiting(self.tenant)
        for channel in sorted({case.channel for case in waiting if case.channel is not None}):
            if await self._is_lost(channel):
                for case in waiting:
                    if case.channel == channel:
                        await self.take(case)

    async def take(self, case: Case, *, tells: bool = True) -> None:
        """Takes a waiting case's card from its channel, so that it is placed anew; idempotent.

        tells: false where the card alone is gone, and its channel is not.

        Raises: RateLimited, StorageUnavailable.
        """
        if case.channel is None or not case.is_waiting or self.channel is None:
            return
        if tells:
            await self._tell_admins(case.channel)
            await self._tell_owner(case)
        await self.store.take(self.tenant, case.id, case.channel)

    async def _is_lost(self, channel: str) -> bool:
        try:
            answer = await self.api.call("conversations.info", channel=channel)
        except RateLimited:
            raise
        except Refused as refused:
            return meaning_of(refused) is Meaning.NOWHERE
        except SlackFault:
            return False
        found = answer.get("channel") or {}
        return bool(found.get("is_archived")) or found.get("is_member") is False

    async def _tell_admins(self, channel: str) -> None:
        log.warning("no card can be posted to %s any more: its cases get new ones", channel)
        if self.admin_channel in (None, channel):
            return
        key = f"case:lost:{channel}:{self.clock():%Y-%m-%d}"
        await self.announcing.say(key, str(self.admin_channel), lost_channel(channel))

    async def _tell_owner(self, case: Case) -> None:
        """A direct message; that it fails changes nothing."""
        if case.owner is None or case.channel is None:
            return
        try:
            opened = await self.api.call("conversations.open", users=case.owner)
        except RateLimited:
            raise
        except SlackFault as fault:
            log.info("an owner was not told that a card was lost: %s", fault)
            return
        key = f"case:lost:{case.id}:{case.channel}:{case.ts}"
        await self.announcing.say(key, str(opened["channel"]["id"]), lost_card(case.channel))
