"""Entries by the clock: learned once delivered, asked about in time, ended when nobody answers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.access.facts import FactsUnknown
from bot.learning.entry_rights import CLOSED_OFF, FEWER_READERS, EntryRights, is_narrower
from bot.learning.learning import Learned, Learning, NotKept
from bot.learning.telling import ANSWER_WITHIN, EntryTelling, content_of, deadline_of
from bot.review.timekeeper import Handler
from bot.slack_api import RateLimited, SlackApi, SlackFault
from engine.audience import CLOSED
from engine.clock import Clock
from engine.storage.case import Case
from engine.storage.cases import CaseStore
from engine.storage.documents import DocumentStore
from engine.storage.entries import EntryStore
from engine.storage.entry import Entry, EntryState
from engine.storage.entry_watch import EntryWatch
from engine.storage.inbox import InboxStore
from engine.storage.timers import Timer, TimerStore
from engine.storage.traces import TraceStore

log = logging.getLogger(__name__)

LEARN, TOLD, DUE, LOOK = "entry:learn", "entry:told", "entry:due", "entry:look"
_LOOK_EVERY = timedelta(minutes=5)
_SUBJECT = "sources"
_NOT_KEPT = {
    NotKept.NO_READERS: (
        "Your answer has reached the asker. It is not kept for others, because nobody is known who "
        "may read both this conversation and all that the answer rests on."
    ),
    NotKept.FOLLOWS_UP: (
        "Your answer has reached the asker. It is not kept for others, because the question follows"
        " up on what was said before it and cannot be understood alone."
    ),
}


@dataclass(slots=True, kw_only=True)
class EntryKeeping:
    """What is due of entries."""

    tenant: str
    api: SlackApi
    learning: Learning
    telling: EntryTelling
    entries: EntryStore
    cases: CaseStore
    inbox: InboxStore
    traces: TraceStore
    documents: DocumentStore
    rights: EntryRights
    watch: EntryWatch
    timers: TimerStore
    clock: Clock
    _looked_at: int = field(default=-1)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """For the timekeeper."""
        return {LEARN: self.learn, TOLD: self.told, DUE: self.due, LOOK: self.look}

    async def start(self) -> None:
        """Sets the timer of the look at sources.

        Raises: StorageUnavailable.
        """
        if await self.timers.armed(self.tenant, LOOK, _SUBJECT) is None:
            await self.timers.set(self.tenant, LOOK, _SUBJECT, self.clock())

    async def on_delivered(self, case: Case) -> None:
        """The asker has a person's answer: it is learned soon, once for each answer.

        Raises: StorageUnavailable.
        """
        if case.delivered_at is not None and case.answered_by is not None:
            await self.timers.set(self.tenant, LEARN, case.id, case.delivered_at)

    async def changed(self, entry: Entry) -> None:
        """A version is not what it was: its messages say so soon, and its next date is set.

        Raises: StorageUnavailable.
        """
        at = self.clock()
        await self.timers.set(self.tenant, TOLD, f"{entry.id}.{entry.version}", at)
        if entry.state is EntryState.LIVE:
            await self.timers.set(self.tenant, DUE, entry.id, _asked_at(entry) or at)

    async def learn(self, timer: Timer) -> None:
        """Learns from one case, and tells its author."""
        case = await self.cases.get(self.tenant, timer.subject)
        if case is None or case.delivered_at is None or case.answered_by is None:
            return
        item = await self.inbox.get(self.tenant, case.question_id)
        reply = await self.inbox.get(self.tenant, case.answered_with or "")
        if item is None:
            return
        trace = await self.traces.get(self.tenant, item.trace_id) if item.trace_id else None
        learned = await self.learning.learn(
            case,
            item,
            trace,
            author=case.answered_by,
            at=case.delivered_at,
            wanted=reply is None or reply.extra.get("learn") is not False,
        )
        if learned.entry is None:
            await self._say_why(case, learned)
            return
        await self.telling.tell_learned(learned.entry)
        for version in await self.entries.versions(self.tenant, learned.entry.id):
            if version.version != learned.entry.version:
                await self.telling.bring(version)
        if learned.entry.state is EntryState.LIVE:
            due_at = _asked_at(learned.entry)
            if due_at is not None:
                await self.timers.set(self.tenant, DUE, learned.entry.id, due_at)

    async def told(self, timer: Timer) -> None:
        """Brings the messages about a version, and about those around it, up to date."""
        entry_id, _, _ = timer.subject.partition(".")
        for version in await self.entries.versions(self.tenant, entry_id):
            await self.telling.bring(version)

    async def due(self, timer: Timer) -> datetime | None:
        """Asks an entry's owner, or ends it; when it is looked at next."""
        entry = await self.entries.get(self.tenant, timer.subject)
        if entry is None or entry.state is not EntryState.LIVE:
            return None
        now = self.clock()
        over = entry.expires_at is not None and entry.expires_at <= now
        if over or (entry.asked_owner_at is not None and deadline_of(entry) <= now):
            await self.end(entry, "nobody said that it still holds")
            return None
        if entry.asked_owner_at is None:
            near = _asked_at(entry)
            if not (near is not None and near <= now) and not await self.telling.changes(
                entry, CLOSED
            ):
                return near
            await self.entries.ask_owner(self.tenant, entry.id, entry.version, at=now)
        asked = await self.entries.get(self.tenant, entry.id, entry.version)
        if asked is not None and asked.asked_owner_at is not None:
            await self.telling.ask_owner(asked)
            return min(deadline_of(asked), now + ANSWER_WITHIN)
        return now

    async def look(self, _: Timer) -> datetime:
        """Finds entries whose sources changed, for which nothing is read while the knowledge is the
        same; those said in channels that are closed now; and those that should have ended."""
        now = self.clock()
        for entry_id in await self.watch.expired(self.tenant, now):
            await self.timers.set(self.tenant, DUE, entry_id, now)
        revision = await self.documents.revision(self.tenant)
        if revision != self._looked_at:
            await self._look_at_sources()
            self._looked_at = revision
        await self._look_at_channels()
        return self.clock() + _LOOK_EVERY

    async def _look_at_channels(self) -> None:
        """What Slack does not say now is asked again at the next look."""
        for channel, ids in (await self.watch.said_in(self.tenant)).items():
            try:
                if await self.rights.is_open(channel):
                    continue
            except FactsUnknown:
                continue
            for entry_id in ids:
                entry = await self.entries.get(self.tenant, entry_id)
                if entry is not None and entry.state is EntryState.LIVE:
                    await self.end(entry, CLOSED_OFF)

    async def _look_at_sources(self) -> None:
        live = await self.entries.all(self.tenant)
        uris = sorted({source.document for entry in live for source in entry.sources})
        now = await self.documents.at(self.tenant, uris) if uris else {}
        for entry in live:
            found = [now.get(source.document) for source in entry.sources]
            if any(d is not None and is_narrower(entry, d.audience) for d in found):
                await self.end(entry, FEWER_READERS)
                continue
            changed = any(
                document is None
                or content_of(document.content_hash) != content_of(source.content_hash)
                for document, source in zip(found, entry.sources, strict=True)
            )
            if changed and entry.asked_owner_at is None:
                await self.timers.set(self.tenant, DUE, entry.id, self.clock())

    async def end(self, entry: Entry, why: str) -> None:
        """A version is used no more, and its messages say why.

        Raises: StorageUnavailable, IndexUnavailable; RateLimited, Unsure when it is ended already.
        """
        await self.entries.end(
            self.tenant,
            entry.id,
            entry.version,
            state=EntryState.EXPIRED,
            at=self.clock(),
            by=None,
            why=why,
        )
        await self.learning.knowledge.bring(self.learning.ingestion, entry.id)
        ended = await self.entries.get(self.tenant, entry.id, entry.version)
        if ended is not None:
            await self.telling.bring(ended)

    async def _say_why(self, case: Case, learned: Learned) -> None:
        """Only the author sees it; that it fails changes nothing."""
        sentence = _NOT_KEPT.get(learned.why) if learned.why else None
        if sentence is None or case.channel is None or case.ts is None:
            return
        try:
            await self.api.call(
                "chat.postEphemeral",
                channel=case.channel,
                user=case.answered_by,
                thread_ts=case.ts,
                text=sentence,
            )
        except RateLimited:
            raise
        except SlackFault as fault:
            log.info("an author was not told why an answer is not kept: %s", fault)


def _asked_at(entry: Entry) -> datetime | None:
    """When the owner is asked whether it still holds; None for an entry that never ends."""
    if entry.expires_at is None:
        return None
    since = entry.confirmed_at or entry.made_at
    return entry.expires_at - min(ANSWER_WITHIN, (entry.expires_at - since) / 2)
