"""What the knowledge covers, as far as an audience may know of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from engine.audience import Audience
from engine.storage.database import Database
from engine.storage.inbox_item import PENDING, Surface
from engine.storage.schema import corpus_sizes, documents, inbox, traces
from engine.storage.traces import was_shown
from engine.trace import Outcome

_SHORT = 200
"""Characters of a question that can be suggested to others."""
_MOST_COUNTED = 5_000
"""Newest questions that are counted."""
_MOST_READ = 500
"""Newest documents looked at for titles: enough for a page of them, whatever the corpus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """documents: that the audience may read. titles: of the newest of them, each once.

    updated_at: when the newest was ingested; None without any.
    """

    documents: int
    titles: tuple[str, ...]
    updated_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOften:
    """A question that many ask.

    text: as one of them wrote it. trace_id: of one of its answers. askers: user and channel.
    """

    text: str
    trace_id: str
    askers: frozenset[tuple[str, str]]

    @property
    def people(self) -> int:
        """How many asked it."""
        return len({user for user, _ in self.askers})


class OverviewStore:
    """Reads what is live; of a document that the audience may not read, `of` tells nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, tenant: str, audience: Audience, *, titles: int) -> Overview:
        """The overview for an audience with at most that many titles.

        Raises: StorageUnavailable.
        """

        def read(db: Connection) -> Overview:
            sizes = db.execute(
                select(corpus_sizes.c.readers, corpus_sizes.c.documents).where(
                    corpus_sizes.c.tenant == tenant
                )
            )
            count = sum(n for readers, n in sizes if audience.may_read(readers.split(",")))
            newest = db.execute(
                select(documents.c.title, documents.c.audience, documents.c.ingested_at)
                .where(documents.c.tenant == tenant)
                .order_by(documents.c.ingested_at.desc(), documents.c.id)
                .limit(_MOST_READ)
            )
            readable = [(title, at) for title, tags, at in newest if audience.may_read(tags)]
            return Overview(
                documents=count,
                titles=tuple(dict.fromkeys(title for title, _ in readable if title))[:titles],
                updated_at=readable[0][1] if readable else None,
            )

        return await self._database.look_up(read)

    async def asked_often(
        self, tenant: str, since: datetime, *, by: int, without: str = ""
    ) -> tuple[AskedOften, ...]:
        """What at least `by` people asked in the same words since then, those of most people first.

        Of mentions outside threads alone, as what is asked elsewhere is nobody else's business or
        says little by itself. without: words that make no difference, such as a name.

        Raises: StorageUnavailable.
        """

        def read(db: Connection) -> tuple[AskedOften, ...]:
            columns = (inbox.c.text, inbox.c.trace_id, inbox.c.user, inbox.c.channel)
            found = db.execute(
                select(*columns)
                .where(
                    inbox.c.tenant == tenant,
                    inbox.c.asked_at >= since,
                    inbox.c.surface == Surface.MENTION.value,
                    inbox.c.thread_ts.is_(None),
                    inbox.c.outcome == Outcome.ANSWERED.value,
                    func.length(inbox.c.text) <= _SHORT,
                )
                .order_by(inbox.c.sequence.desc())
                .limit(_MOST_COUNTED)
            )
            groups: dict[str, list[tuple[str, str, str, str]]] = {}
            for text, trace_id, user, channel in found:
                words = " ".join(text.replace(without, " ").lower().split()) if without else text
                groups.setdefault(words, []).append((text, trace_id, user, channel))
            often = [
                AskedOften(
                    text=rows[0][0],
                    trace_id=rows[0][1] or "",
                    askers=frozenset((user, channel) for _, _, user, channel in rows),
                )
                for rows in groups.values()
            ]
            several = [asked for asked in often if asked.people >= by]
            return tuple(sorted(several, key=lambda asked: (-asked.people, asked.text)))

        return await self._database.look_up(read)

    async def outcomes(self, tenant: str, since: datetime) -> dict[str, int]:
        """How many questions ended how since then, without those that were only heard in shadow.

        Raises: StorageUnavailable.
        """

        def read(db: Connection) -> dict[str, int]:
            counted = db.execute(
                select(traces.c.outcome, func.count())
                .where(traces.c.tenant == tenant, traces.c.asked_at >= since, was_shown())
                .group_by(traces.c.outcome)
            )
            return {outcome: int(count) for outcome, count in counted}

        return await self._database.look_up(read)

    async def waiting(self, tenant: str) -> int:
        """Questions that have no outcome yet.

        Raises: StorageUnavailable.
        """

        def read(db: Connection) -> int:
            counted = db.execute(
                select(func.count())
                .select_from(inbox)
                .where(inbox.c.tenant == tenant, inbox.c.state.in_(PENDING))
            )
            return int(counted.scalar_one())

        return await self._database.look_up(read)

    async def answer_times(self, tenant: str) -> list[tuple[datetime, float]]:
        """When each question that has its outcome was asked, and the seconds until then, in order.

        Raises: StorageUnavailable.
        """

        def read(db: Connection) -> list[tuple[datetime, float]]:
            found = db.execute(
                select(inbox.c.asked_at, inbox.c.done_at)
                .where(inbox.c.tenant == tenant, inbox.c.done_at.is_not(None))
                .order_by(inbox.c.asked_at)
            )
            return [(asked, (done - asked).total_seconds()) for asked, done in found]

        return await self._database.look_up(read)
