"""Buttons and forms of entries: every press is checked, and a second one does nothing more."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.access.audience import rights_of
from bot.access.facts import SlackFacts
from bot.access.refusing import refuse
from bot.access.reviewers import is_reviewer
from bot.learning.keeping import EntryKeeping
from bot.learning.learning import Learning
from bot.learning.rests_on import stamp_of
from bot.learning.telling import ASKING, LINE, PROPOSAL, is_message
from bot.rendering.entry import entry_form
from bot.slack_api import SlackApi, SlackFault
from engine.clock import Clock
from engine.storage.entries import EntryStore
from engine.storage.entry import Entry, EntryChanged, EntryState

log = logging.getLogger(__name__)

Json = Mapping[str, Any]
NOT_YOURS = "Only people who may answer cases, or the owner of the answer, can do that."
TOO_LATE = "Somebody was first: this answer is not as it was any more."
CHANGED_AGAIN = (
    "What this answer rests on has changed again. The message shows it as it is now; look at it "
    "once more."
)
NO_LONGER = "This answer cannot be used any more: {why}."
_EMPTY = "Please write something, or close the form."
_MEANT = {
    "undo": (LINE, PROPOSAL),
    "edit": (LINE, PROPOSAL, ASKING),
    "keep": (ASKING,),
    "withdraw": (ASKING,),
    "accept": (PROPOSAL,),
    "decline": (PROPOSAL,),
}
"""Under which messages each button stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryButtons:
    """Does what is pressed. channel: of the cards; None where nobody takes cases."""

    tenant: str
    team: str
    api: SlackApi
    facts: SlackFacts
    entries: EntryStore
    learning: Learning
    keeping: EntryKeeping
    channel: str | None
    group: str | None
    clock: Clock

    async def pressed(self, body: Json, action: Json) -> None:
        """Does it; a button of no message of ours does nothing.

        Raises: StorageUnavailable, SlackFault.
        """
        name = str(action.get("action_id") or "").removeprefix("entry:")
        user = str((body.get("user") or {}).get("id") or "")
        container = body.get("container") or {}
        place = (str(container.get("channel_id")), str(container.get("message_ts")))
        entry = await self._entry(str(action.get("value") or ""))
        meant = _MEANT.get(name, ())
        if (
            entry is None
            or not user
            or not any(is_message(entry, message, *place) for message in meant)
        ):
            refuse()
            return
        if not await self._may(entry, user, asked=is_message(entry, ASKING, *place)):
            await self._tell(*place, user, NOT_YOURS)
            return
        if name == "edit":
            if entry.state not in (EntryState.LIVE, EntryState.PROPOSED):
                await self._tell(*place, user, TOO_LATE)
                return
            view = entry_form(entry)
            await self.api.call("views.open", trigger_id=body.get("trigger_id"), view=view)
            return
        stamp = str(action.get("value") or "").partition(".")[2].partition(".")[2]
        problem = await self._do(name, entry, user, stamp=stamp)
        if problem:
            await self._tell(*place, user, problem)
        now = await self.entries.get(self.tenant, entry.id, entry.version)
        await self.keeping.changed(now or entry)

    async def submitted(self, body: Json) -> Json | None:
        """The form with an entry's new words.

        Raises: StorageUnavailable, IndexUnavailable, ModelUnavailable, SlackFault.
        """
        view = body.get("view") or {}
        user = str((body.get("user") or {}).get("id") or "")
        entry = await self._entry(str(view.get("private_metadata") or ""))
        if entry is None:
            return None
        fields = (view.get("state") or {}).get("values") or {}
        words = {
            name: str(((fields.get(name) or {}).get(name) or {}).get("value") or "").strip()
            for name in ("question", "answer")
        }
        empty = {name: _EMPTY for name, value in words.items() if not value}
        if empty:
            return _errors(empty)
        if not await self._may(entry, user, asked=True):
            return _errors({"answer": NOT_YOURS})
        at = self.clock()
        why = await self._ended(entry)
        if why:
            return _errors({"answer": why})
        if entry.state is EntryState.PROPOSED:
            accepted = await self._accept(entry, user)
            if not accepted.done or accepted.entry is None:
                return _errors({"answer": TOO_LATE})
            entry = accepted.entry
        made: Entry | None = entry
        if (entry.question, entry.answer) != (words["question"], words["answer"]):
            made = await self.learning.rewrite(entry, **words, by=user, at=at)
        else:
            await self.learning.knowledge.bring(self.learning.ingestion, entry.id)
        if made is None:
            return _errors({"answer": TOO_LATE})
        if made.version != entry.version:
            await self.keeping.telling.hand_over(entry, made)
        await self.keeping.changed(made)
        return None

    async def _do(self, name: str, entry: Entry, user: str, *, stamp: str) -> str:
        """What went wrong, in a sentence; empty where it is done. stamp: of the sources that the
        owner was shown."""
        at = self.clock()
        mine = (self.tenant, entry.id, entry.version)
        why = await self._ended(entry) if name in ("keep", "accept") else ""
        if why:
            return why
        if name == "undo":
            done = await self.entries.roll_back(*mine, at=at, by=user, why="undone")
            back = done.entry
            if done.done and back is not None and back.version != entry.version:
                await self.keeping.telling.hand_over(entry, back)
                await self._ended(back)  # before it is found again
                await self.keeping.changed(await self.entries.get(*mine[:2], back.version) or back)
        elif name == "withdraw":
            done = await self.entries.end(
                *mine, state=EntryState.ROLLED_BACK, at=at, by=user, why="withdrawn"
            )
        elif name == "keep":
            if entry.asked_owner_at is None:
                return TOO_LATE
            sources = await self.learning.sources_now(entry)
            if stamp_of(sources) != stamp:
                await self.keeping.telling.ask_owner(entry)
                return CHANGED_AGAIN
            done = await self.entries.confirm(
                *mine, at=at, expires_at=at + self.learning.kept_for, sources=sources
            )
        elif name == "accept":
            done = await self._accept(entry, user)
        else:
            done = await self.entries.decline(self.tenant, entry.id, at=at, by=user, why="declined")
        await self.learning.knowledge.bring(self.learning.ingestion, entry.id)
        return "" if done.done else TOO_LATE

    async def _ended(self, entry: Entry) -> str:
        """Ends what may not be used any more, and says so; empty where it may."""
        why = await self.keeping.rights.why_not(entry)
        if not why:
            return ""
        if entry.state is EntryState.PROPOSED:
            await self.entries.decline(self.tenant, entry.id, at=self.clock(), by=None, why=why)
        else:
            await self.keeping.end(entry, why)
        return NO_LONGER.format(why=why)

    async def _accept(self, entry: Entry, user: str) -> EntryChanged:
        at = self.clock()
        return await self.entries.accept(
            self.tenant, entry.id, at=at, by=user, expires_at=at + self.learning.kept_for
        )

    async def _entry(self, value: str) -> Entry | None:
        entry_id, _, rest = value.partition(".")
        version = rest.partition(".")[0]
        if not version.isdecimal() or len(version) > 6:
            return None
        return await self.entries.get(self.tenant, entry_id, int(version))

    async def _may(self, entry: Entry, user: str, *, asked: bool) -> bool:
        """A reviewer as things are now; or the owner, a full member still, who was asked."""
        rights = await rights_of(self.facts, team=self.team, user=user, user_team=None)
        if self.channel is not None and is_reviewer(rights, self.channel, self.group):
            return True
        return asked and user == entry.owner and is_reviewer(rights, None)

    async def _tell(self, channel: str, ts: str, user: str, sentence: str) -> None:
        refuse()
        try:
            await self.api.call("chat.postEphemeral", channel=channel, user=user, text=sentence)
        except SlackFault as fault:
            log.info("somebody was not told: %s", fault)


def _errors(errors: Mapping[str, str]) -> Json:
    return {"response_action": "errors", "errors": dict(errors)}
