"""What reviewers press and enter on the card of a case.

Everything is decided here and in storage, not by what the card shows: whether the button is of this
case's card, whether whoever pressed may review now, whether the case takes it still. Whoever is
refused is told why, by a message that only they see.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.case_cards import CaseCards
from bot.rendering import case_forms as forms
from bot.rendering.case_words import (
    DRAFT_CHANGED,
    FORM_EXPIRED,
    NO_CASE,
    NO_DESK,
    NO_DRAFT,
    NOT_YOURS,
    QUESTION_GONE,
)
from bot.rendering.neutral import escape
from bot.review.rules import Rules, Told
from bot.slack_api import RateLimited, Refused, SlackApi, SlackFault
from engine.clock import Clock
from engine.storage.case import Case, How
from engine.storage.cases import CaseStore
from engine.storage.inbox import InboxItem, InboxStore
from engine.triage.judge import TriageModels

log = logging.getLogger(__name__)

Json = Mapping[str, Any]
PREFIX = "case"
"""Of the actions and callbacks that are the desk's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The cases of one tenant, as reviewers work on them."""

    tenant: str
    api: SlackApi
    rules: Rules
    inbox: InboxStore
    cases: CaseStore
    cards: CaseCards | None
    triage: TriageModels
    clock: Clock

    async def pressed(self, body: Json, action: Json) -> None:
        """A button or menu of a card.

        Raises: StorageUnavailable, SlackFault.
        """
        verb, value = _verb_of(action)
        user = str((body.get("user") or {}).get("id") or "")
        container = body.get("container") or {}
        channel, ts = str(container.get("channel_id")), str(container.get("message_ts"))
        try:
            case = await self._case_of(channel, ts, value)
            if case is None:
                raise Told(NO_CASE)
            if self.cards is None:
                raise Told(NO_DESK)
            await self.rules.refuse_others(user, channel)
            await self._do(verb, value, body, case, user)
        except Told as told:
            await self._tell(body, channel, user, str(told))

    async def _do(self, verb: str, value: str, body: Json, case: Case, user: str) -> None:
        """Raises: Told where it is not to be."""
        if verb == "relabel":
            await self._open(body, await self._relabel_form(case))
            return
        if verb == "release":
            await self.rules.changed(
                await self.cases.release(case.id, by=user, at=self.clock()), user, NOT_YOURS
            )
            return
        instead_of = await self.rules.absent(case)
        if verb == "claim":
            changed = await self.cases.claim(
                case.id, by=user, at=self.clock(), instead_of=instead_of
            )
            await self.rules.changed(changed, user)
            return
        if not case.is_waiting or (
            verb != "reassign" and case.owner not in (None, user, instead_of)
        ):
            raise Told(await self.rules.why_not(case, user))
        asked = await self.inbox.get(self.tenant, case.question_id)
        if asked is None or self.cards is None:
            raise Told(QUESTION_GONE)
        trace = await self.cards.trace_of(asked)
        question = str(trace["question"])
        if verb == "approve":
            draft, trace_id = await self._draft(case, asked, trace, value)
            await self.rules.send(
                case, asked, user, draft, How.APPROVED, trace_id, f"{case.version}"
            )
        elif verb == "edit":
            draft, trace_id = await self._draft(case, asked, trace, value)
            form = forms.edit_form(
                question, draft, case_id=case.id, trace_id=trace_id, revision=asked.revision
            )
            await self._open(body, form)
        elif verb == "answer":
            form = forms.answer_form(question, case_id=case.id, revision=asked.revision)
            await self._open(body, form)
        elif verb == "reject":
            await self._open(body, forms.reject_form(question, case_id=case.id))
        elif verb == "reassign":
            await self._open(body, forms.reassign_form(case_id=case.id))
        elif verb == "snooze":
            await self._open(body, forms.snooze_form(case_id=case.id))

    async def _draft(
        self, case: Case, asked: InboxItem, trace: Json, value: str
    ) -> tuple[str, str]:
        """The draft that the card shows, and its trace.  Raises: Told."""
        seen, _, shown = value.partition(" ")
        draft = str(trace["draft_reply"]).strip()
        if (
            self.cards is None
            or not draft
            or not await self.cards.may_show_draft(
                asked, case.channel or case.card_home or self.cards.channel
            )
        ):
            raise Told(NO_DRAFT)
        if not seen or shown != (asked.trace_id or ""):
            raise Told(DRAFT_CHANGED)
        return draft, shown

    async def _relabel_form(self, case: Case) -> dict[str, Any]:
        model = (await self.triage.of(self.tenant)).model
        priority = model.priority if model is not None else None
        return forms.relabel_form(
            case_id=case.id,
            category=case.category,
            priority=case.priority,
            categories=model.category.labels if model is not None else (),
            priorities=priority.labels if priority is not None else (),
        )

    async def _case_of(self, channel: str, ts: str, value: str) -> Case | None:
        """The case of a card; by the button's value where Slack's answer about the card, which
        would say which message it is, has not come yet."""
        case_id = value.partition(" ")[0]
        case = await self.cases.by_card(self.tenant, channel, ts)
        if case is None:
            named = await self.cases.get(self.tenant, case_id)
            # It may have come since.
            here = named is not None and channel in (named.card_home, named.channel)
            if named is not None and here and named.ts in (None, ts):
                case = named
        return case if case is not None and case.id == case_id else None

    async def _open(self, body: Json, view: Json) -> None:
        """Raises: Told where Slack takes no form any more."""
        try:
            await self.api.call("views.open", trigger_id=body.get("trigger_id"), view=view)
        except RateLimited:
            raise
        except Refused as refused:
            log.info("a form was not opened: %s", refused.code)
            raise Told(FORM_EXPIRED) from None

    async def _tell(self, body: Json, channel: str, user: str, sentence: str) -> None:
        """By a message that only they see, or a modal where they are not in the channel."""
        try:
            try:
                text = escape(sentence)
                await self.api.call("chat.postEphemeral", channel=channel, user=user, text=text)
            except Refused:
                view = forms.sentence_modal(sentence)
                await self.api.call("views.open", trigger_id=body.get("trigger_id"), view=view)
        except SlackFault as fault:
            log.info("somebody was not told: %s", fault)


def _verb_of(action: Json) -> tuple[str, str]:
    """What is to be done, and the button's value."""
    verb = str(action.get("action_id") or "").partition(":")[2]
    value = str(action.get("value") or "")
    if verb == "more":
        chosen = str((action.get("selected_option") or {}).get("value") or "")
        verb, _, value = chosen.partition(":")
    return verb, value
