"""Answers that reviewers give in threads, offered as knowledge and never learned silently."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.access.audience import rights_in, rights_of
from bot.access.facts import SlackFacts
from bot.access.reviewers import is_reviewer
from bot.aside import Aside
from bot.intake.plain_text import mentions, plain_text
from bot.learning.entry_rights import CLOSED_OFF, EntryRights
from bot.learning.learning import Learning
from bot.learning.readers import readers_of_thread
from bot.learning.telling import ANSWER_WITHIN, EntryTelling
from bot.learning.worth import is_worth_keeping
from bot.people_names import name_of
from bot.review.timekeeper import Handler
from bot.slack_api import SlackApi
from engine.audience import EVERYONE
from engine.clock import Clock
from engine.intake import redact
from engine.storage.entries import EntryStore
from engine.storage.entry import Entry, EntryState, NewEntry
from engine.storage.inbox import NewQuestion, Surface
from engine.storage.timers import Timer, TimerStore
from engine.verification.same_question import stands_alone

log = logging.getLogger(__name__)

PROPOSE = "entry:propose"
_SPACE = uuid.UUID("0c0a5f0e-3f53-4d0e-8f0e-1e8b9b8f2d61")
_MOST_A_DAY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """Looks at replies in channels that it is in and that all who read the cards may look into.

    channel: of the cards.
    """

    tenant: str
    team: str
    bot_user: str
    api: SlackApi
    facts: SlackFacts
    entries: EntryStore
    learning: Learning
    rights: EntryRights
    telling: EntryTelling
    timers: TimerStore
    aside: Aside
    channel: str | None
    group: str | None
    clock: Clock

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """For the timekeeper."""
        return {PROPOSE: self.propose}

    def heed(self, event: Mapping[str, Any]) -> None:
        """A message somewhere: where it is a reply of a person in a channel, it is looked at."""
        if (
            self.channel is None
            or event.get("type") != "message"
            or event.get("subtype") is not None
            or event.get("bot_id")
            or event.get("channel_type") not in ("channel", "group")
            or event.get("channel") == self.channel
            or event.get("thread_ts") in (None, event.get("ts"))
        ):
            return
        self.aside.begin(self.look(event), "an answer in a thread was not looked at")

    def id_of(self, channel: str, root_ts: str) -> str:
        """The entry that is, or would be, proposed from a thread."""
        return str(uuid.uuid5(_SPACE, f"{self.tenant} {self.team} {channel} {root_ts}"))

    async def look(self, event: Mapping[str, Any]) -> None:
        """Proposes the reply of a reviewer to another person's question, one for each thread.

        Raises: SlackFault, FactsUnknown, StorageUnavailable.
        """
        channel, root_ts = str(event["channel"]), str(event["thread_ts"])
        user = str(event.get("user") or "")
        answer = plain_text(str(event.get("text") or ""), bot_user=self.bot_user)
        entry_id = self.id_of(channel, root_ts)
        if not is_worth_keeping(answer) or await self.entries.get(self.tenant, entry_id):
            return
        rights = await rights_of(self.facts, team=self.team, user=user, user_team=None)
        if not is_reviewer(rights, self.channel, self.group):
            return
        since = self.clock() - timedelta(days=1)
        if await self.entries.proposed_since(self.tenant, since) >= _MOST_A_DAY:
            return
        thread = await self.api.call("conversations.replies", channel=channel, ts=root_ts, limit=50)
        said = list(thread.get("messages") or ())
        if not said or any(m.get("user") == self.bot_user for m in said):
            return
        asker, asked = str(said[0].get("user") or ""), str(said[0].get("text") or "")
        question, _ = redact(plain_text(asked, bot_user=self.bot_user))
        addressed = self.bot_user in mentions(asked) or said[0].get("bot_id")
        if not asker or asker == user or addressed:
            return
        if "?" not in question or not stands_alone(question):
            return
        if not await self._may_be_shown(channel):
            return
        item = NewQuestion(
            team=self.team,
            channel=channel,
            ts=root_ts,
            user=asker,
            surface=Surface.MENTION,
            text=asked,
            asked_at=self.clock(),
        )
        tags = await readers_of_thread(self.facts, item)
        new = NewEntry(
            question=question,
            answer=answer,
            author=await name_of(self.api, user),
            owner=user,
            audience=tags,
            permalink=await self.learning.permalink(channel, root_ts),
            channels=(channel,),
        )
        at = self.clock()
        kept = await self.entries.propose(self.tenant, new, at=at, entry_id=entry_id)
        if kept.done:
            await self.timers.set(self.tenant, PROPOSE, entry_id, at)

    async def propose(self, timer: Timer) -> datetime | None:
        """Posts a proposal; one that nobody decides on in time is declined."""
        entry = await self.entries.get(self.tenant, timer.subject, 1)
        if entry is None or entry.state is not EntryState.PROPOSED:
            return None
        over = entry.made_at + ANSWER_WITHIN
        why = "nobody decided" if over <= self.clock() else await self._why_not(entry)
        if why:
            declined = await self.entries.decline(
                self.tenant, entry.id, at=self.clock(), by=None, why=why
            )
            if declined.entry is not None:
                await self.telling.bring(declined.entry)
            return None
        await self.telling.propose(entry)
        return over

    async def _why_not(self, entry: Entry) -> str:
        shown = [await self._may_be_shown(channel) for channel in entry.channels]
        return "" if all(shown) else CLOSED_OFF

    async def _may_be_shown(self, channel: str) -> bool:
        """Whether all who read the cards may look into a channel.

        Raises: FactsUnknown where that may be known later.
        """
        here = await rights_in(
            self.facts, team=self.team, channel=self.channel or "", user=None, user_team=None
        )
        return EVERYONE in here.audience.tags and await self.rights.is_open(channel)
