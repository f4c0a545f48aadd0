"""Rows of a person or a question, removed or emptied; each step may be done again after a kill.

What names the words themselves, the inbox and the traces, goes last: until then whoever was cut off
finds everything again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    String,
    Table,
    Text,
    and_,
    delete,
    func,
    select,
    update,
)

from engine.privacy.sought import Sought
from engine.storage.belongings import Belongings
from engine.storage.database import Database
from engine.storage.question_texts import blank_questions
from engine.storage.schema import (
    OUTDATED,
    admissions,
    cases,
    documents,
    entries,
    gaps,
    inbox,
    labels,
    metadata,
    passages,
    spend,
    timers,
    traces,
)

_AT_ONCE = 500
KNOWLEDGE = frozenset(
    "sources documents failures passages passage_vectors document_vectors term_counts corpus_sizes "
    "knowledge".split()
)
"""What is read from documents, and who may read it: not drawn from what people ask."""
LEFT_ALONE = KNOWLEDGE | {"audit"}

Counts = dict[str, int]


class ErasingStore:
    """Erases within one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def questions_at(
        self, tenant: str, ids: frozenset[str]
    ) -> tuple[tuple[str, str, str], ...]:
        """Team, channel and ts of these questions."""
        found: list[tuple[str, str, str]] = []
        for some in _parts(ids):
            statement = select(inbox.c.team, inbox.c.channel, inbox.c.ts).where(
                inbox.c.tenant == tenant, inbox.c.id.in_(some)
            )
            async with self._database.read() as db:
                found += [(r.team, r.channel, r.ts) for r in await db.execute(statement)]
        return tuple(found)

    async def drop_drawn(self, tenant: str, belongings: Belongings) -> Counts:
        """Entries and proposals with all their versions, labels, gaps that have no other
        question; how many rows of each table."""
        return await self._database.transact(lambda db: _drop_drawn(db, tenant, belongings))

    async def texts_of_answers(self, tenant: str, source: str) -> tuple[str, ...]:
        """Titles and passages of the documents of people's answers."""
        mine = (documents.c.tenant == tenant, documents.c.uri.like(f"{source}/%"))
        titles = select(documents.c.title).where(*mine)
        ids = select(documents.c.id).where(*mine)
        texts = select(passages.c.text).where(
            passages.c.tenant == tenant, passages.c.document_id.in_(ids)
        )
        async with self._database.read() as db:
            return (*(await db.execute(titles)).scalars(), *(await db.execute(texts)).scalars())

    async def leave(self, tenant: str, user: str) -> Counts:
        """Lets somebody go from what waits for them, and from what is counted of them alone."""
        return await self._database.transact(lambda db: _leave(db, tenant, user))

    async def scrub(
        self, tenant: str, sought: Sought, *, but: Belongings, spared: Collection[str] = ()
    ) -> Counts:
        """Takes their name and words out of every other row of every table; how many rows.

        spared: names of tables that stay as they are.
        """
        changed: Counts = {}
        for table in metadata.sorted_tables:
            if table.name not in LEFT_ALONE and table.name not in spared:
                skipped = but.traces if table is traces else but.questions if table is inbox else ()
                rows = await self._scrubbed(tenant, table, sought, frozenset(skipped))
                if rows:
                    changed[table.name] = rows
        return changed

    async def empty(self, tenant: str, belongings: Belongings, sought: Sought) -> Counts:
        """Takes the words of the questions themselves away, and removes their traces."""
        counts: Counts = {}
        for some in _parts(belongings.questions):
            await self._database.transact(lambda db, some=some: _empty(db, tenant, some, sought))  # type: ignore[misc]
            counts["inbox"] = counts.get("inbox", 0) + len(some)
        for some in _parts(belongings.traces):
            statement = delete(traces).where(traces.c.tenant == tenant, traces.c.id.in_(some))
            async with self._database.write() as db:
                gone = await db.execute(statement)
            if gone.rowcount:
                counts["traces"] = counts.get("traces", 0) + int(gone.rowcount)
        return counts

    async def _scrubbed(
        self, tenant: str, table: Table, sought: Sought, skipped: frozenset[str]
    ) -> int:
        keys, columns = list(table.primary_key.columns), _texts(table)
        if not columns:
            return 0
        found = []
        statement = select(*dict.fromkeys([*keys, *columns])).where(table.c.tenant == tenant)
        async with self._database.read() as db:
            async for row in await db.stream(statement):
                if skipped and row.id in skipped:
                    continue
                values = row._mapping
                changed = {
                    column.name: without
                    for column in columns
                    if (without := _without(values[column.name], column.name, sought))
                    != values[column.name]
                }
                if changed:
                    found.append((tuple(values[key.name] for key in keys), changed))
        for start in range(0, len(found), _AT_ONCE):
            some = found[start : start + _AT_ONCE]

            def change(db: Connection, some: list[Any] = some) -> None:
                for key, values in some:
                    which = and_(*(c == v for c, v in zip(keys, key, strict=True)))
                    db.execute(update(table).where(which).values(**values))

            await self._database.transact(change)
        return len(found)


