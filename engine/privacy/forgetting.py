"""Forgets a person or a question, and proves it; see README, "A request to be forgotten"."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.clock import Clock
from engine.knowledge.entries import ANSWERS, EntryKnowledge
from engine.knowledge.ingest import Ingestion
from engine.privacy.proof import Proof
from engine.privacy.sought import LEAST_CHARS, Sought, plain
from engine.storage.audit import AuditStore
from engine.storage.belongings import Belongings, of_question, of_source, of_user
from engine.storage.database import Database
from engine.storage.erasing import LEFT_ALONE, ErasingStore
from engine.storage.inbox import InboxStore
from engine.storage.text_search import Searched, search_texts

ForgetFiles = Callable[[Sought], Awaitable[Mapping[str, int]]]
"""Takes somebody out of files beside the database; how many changed, by what they are."""
USER: Final = "user"
QUESTION: Final = "question"
SOURCE: Final = "source"
_NO_QUOTES = frozenset({"inbox", "labels"})
"""What people write themselves: that it says the same as a document does not make it one's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """Forgets within one tenant. files: what else is kept; forget_vectors: empties the file of
    vectors of texts seen before."""

    tenant: str
    database: Database
    inbox: InboxStore
    audit: AuditStore
    ingestion: Ingestion
    knowledge: EntryKnowledge
    files: ForgetFiles
    forget_vectors: Callable[[], Awaitable[None]]
    clock: Clock

    async def belongings(self, kind: str, subject: str) -> Belongings:
        """What would be forgotten.  Raises: StorageUnavailable."""
        find = {USER: of_user, QUESTION: of_question, SOURCE: of_source}[kind]
        return await self.database.look_up(lambda db: find(db, self.tenant, subject))

    async def forget(self, kind: str, subject: str, shown: str) -> Proof:
        """Removes or empties all of it; goes on where an earlier call was cut off.

        subject: a Slack id, or the id of a question or source; shown: how the proof names it.

        Raises: StorageUnavailable, IndexUnavailable, IndexMismatch.
        """
        found = await self.belongings(kind, subject)
        user = subject if kind == USER else None
        alias = f"forgotten-{uuid.uuid4().hex[:8]}"
        sought = Sought.of(user, alias, found.texts, found.others)
        erasing = ErasingStore(self.database)
        changed: Counter[str] = Counter()
        # A bot that runs answers none of them any more, and takes their words off its cards.
        for place in await erasing.questions_at(self.tenant, found.questions):
            await self.inbox.cancel(self.tenant, *place, at=self.clock())
        changed.update(await self.files(sought))
        changed.update(await erasing.drop_drawn(self.tenant, found))
        await self.ingestion.index.start(self.ingestion.index_record())
        for entry in sorted(found.entries):
            await self.knowledge.bring(self.ingestion, entry)
        if user is not None:
            changed.update(await erasing.leave(self.tenant, user))
        spared = _NO_QUOTES if kind == SOURCE else frozenset[str]()
        changed.update(await erasing.scrub(self.tenant, sought, but=found, spared=spared))
        if kind == SOURCE:
            changed["documents"] += (await self.ingestion.forget(subject)).removed
        changed.update(await erasing.empty(self.tenant, found, sought))
        await self.forget_vectors()
        await self.database.compact()
        return await self._prove(kind, shown, found, sought, changed)

    async def _prove(
        self,
        kind: str,
        subject: str,
        found: Belongings,
        sought: Sought,
        changed: Mapping[str, int],
    ) -> Proof:
        def is_sought(table: str, value: Any) -> bool:
            if kind == SOURCE and table in _NO_QUOTES:
                return False
            return table not in LEFT_ALONE and sought.is_in(value)

        searched = await search_texts(self.database, self.tenant, is_sought)
        left = [
            f"{hit.rows} rows of {hit.table} ({', '.join(hit.columns)})" for hit in searched.found
        ]
        left += await self._left_in_index(found, sought)
        return Proof(
            kind=kind,
            subject=subject,
            at=self.clock(),
            changed=dict(changed),
            tables=searched.tables,
            columns=searched.columns,
            rows=searched.rows,
            texts=len(sought.texts),
            left=tuple(left),
            stays=await self._stays(found, sought),
        )

    async def _left_in_index(self, found: Belongings, sought: Sought) -> list[str]:
        """What answers were drawn from, as documents and in the index."""
        left = []
        documents, index = self.ingestion.documents, self.ingestion.index
        known = await documents.known_in(self.ingestion.tenant, ANSWERS)
        gone = {f"{ANSWERS}/{entry}" for entry in found.entries}
        kept = sorted(gone & set(known))
        if kept:
            left.append(f"{len(kept)} documents of answers")
        texts = await ErasingStore(self.database).texts_of_answers(self.tenant, ANSWERS)
        said = sum(1 for text in texts if sought.says(text))
        if said:
            left.append(f"{said} passages of answers")
        points, passages = (
            await index.count(self.tenant),
            await documents.count_passages(self.tenant),
        )
        if points > passages:
            left.append(f"{points - passages} points of the index that no document has")
        return left

    async def _stays(self, found: Belongings, sought: Sought) -> tuple[str, ...]:
        stays = []
        rows = 0
        if sought.user is not None:
            named = await self.audit.count_naming(self.tenant, sought.user)
            if named:
                stays.append(f"{named} rows of audit name the id; they cannot be changed")

        def in_documents(table: str, value: Any) -> bool:
            return table in LEFT_ALONE - {"audit"} and sought.is_in(value)

        searched: Searched = await search_texts(self.database, self.tenant, in_documents)
        rows = sum(hit.rows for hit in searched.found)
        if rows:
            stays.append(
                f"{rows} rows of ingested documents hold the words or name the id as a reader; "
                "forget their source, or change the document"
            )
        short = sum(1 for text in found.texts if 0 < len(plain(text)) < LEAST_CHARS)
        if short:
            stays.append(
                f"{short} texts of fewer than {LEAST_CHARS} characters are gone from their own "
                "rows and were not looked for elsewhere"
            )
        if any(plain(text) in sought.others for text in found.texts):
            stays.append("texts that other people wrote as well stay in the rows of these")
        stays.append(
            "places and times of messages stay, so that Slack's copies are not answered anew; what "
            "lies in Slack, LangSmith, Langfuse, tickets and backups is not reached from here"
        )
        return tuple(stays)
