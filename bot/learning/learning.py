"""A person's answer that the asker has becomes an entry of the knowledge base, once."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.access.facts import SlackFacts
from bot.intake.plain_text import plain_text
from bot.learning.readers import readers_of_answer, readers_of_thread
from bot.learning.rests_on import sources_now
from bot.learning.worth import is_worth_keeping
from bot.people_names import name_of
from bot.slack_api import RateLimited, SlackApi, SlackFault
from engine.audience import EVERYONE, Audience
from engine.clock import Clock
from engine.knowledge.entries import ANSWERS, EntryKnowledge, uri_of
from engine.knowledge.ingest import Ingestion
from engine.question import Question
from engine.retrieval.query import query_texts
from engine.retrieval.retriever import Retriever
from engine.storage.case import Case
from engine.storage.documents import DocumentStore
from engine.storage.entries import EntryStore
from engine.storage.entry import Entry, EntrySource, EntryState, NewEntry
from engine.storage.inbox import InboxItem
from engine.verification.same_question import stands_alone

log = logging.getLogger(__name__)

_SPACE = uuid.UUID("6f1a1f0e-5d0f-4f0a-9c57-0d8a2f6f7b11")
_MOST_TRIES = 5


class NotKept(StrEnum):
    """Why an answer is not used for others."""

    UNWANTED = "unwanted"
    """Its author said so."""
    SAYS_NOTHING = "says_nothing"
    """It is a courtesy, or settles the matter elsewhere."""
    NO_READERS = "no_readers"
    """Nobody is known who may read the thread and all that the answer rests on."""
    FOLLOWS_UP = "follows_up"
    """The question cannot be understood without what was said before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """entry: as it is now; None where none was made, and why says why not."""

    entry: Entry | None = None
    why: NotKept | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """Makes entries, and brings the knowledge base up to date with them."""

    tenant: str
    bot_user: str
    api: SlackApi
    facts: SlackFacts
    entries: EntryStore
    documents: DocumentStore
    retriever: Retriever
    knowledge: EntryKnowledge
    ingestion: Ingestion
    clock: Clock
    kept_for: timedelta

    async def learn(
        self,
        case: Case,
        item: InboxItem,
        trace: Mapping[str, Any] | None,
        *,
        author: str,
        at: datetime,
        wanted: bool = True,
    ) -> Learned:
        """Keeps a case's answer for others; may be called again after any failure.

        trace: the draft that the person saw, as the answer contract has it. wanted: whether they
        let others have it.

        Raises: FactsUnknown, RateLimited while Slack does not say who reads the thread;
        StorageUnavailable, IndexUnavailable, ModelUnavailable.
        """
        question = plain_text(item.text, bot_user=self.bot_user)
        answer = case.answer or ""
        made = [e for e in await self.entries.of_case(self.tenant, case.id) if e.answer == answer]
        if made:  # before a crash, or undone since
            await self.knowledge.bring(self.ingestion, made[0].id)
            return Learned(entry=made[0])
        if not wanted:
            return Learned(why=NotKept.UNWANTED)
        if not is_worth_keeping(answer):
            return Learned(why=NotKept.SAYS_NOTHING)
        if item.thread_ts not in (None, item.ts) and not stands_alone(question):
            return Learned(why=NotKept.FOLLOWS_UP)
        thread = await readers_of_thread(self.facts, item)
        citations = trace["citations"] if trace else ()
        readers = await readers_of_answer(self.documents, self.tenant, thread, citations)
        if not readers.tags:
            return Learned(why=NotKept.NO_READERS)
        new = NewEntry(
            question=question,
            answer=answer,
            author=await name_of(self.api, author),
            owner=author,
            audience=readers.tags,
            category=case.category or (trace["triage"]["category"] if trace else None),
            permalink=await self.permalink(
                item.channel, str(item.extra.get("message_ts") or item.ts)
            ),
            case_id=case.id,
            sources=readers.sources,
            channels=(item.channel,),
            expires_at=at + self.kept_for,
        )
        return Learned(entry=await self._publish(new, at=at, by=author, seed=f"{case.id}"))

    async def rewrite(
        self, entry: Entry, *, question: str, answer: str, by: str, at: datetime
    ) -> Entry | None:
        """The next version of a live entry, in other words; None where it is live no more.

        Raises: RateLimited, StorageUnavailable, IndexUnavailable, ModelUnavailable.
        """
        new = NewEntry(
            question=question,
            answer=answer,
            author=await name_of(self.api, by),
            owner=by,
            audience=entry.audience,
            category=entry.category,
            permalink=entry.permalink,
            case_id=entry.case_id,
            sources=await self.sources_now(entry),
            channels=entry.channels,
            expires_at=at + self.kept_for,
        )
        changed = await self.entries.publish(
            self.tenant, new, at=at, by=by, entry_id=entry.id, after=entry.version
        )
        await self.knowledge.bring(self.ingestion, entry.id)
        return changed.entry if changed.done else None

    async def keep_article(
        self,
        question: str,
        answer: str,
        *,
        cites: Collection[Mapping[str, Any]],
        channels: tuple[str, ...],
        permalink: str | None,
        author: str,
        at: datetime,
    ) -> Learned:
        """Makes an article that somebody stands for an entry for every full member, or the next
        version of the one for the same question; the same again where it is called again.

        cites: what it rests on, as the answer contract has citations. channels: where its answers
        were given.

        Raises: RateLimited, StorageUnavailable, IndexUnavailable, ModelUnavailable.
        """
        readers = await readers_of_answer(self.documents, self.tenant, (EVERYONE,), cites)
        if readers.tags != (EVERYONE,):
            return Learned(why=NotKept.NO_READERS)
        new = NewEntry(
            question=question,
            answer=answer,
            author=await name_of(self.api, author),
            owner=author,
            audience=readers.tags,
            permalink=permalink,
            sources=readers.sources,
            channels=channels,
            expires_at=at + self.kept_for,
        )
        return Learned(entry=await self._publish(new, at=at, by=author, seed="article"))

    async def sources_now(self, entry: Entry) -> tuple[EntrySource, ...]:
        """An entry's sources as they are now, without those that are gone."""
        return await sources_now(self.documents, self.tenant, entry)

    async def same_asked(self, question: str, audience: tuple[str, ...]) -> Entry | None:
        """The live entry for the same question and the very same readers.

        Raises: StorageUnavailable, IndexUnavailable, ModelUnavailable.
        """
        found = await self.retriever.retrieve(
            query_texts(Question(id="", text=question)),
            tenant=self.tenant,
            audience=Audience(frozenset(audience)),
            revision=await self.documents.revision(self.tenant),
        )
        if found.asked_before is None:
            return None
        entry_id = found.asked_before.passage.document_name.removeprefix(f"{ANSWERS}/")
        entry = await self.entries.get(self.tenant, entry_id)
        if entry is None or entry.state is not EntryState.LIVE or entry.audience != audience:
            return None
        return entry

    async def permalink(self, channel: str, ts: str) -> str | None:
        """The address of a message; None where Slack does not say.

        Raises: RateLimited.
        """
        try:
            answer = await self.api.call("chat.getPermalink", channel=channel, message_ts=ts)
        except RateLimited:
            raise
        except SlackFault:
            return None
        return str(answer.get("permalink") or "") or None

    async def _in_place_of(self, before: Entry, new: NewEntry) -> NewEntry:
        """A next version does not rest on the one before, but on what that rests on."""
        others = tuple(s for s in new.sources if s.document != uri_of(before.id))
        if others == new.sources:
            return new
        named = {source.document for source in others}
        inherited = await self.sources_now(before)
        return replace(new, sources=others + tuple(s for s in inherited if s.document not in named))

    async def _publish(self, new: NewEntry, *, at: datetime, by: str, seed: str) -> Entry | None:
        made = None
        for _ in range(_MOST_TRIES):  # another version of the same may come in between
            before = await self.same_asked(new.question, new.audience)
            entry_id = str(uuid.uuid5(_SPACE, f"{self.tenant} {seed} {new.question}"))
            changed = await self.entries.publish(
                self.tenant,
                new if before is None else await self._in_place_of(before, new),
                at=at,
                by=by,
                entry_id=before.id if before else entry_id,
                after=before.version if before else None,
            )
            made = changed.entry
            if made is not None:
                await self.knowledge.bring(self.ingestion, made.id)
            if changed.done or (made is not None and made.answer == new.answer):
                break
        return made
