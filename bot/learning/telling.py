"""Messages about an entry, each posted once and kept up to date."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

from bot.access.audience import rights_in, rights_of
from bot.access.facts import SlackFacts
from bot.access.people import PersonKind
from bot.evals.posts import ROOT, Lost, Posts
from bot.learning.rests_on import sources_now, stamp_of
from bot.rendering.entry import SourceChange, due_message, learned_line, proposal_message
from bot.rendering.message import Message
from bot.slack_api import Refused, SlackApi
from engine.audience import Audience
from engine.clock import Clock
from engine.retrieval.lexical import words
from engine.storage.announcements import Announcement, AnnouncementKind
from engine.storage.cases import CaseStore
from engine.storage.document_rows import Cited
from engine.storage.documents import DocumentStore
from engine.storage.entries import EntryStore
from engine.storage.entry import Entry, EntrySource
from engine.storage.entry_messages import EntryMessageStore
from engine.storage.passages import PassageStore

log = logging.getLogger(__name__)

LINE, ASKING, PROPOSAL = "line", "asking", "proposal"
ANSWER_WITHIN = timedelta(days=14)
"""How long an owner has to say that an entry still holds; and how long before it ends they are
asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryTelling:
    """Posts under cards, to owners, and in the channel of the cards, which is None without one."""

    tenant: str
    team: str
    api: SlackApi
    facts: SlackFacts
    entries: EntryStore
    messages: EntryMessageStore
    cases: CaseStore
    documents: DocumentStore
    passages: PassageStore
    channel: str | None
    clock: Clock
    _turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def bring(self, entry: Entry) -> None:
        """Makes every message about a version say what is so now; posts none that is not out.

        Raises: InDoubt, RateLimited, Unsure, StorageUnavailable.
        """
        async with self._turn(entry):
            await self._bring(await self._now(entry))

    async def _bring(self, entry: Entry) -> None:
        if entry.place.get(LINE):
            await self._post(entry, LINE, learned_line(entry))
        if entry.place.get(PROPOSAL):
            await self._post(entry, PROPOSAL, proposal_message(entry))
        if entry.place.get(ASKING) and entry.asked_owner_at is None:
            await self._post(entry, ASKING, due_message(entry, (), by=deadline_of(entry)))

    async def hand_over(self, entry: Entry, to: Entry) -> None:
        """What was said of one version is from now on said of another, which has no words yet.

        Raises: StorageUnavailable.
        """
        async with self._turn(entry):
            await self.messages.hand_over(entry, to)

    async def tell_learned(self, entry: Entry) -> None:
        """The line under the card of its case."""
        case = await self.cases.get(self.tenant, entry.case_id) if entry.case_id else None
        if case is None or case.channel is None or case.ts is None:
            return
        async with self._turn(entry):
            entry = await self._now(entry)
            await self._post(entry, LINE, learned_line(entry), case.channel, case.ts)

    async def propose(self, entry: Entry) -> None:
        """Where cards are: shall this be kept?"""
        if self.channel is not None:
            async with self._turn(entry):
                entry = await self._now(entry)
                await self._post(entry, PROPOSAL, proposal_message(entry), self.channel)

    async def ask_owner(self, entry: Entry) -> None:
        """A direct message to the owner; where they left, in the thread of the card."""
        async with self._turn(entry):
            await self._ask_owner(await self._now(entry))

    async def _ask_owner(self, entry: Entry) -> None:
        place = await self._place_to_ask(entry)
        if place is None:
            return
        channel, thread_ts = place
        # First what they are, then what they say: a change in between is seen at the press.
        stamp = stamp_of(await sources_now(self.documents, self.tenant, entry))
        changes = await self.changes(entry, await self._readers(entry, channel))
        message = due_message(entry, changes, by=deadline_of(entry), stamp=stamp)
        await self._post(entry, ASKING, message, channel, thread_ts)

    async def _place_to_ask(self, entry: Entry) -> tuple[str, str | None] | None:
        """Channel and thread."""
        kept = entry.place.get(ASKING)
        if kept:
            return str(kept["channel"]), None
        kind = (await self.facts.people([entry.owner]))[entry.owner]
        if kind is PersonKind.MEMBER:
            opened = await self.api.call("conversations.open", users=entry.owner)
            return str(opened["channel"]["id"]), None
        case = await self.cases.get(self.tenant, entry.case_id) if entry.case_id else None
        if case is not None and case.channel and case.ts:
            return case.channel, case.ts
        return None if self.channel is None else (self.channel, None)

    async def _readers(self, entry: Entry, channel: str) -> Audience:
        """What all who read a message there may read."""
        if channel.startswith("D"):
            rights = await rights_of(self.facts, team=self.team, user=entry.owner, user_team=None)
        else:
            rights = await rights_in(
                self.facts, team=self.team, channel=channel, user=None, user_team=None
            )
        return rights.audience

    async def changes(self, entry: Entry, readers: Audience) -> list[SourceChange]:
        """What its sources said and say now, as far as these readers may know.

        A source that is gone could be read by all for whom the entry is.
        """
        now = await self.documents.at(self.tenant, [s.document for s in entry.sources])
        found = []
        for source in entry.sources:
            document = now.get(source.document)
            if document is not None and not _has_changed(document, source):
                continue
            if not readers.may_read(entry.audience if document is None else document.audience):
                found.append(SourceChange(hidden=True))
                continue
            after = "" if document is None else await self._nearest(source.document, source.text)
            found.append(SourceChange(before=source.text, after=after))
        return found

    async def _nearest(self, uri: str, before: str) -> str:
        """The passage of a document that is the most like what it said before."""
        known = await self.documents.known_at(self.tenant, uri)
        if known is None:
            return ""
        rows = await self.passages.ids_of_version(self.tenant, known.version)
        live = await self.passages.live(self.tenant, [row[0] for row in rows])
        wanted = set(words(before))

        def likeness(text: str) -> float:
            here = set(words(text))
            return len(here & wanted) / (len(here | wanted) or 1)

        return max((p.passage.text for p in live.values()), key=likeness, default="")

    async def _post(
        self,
        entry: Entry,
        name: str,
        message: Message,
        channel: str = "",
        thread_ts: str | None = None,
    ) -> None:
        """Posts or updates one; where it is refused for good, nobody can be told there."""
        kept = dict(entry.place.get(name) or {})
        channel = str(kept.get("channel") or channel)
        thread = kept.get("thread") if kept else thread_ts
        posts: dict[str, Any] = dict(kept.get("posts") or {})
        own = name if thread else ROOT
        if thread:
            posts[ROOT] = {"ts": thread}
        held = Announcement(
            id=str(kept.get("id") or f"{entry.id}.{entry.version}.{name}"),
            tenant=self.tenant,
            kind=AnnouncementKind.RUN,
            channel=channel,
            opened_at=entry.made_at,
            posts=posts,
        )
        store = _Kept(self.messages, entry, name, channel, str(thread) if thread else None)
        try:
            await Posts(self.api, store, self.clock, held).bring(own, message)
        except Refused as refused:
            log.warning("nobody was told of an entry: %s", refused)
        except Lost:  # another bot gave the message to another version: ours may have come last
            await self._say_anew(entry, name)

    async def _say_anew(self, entry: Entry, name: str) -> None:
        """Brings a message to what its version says now, whatever it is known to show."""
        for version in await self.entries.versions(self.tenant, entry.id):
            kept = version.place.get(name)
            if kept and kept.get("id") == (entry.place.get(name) or {}).get("id"):
                shown = {who: {**post, "shown": None} for who, post in kept["posts"].items()}
                await self.messages.save(version, **{name: {**kept, "posts": shown}})
                await self._bring(await self._now(version))

    async def _now(self, entry: Entry) -> Entry:
        """The version as it is now."""
        return await self.entries.get(self.tenant, entry.id, entry.version) or entry

    @asynccontextmanager
    async def _turn(self, entry: Entry) -> AsyncIterator[None]:
        """One at a time has messages about an entry in hand: who read first must not write last."""
        lock = self._turns.setdefault(entry.id, asyncio.Lock())
        async with lock:
            yield


