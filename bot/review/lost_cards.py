"""Cards that stand where nothing can be posted any more: their cases get new ones elsewhere.

A channel is archived or deleted, or the app is taken out of it, after a card was placed there. An
event tells of it, a refusal, or the look at each start; and the same when the channel is within
reach again. The card is its case's again then, or is removed where the case has a new one: a case
never shows two that can be pressed.
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
from engine.storage.replies import Part, ReplyStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LostCards:
    """The cards of one tenant. channel: where cards go that belong nowhere else; None: nobody takes
    cases. admin_channel: hears of each channel that was lost, once a day at most."""

    tenant: str
    api: SlackApi
    cases: CaseStore
    store: LostCardStore
    replies: ReplyStore
    announcing: Announcing
    channel: str | None
    admin_channel: str | None
    clock: Clock

    async def look(self) -> None:
        """Takes the cards of waiting cases from channels that are lost, and removes those from
        channels within reach again that other cards have replaced.

        Raises: RateLimited, StorageUnavailable.
        """
        waiting = await self.cases.waiting(self.tenant)
        for channel in sorted({case.channel for case in waiting if case.channel is not None}):
            if await self._is_open(channel) is False:
                for case in waiting:
                    if case.channel == channel:
                        await self.take(case)
        await self._remove_replaced()

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
        await self.store.take(self.tenant, case.id, case.channel, stands=tells)

    async def give_back(self, case: Case) -> bool:
        """Makes the card that a case without one lost last its own again, where its channel is
        within reach; whether it did.

        Raises: RateLimited, StorageUnavailable.
        """
        lost = await self.store.last(self.tenant, case.question_id)
        if lost is None or not await self._is_open(lost.channel):
            return False
        return await self.store.give_back(case, lost)

    async def _remove_replaced(self) -> None:
        is_open: dict[str, bool | None] = {}
        for lost in await self.store.superfluous(self.tenant):
            if lost.channel not in is_open:
                is_open[lost.channel] = await self._is_open(lost.channel)
            if is_open[lost.channel]:
                await self._remove(lost)

    async def _remove(self, lost: Part) -> None:
        try:
            await self.api.call("chat.delete", channel=lost.channel, ts=lost.ts)
        except RateLimited:
            raise
        except Refused as refused:
            if refused.code != "message_not_found":
                log.warning("a card that another one replaced is not removed: %s", refused)
                return
        except SlackFault as fault:
            log.info("a card that another one replaced is removed with the next look: %s", fault)
            return
        await self.replies.mark_gone(lost.id)

    async def _is_open(self, channel: str) -> bool | None:
        """Whether messages can be posted there; None where Slack does not say."""
        try:
            answer = await self.api.call("conversations.info", channel=channel)
        except RateLimited:
            raise
        except Refused as refused:
            return False if meaning_of(refused) is Meaning.NOWHERE else None
        except SlackFault:
            return None
        found = answer.get("channel") or {}
        return not found.get("is_archived") and found.get("is_member") is not False

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
