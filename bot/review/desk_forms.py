"""The forms of a case, as they come back: checked again, as if nobody had been asked before."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.access.reviewers import Standing
from bot.intake.plain_text import plain_text
from bot.rendering import case_forms as forms
from bot.rendering import limits
from bot.rendering.case_words import NO_CASE, NO_DESK, QUESTION_GONE
from bot.review.business_time import BusinessTime
from bot.review.rules import Rules, Told
from bot.review.snoozing import until_of
from bot.slack_api import SlackApi, SlackFault
from engine.clock import Clock
from engine.storage.case import Case, How
from engine.storage.cases import CaseStore
from engine.storage.inbox import InboxStore

log = logging.getLogger(__name__)

Json = Mapping[str, Any]
_EMPTY = "Please write an answer, or close the form."
_NO_REASON = "Please say why, or close the form."
_TOO_LONG = f"Please shorten it: at most {limits.PLAIN_TEXT:,} characters can be sent."
_WHY_TOO_LONG = f"Please shorten it to {forms.WHY_CHARS} characters."
_NOT_A_PERSON = "Please choose somebody who may take cases: a full member who is in this channel."
_UNCHANGED = "It is so already."
_FIELDS = {
    "answer": forms.REPLY,
    "edit": forms.REPLY,
    "reject": forms.WHY,
    "reassign": forms.PERSON,
    "snooze": forms.UNTIL,
    "relabel": forms.CATEGORY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskForms:
    """Does what reviewers of one tenant enter."""

    tenant: str
    api: SlackApi
    rules: Rules
    inbox: InboxStore
    cases: CaseStore
    business: BusinessTime
    clock: Clock

    async def submitted(self, body: Json) -> Json | None:
        """A form of a case; what is returned keeps it open.

        Raises: StorageUnavailable.
        """
        view = body.get("view") or {}
        user = str((body.get("user") or {}).get("id") or "")
        verb = str(view.get("callback_id") or "").partition(":")[2]
        case_id, _, more = str(view.get("private_metadata") or "").partition(" ")
        case = await self.cases.get(self.tenant, case_id)
        if verb not in _FIELDS:
            return None
        try:
            if case is None:
                raise Told(NO_CASE)
            if self.rules.escalation.cards is None:
                raise Told(NO_DESK)
            await self.rules.refuse_others(user, case.channel or case.card_home)
            return await self._submit(verb, view, case, user, more)
        except Told as told:
            block = _FIELDS[verb]
            shown = [b.get("block_id") for b in view.get("blocks") or ()]
            if block not in shown and shown:
                block = str(shown[-1])
            return {"response_action": "errors", "errors": {block: str(told)}}

    async def _submit(self, verb: str, view: Json, case: Case, user: str, more: str) -> Json | None:
        """What keeps the form open.  Raises: Told where it is not to be."""
        entered, at = forms.value_of(view, _FIELDS[verb]), self.clock()
        if verb == "relabel":
            priority = forms.value_of(view, forms.PRIORITY)
            category_shown, priority_shown = forms.shown_labels(more)
            # What they left as it was is not theirs to say: somebody may have corrected it since.
            changed = await self.cases.relabel(
                case.id,
                by=user,
                category=None if entered in ("", category_shown) else entered,
                priority=None if priority in ("", priority_shown) else priority,
                at=at,
            )
            if changed.done:
                self.rules.escalation.wake()
            elif not changed.case.is_waiting and changed.case.answered_at is None:
                raise Told(await self.rules.why_not(changed.case, user))
            return None
        instead_of = await self.rules.absent(case)
        if verb in ("answer", "edit"):
            if not case.is_waiting or case.owner not in (None, user, instead_of):
                raise Told(await self.rules.why_not(case, user))
            how = How.EDITED if verb == "edit" else How.ANSWERED
            return await self._send(view, case, user, how, more)
        if verb == "reject":
            if not entered:
                raise Told(_NO_REASON)
            if limits.length(entered) > forms.WHY_CHARS:
                raise Told(_WHY_TOO_LONG)
            await self.rules.changed(
                await self.cases.reject(
                    case.id, by=user, why=entered, at=at, instead_of=instead_of
                ),
                user,
            )
        elif verb == "reassign":
            standing, _ = await self.rules.reviewers.standing(
                entered, case.channel or case.card_home
            )
            if standing is not Standing.MAY:
                raise Told(_NOT_A_PERSON)
            changed = await self.cases.reassign(case.id, by=user, to=entered, at=at)
            await self.rules.changed(changed, user, _UNCHANGED)
            await self._tell_owner(changed.case, by=user)
        elif verb == "snooze":
            until = until_of(entered, at, self.business)
            if until is None:
                raise Told("Please choose how long.")
            changed = await self.cases.snooze(
                case.id, by=user, until=until, at=at, instead_of=instead_of
            )
            await self.rules.changed(changed, user)
        return None

    async def _send(self, view: Json, case: Case, user: str, how: How, more: str) -> Json | None:
        """Puts an answer on its way; the form again, with the question as it is now, where that was
        changed since.  Raises: Told where it is not to be."""
        entered = forms.value_of(view, forms.REPLY)
        if not entered:
            raise Told(_EMPTY)
        if limits.length(entered) > limits.PLAIN_TEXT:
            raise Told(_TOO_LONG)
        asked = await self.inbox.get(self.tenant, case.question_id)
        cards = self.rules.escalation.cards
        if asked is None or cards is None:
            raise Told(QUESTION_GONE)
        trace_id, revision = forms.opened_with(more)
        for_others = forms.is_for_others(view)
        if revision not in (None, asked.revision):
            kept = forms.Entered(words=entered, for_others=for_others)
            question = plain_text(asked.text, bot_user=cards.bot_user)
            form = forms.form_again(
                question, kept, case_id=case.id, trace_id=trace_id, revision=asked.revision
            )
            return {"response_action": "update", "view": form}
        key = str(view.get("id"))
        await self.rules.send(case, asked, user, entered, how, trace_id, key, for_others=for_others)
        return None

    async def _tell_owner(self, case: Case, *, by: str) -> None:
        if case.owner is None or case.channel is None or case.owner == by:
            return
        try:
            await self.api.call(
                "chat.postMessage",
                channel=case.channel,
                thread_ts=case.ts,
                text=f"<@{case.owner}>, this case is yours now; <@{by}> has reassigned it.",
            )
        except SlackFault as fault:
            log.info("an owner was not told: %s", fault)
