"""Questions whose message was deleted, and what is still drawn from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Text, cast, exists, or_, select

from engine.storage.database import Database
from engine.storage.entry import EntryState
from engine.storage.schema import cases, entries, inbox, labels, traces


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """An entry in use that answers a deleted question. trace_id: of that question's own answer."""

    entry_id: str
    version: int
    trace_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedQuestion:
    """A question as it was asked."""

    id: str
    user: str
    text: str


class DeletedQuestionStore:
    """Reads of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, tenant: str, moment: datetime) -> tuple[DeletedQuestion, ...]:
        """Those deleted from then on."""
        statement = select(inbox.c.id, inbox.c.user, inbox.c.text).where(
            inbox.c.tenant == tenant, inbox.c.deleted_at >= moment
        )

        def read(db: Connection) -> tuple[DeletedQuestion, ...]:
            rows = db.execute(statement).mappings()
            return tuple(DeletedQuestion(**row) for row in rows)

        return await self._database.look_up(read)

    async def labelled(self, tenant: str) -> tuple[str, ...]:
        """Ids of those with a label."""
        mine = (inbox.c.tenant == tenant, inbox.c.deleted_at.is_not(None))
        labelled = exists().where(labels.c.question_id == inbox.c.id, labels.c.tenant == tenant)
        statement = select(inbox.c.id).where(*mine, labelled)
        return await self._database.look_up(lambda db: tuple(db.execute(statement).scalars()))

    async def drawn(self, tenant: str) -> tuple[Drawn, ...]:
        """Entries in use, of which nobody has said since then that they are to stay, and whose
        owner is not asked about it already."""
        statement = (
            select(
                entries.c.id.label("entry_id"),
                entries.c.version,
                inbox.c.trace_id,
            )
            .join(cases, cases.c.id == entries.c.case_id)
            .join(inbox, inbox.c.id == cases.c.question_id)
            .where(
                entries.c.tenant == tenant,
                entries.c.state == EntryState.LIVE.value,
                entries.c.asked_owner_at.is_(None),
                inbox.c.deleted_at.is_not(None),
                or_(
                    entries.c.confirmed_at.is_(None),
                    entries.c.confirmed_at < inbox.c.deleted_at,
                ),
            )
        )

        def read(db: Connection) -> tuple[Drawn, ...]:
            return tuple(Drawn(**row) for row in db.execute(statement).mappings())

        return await self._database.look_up(read)

    async def relied_on(self, tenant: str, document: str, *, but: str | None) -> bool:
        """Whether an answer that was kept cites this document, beside one."""
        cited = cast(traces.c.body["citations"], Text).contains(document, autoescape=True)
        statement = select(traces.c.id).where(traces.c.tenant == tenant, cited)
        if but is not None:
            statement = statement.where(traces.c.id != but)
        found = statement.limit(1)
        return await self._database.look_up(lambda db: db.execute(found).first() is not None)
