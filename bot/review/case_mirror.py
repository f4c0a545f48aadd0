"""What servers of others hear of a case: a call for each change in its history.

Calls are made of the history whenever the case's card is brought up to date, so that none is lost
with a crash and none is there twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.review.permalinks import permalink_of
from bot.review.policy import Policy
from bot.review.webhooks import ON_CALL, Webhooks
from bot.slack_api import SlackApi
from engine.storage.case import Case
from engine.storage.case_history import Action, CaseEvent
from engine.storage.cases import CaseStore
from engine.storage.channel_modes import ChannelModeStore
from engine.storage.inbox import InboxItem, InboxStore
from engine.storage.webhook_calls import WebhookCall, WebhookCallStore


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMirror:
    """Mirrors the cases of one tenant."""

    tenant: str
    team: str
    api: SlackApi
    cases: CaseStore
    inbox: InboxStore
    modes: ChannelModeStore
    policy: Policy
    webhooks: Webhooks

    async def tell(self, case: Case) -> None:
        """Has every change of a case told that is not yet. Idempotent.

        Raises: StorageUnavailable, RateLimited.
        """
        if not self.webhooks.targets:
            return
        events = await self.cases.events(self.tenant, case.id)
        missing: dict[str, Sequence[CaseEvent]] = {}
        for name in self.webhooks.targets:
            known = await self.webhooks.calls.known(self.tenant, name, case.id)
            wanted: Sequence[CaseEvent] = events
            if name == ON_CALL:  # once paged they hear of it to its end
                wanted = (
                    [event for event in events if event.sequence >= min(known)]
                    if known
                    else await self._paged(case, events)
                )
            # What was told long ago is not kept, only the newest of it.
            first = min(known, default=0)
            missing[name] = [e for e in wanted if e.sequence >= first and e.sequence not in known]
        if not any(missing.values()):
            return
        item = await self.inbox.get(self.tenant, case.question_id)
        link = None if item is None else await self._permalink(item)
        calls = [self._call(name, case, event, link) for name in missing for event in missing[name]]
        await self.webhooks.calls.put(calls)
        self.webhooks.wake()

    async def _paged(self, case: Case, events: Sequence[CaseEvent]) -> Sequence[CaseEvent]:
        """What whoever is on call hears: what calls them, and all that follows."""
        for number, event in enumerate(events):
            if self._raises_to_on_call(event) or (
                event.action in (Action.OPENED, Action.REOPENED) and await self._goes_there(case)
            ):
                return events[number:]
        return ()

    def _raises_to_on_call(self, event: CaseEvent) -> bool:
        if event.action is not Action.RAISED:
            return False
        number = int(event.detail.get("level", 0))
        return 0 < number <= len(self.policy.levels) and self.policy.levels[number - 1].on_call

    async def _goes_there(self, case: Case) -> bool:
        """Whether the policy pages for such a case as soon as it is opened."""
        item = await self.inbox.get(self.tenant, case.question_id)
        if item is None:
            return False
        mode = await self.modes.of(self.tenant, self.team, item.channel)
        return self.policy.route(
            category=case.category,
            priority=case.priority,
            channel=item.channel,
            own=None if mode is None else mode.routing,
        ).on_call

    async def _permalink(self, item: InboxItem) -> str | None:
        ts = str(item.extra.get("message_ts") or item.ts)
        return await permalink_of(self.api, item.channel, ts)

    def _call(self, name: str, case: Case, event: CaseEvent, link: str | None) -> WebhookCall:
        call_id = WebhookCallStore.id_of(self.tenant, name, case.id, event.sequence)
        return WebhookCall(
            id=call_id,
            tenant=self.tenant,
            target=name,
            subject=case.id,
            sequence=event.sequence,
            opened_at=self.webhooks.clock(),
            body={
                "id": call_id,
                "event": f"case.{event.action.value}",
                "at": event.at.isoformat(),
                "by": event.by,
                "case": _as_told(case, event, link),
            },
        )


def _as_told(case: Case, event: CaseEvent, link: str | None) -> Mapping[str, Any]:
    """A case without a word of what anybody wrote, in the state that this change brought it to."""
    return {
        "id": case.id,
        "state": event.after.value,
        "question": link,
        "category": case.category,
        "priority": case.priority,
        "reasons": list(case.reasons),
        "level": case.level,
        "owner": case.owner,
        "opened_at": case.opened_at.isoformat(),
        "respond_by": _moment(case.respond_by),
        "resolve_by": _moment(case.resolve_by),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