def _without(value: Any, column: str, sought: Sought) -> Any:
    if column == "owner" and value is not None and value == sought.user:
        return None  # whom the next message would call
    return sought.without(value)


def _texts(table: Table) -> list[Any]:
    return [
        column
        for column in table.columns
        if isinstance(column.type, String | Text | JSON) and column.name != "tenant"
    ]


def _drop_drawn(db: Connection, tenant: str, belongings: Belongings) -> Counts:
    counts: Counts = {}
    for table, column, ids in (
        (entries, entries.c.id, belongings.entries),
        (labels, labels.c.question_id, belongings.questions),
        (timers, timers.c.subject, belongings.entries),
    ):
        for some in _parts(ids):
            gone = db.execute(delete(table).where(table.c.tenant == tenant, column.in_(some)))
            if gone.rowcount:
                counts[table.name] = counts.get(table.name, 0) + int(gone.rowcount)
    touched = _leave_gaps(db, tenant, belongings)
    return counts | ({"gaps": touched} if touched else {})


def _leave_gaps(db: Connection, tenant: str, belongings: Belongings) -> int:
    """Subjects keep their counts of weeks; one of these questions alone goes, since its name and
    its centre are theirs."""
    touched = 0
    found = select(gaps.c.id, gaps.c.questions, gaps.c.entry_id).where(gaps.c.tenant == tenant)
    for row in db.execute(found).all():
        left = [one for one in row.questions if one not in belongings.questions]
        drops_entry = row.entry_id in belongings.entries
        if len(left) == len(row.questions) and not drops_entry:
            continue
        mine = (gaps.c.tenant == tenant, gaps.c.id == row.id)
        touched += 1
        if not left and row.questions:
            db.execute(delete(gaps).where(*mine))
            continue
        entry = None if drops_entry else row.entry_id
        db.execute(update(gaps).where(*mine).values(questions=left, entry_id=entry))
    return touched


def _leave(db: Connection, tenant: str, user: str) -> Counts:
    waiting: tuple[ColumnElement[bool], ...] = (
        cases.c.tenant == tenant,
        cases.c.owner == user,
        cases.c.closed.is_(None),
        cases.c.answered_at.is_(None),
    )
    db.execute(update(cases).where(*waiting).values(owner=None, claimed_at=None, **OUTDATED))
    answered = (cases.c.tenant == tenant, cases.c.answered_by == user)
    db.execute(update(cases).where(*answered).values(answer=None))
    counts: Counts = {}
    for table in (spend, admissions):
        mine = (table.c.tenant == tenant, table.c.person == user)
        count = int(db.execute(select(func.count()).select_from(table).where(*mine)).scalar_one())
        if count:
            db.execute(delete(table).where(*mine))
            counts[table.name] = count
    return counts


def _empty(db: Connection, tenant: str, ids: list[str], sought: Sought) -> None:
    blank_questions(db, tenant, ids)
    mine = (inbox.c.tenant == tenant, inbox.c.id.in_(ids))
    columns = [c for c in _texts(inbox) if c.name not in ("text", "files")]
    for row in db.execute(select(inbox.c.id, *columns).where(*mine)).mappings().all():
        values: Mapping[str, Any] = {
            c.name: sought.without(row[c.name]) for c in columns if c.name != "id"
        }
        db.execute(
            update(inbox).where(inbox.c.tenant == tenant, inbox.c.id == row["id"]).values(**values)
        )


def _parts(ids: frozenset[str]) -> Iterator[list[str]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


async def erase_tenant(database: Database, tenant: str) -> int:
    """Removes every row of a tenant but those of the audit log and its installation; how many.

    Raises: StorageUnavailable.
    """
    removed = 0
    for table in reversed(metadata.sorted_tables):
        if table.name in ("audit", "installations"):
            continue
        async with database.write() as db:
            removed += (await db.execute(delete(table).where(table.c.tenant == tenant))).rowcount
    return removed