@dataclass(frozen=True, slots=True)
class _Kept:
    """Keeps what is posted in the entry's row."""

    messages: EntryMessageStore
    entry: Entry
    name: str
    channel: str
    thread: str | None

    async def save_posts(self, held: Announcement, posts: Mapping[str, Any]) -> bool:
        kept = {
            "id": held.id,
            "channel": self.channel,
            "thread": self.thread,
            "posts": dict(posts),
        }
        return await self.messages.save(self.entry, **{self.name: kept})


def is_message(entry: Entry, name: str, channel: str, ts: str) -> bool:
    """Whether this is the message of that name; also while Slack's word on which it is has not
    come yet, or never came."""
    kept = entry.place.get(name) or {}
    post = (kept.get("posts") or {}).get(name if kept.get("thread") else ROOT) or {}
    known = post.get("ts")
    if kept.get("channel") != channel:
        return False
    return known == ts if known else post.get("attempted_at") is not None


def _has_changed(document: Cited, source: EntrySource) -> bool:
    return content_of(document.content_hash) != content_of(source.content_hash)


def content_of(content_hash: str) -> str:
    """The part of a stored hash that stands for a document's content alone."""
    return content_hash[:36]


def deadline_of(entry: Entry) -> datetime:
    """When an entry of which its owner is asked ends without a word from them."""
    asked = (entry.asked_owner_at or entry.made_at) + ANSWER_WITHIN
    return min(asked, entry.expires_at) if entry.expires_at else asked
