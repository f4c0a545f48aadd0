"""Table `audit`: what admins and reviewers did, in a chain that tells of every change to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, Row, delete, func, insert, or_, select

from engine.storage.database import Database
from engine.storage.schema import audit

BEGINNING: Final = "0" * 64
"""What stands before the first row."""
PRUNED: Final = "audit pruned"
_CLOCK = "clock"
_LOCK = 0x61756474
_BATCH = 1_000
_MOST = {"who": 64, "action": 64, "object": 128}


class Outcome(StrEnum):
    """What became of a request."""

    ACCEPTED = "accepted"
    """Whoever asked had the right, and it was seen to."""
    REFUSED = "refused"
    """They lacked the right, or it could not be done any more, and were told so."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody did. object: an id; never a text that somebody wrote."""

    at: datetime
    who: str
    action: str
    object: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow(Deed):
    """A deed as it is kept. through: see the table."""

    sequence: int
    through: int | None
    before_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What looking through the chain found.

    rows: how many are whole. first, last: their sequences; None where there are none. head: the
    hash of the last. broken: the sequence of the first row that is not as it was written; None
    where all are. why: in a sentence; empty where nothing is broken.
    """

    rows: int
    first: int | None
    last: int | None
    head: str
    broken: int | None
    why: str


class AuditStore:
    """The deeds of one database; nothing here changes one. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, tenant: str, deed: Deed) -> AuditRow:
        """Adds a deed to the chain, after all that any process has added."""
        return await self._database.transact(lambda db: _append(db, tenant, deed, None))

    async def rows(
        self, tenant: str, *, since: datetime | None = None, who: str | None = None, most: int
    ) -> tuple[AuditRow, ...]:
        """The newest `most`, oldest of them first."""
        statement = select(audit).where(audit.c.tenant == tenant)
        if since is not None:
            statement = statement.where(audit.c.at >= since)
        if who is not None:
            statement = statement.where(audit.c.who == who)
        statement = statement.order_by(audit.c.sequence.desc()).limit(most)
        async with self._database.read() as db:
            found = (await db.execute(statement)).all()
        return tuple(_parse(row) for row in reversed(found))

    async def newest(self, tenant: str, action: str) -> tuple[AuditRow, ...]:
        """The newest hundred rows of an action that was carried out, the newest first."""
        statement = (
            select(audit)
            .where(audit.c.tenant == tenant, audit.c.action == action)
            .where(audit.c.outcome == Outcome.ACCEPTED)
            .order_by(audit.c.sequence.desc())
            .limit(100)
        )
        async with self._database.read() as db:
            return tuple(_parse(row) for row in (await db.execute(statement)).all())

    async def verify(self, tenant: str, *, expected: str | None = None) -> Verified:
        """Looks at each row. expected: a hash that was the newest once and must still be there."""
        return await self._database.look_up(lambda db: _verify(db, tenant, expected))

    async def count_naming(self, tenant: str, user: str) -> int:
        """How many rows name a Slack id."""
        named = or_(audit.c.who == user, audit.c.object.contains(user, autoescape=True))
        statement = select(func.count()).select_from(audit).where(audit.c.tenant == tenant, named)
        return await self._database.look_up(lambda db: int(db.execute(statement).scalar_one()))

    async def prunable(self, tenant: str, before: datetime) -> int:
        """How many rows `prune` would remove."""
        return await self._database.look_up(lambda db: _old(db, tenant, before)[0])

    async def prune(self, tenant: str, *, before: datetime, at: datetime) -> int:
        """Removes what is older, leaving an anchor in the chain; gives how many went."""
        return await self._database.transact(lambda db: _prune(db, tenant, before, at))


def _append(db: Connection, tenant: str, deed: Deed, through: int | None) -> AuditRow:
    if db.dialect.name != "sqlite":  # where a writer is alone anyway
        db.execute(select(func.pg_advisory_xact_lock(_LOCK, func.hashtext(tenant))))
    newest = select(audit.c.sequence, audit.c.hash).where(audit.c.tenant == tenant)
    last = db.execute(newest.order_by(audit.c.sequence.desc()).limit(1)).one_or_none()
    row = AuditRow(
        at=deed.at.astimezone(UTC),
        who=deed.who[: _MOST["who"]],
        action=deed.action[: _MOST["action"]],
        object=deed.object[: _MOST["object"]],
        outcome=deed.outcome,
        sequence=last.sequence + 1 if last else 1,
        through=through,
        before_hash=last.hash if last else BEGINNING,
        hash="",
    )
    row = replace(row, hash=_hash(tenant, row))
    db.execute(
        insert(audit).values(
            tenant=tenant,
            sequence=row.sequence,
            at=row.at,
            who=row.who,
            action=row.action,
            object=row.object,
            outcome=row.outcome.value,
            through=row.through,
            before_hash=row.before_hash,
            hash=row.hash,
        )
    )
    return row


def _prune(db: Connection, tenant: str, before: datetime, at: datetime) -> int:
    count, through, last_hash = _old(db, tenant, before)
    if not count:
        return 0
    deed = Deed(at=at, who=_CLOCK, action=PRUNED, object=last_hash, outcome=Outcome.ACCEPTED)
    _append(db, tenant, deed, through)
    db.execute(delete(audit).where(audit.c.tenant == tenant, audit.c.sequence <= through))
    return count


def _old(db: Connection, tenant: str, before: datetime) -> tuple[int, int, str]:
    """How many rows at the beginning of the chain are older, and the last one's place and hash.

    A clock that was put back leaves an old moment behind a new one: that row stays till both go.
    """
    mine = audit.c.tenant == tenant
    kept = select(func.min(audit.c.sequence)).where(mine, audit.c.at >= before)
    older = select(func.count(), func.max(audit.c.sequence)).where(mine, audit.c.at < before)
    first_kept = db.execute(kept).scalar()
    if first_kept is not None:
        older = older.where(audit.c.sequence < first_kept)
    count, through = db.execute(older).one()
    if not count:
        return 0, 0, ""
    last = select(audit.c.hash).where(mine, audit.c.sequence == through)
    return int(count), int(through), str(db.execute(last).scalar_one())


def _verify(db: Connection, tenant: str, expected: str | None) -> Verified:
    anchor = _anchor(db, tenant)
    before, hash_before = (0, BEGINNING) if anchor is None else anchor
    count, first, seen = 0, None, expected is None

    def broken(sequence: int, why: str) -> Verified:
        last = before if count else None
        return Verified(
            rows=count, first=first, last=last, head=hash_before, broken=sequence, why=why
        )

    for row in _walk(db, tenant):
        if row.sequence != before + 1:
            return broken(before + 1, "it is missing")
        if row.before_hash != hash_before:
            return broken(row.sequence, "what stood before it was changed")
        if _hash(tenant, row) != row.hash:
            return broken(row.sequence, "it was changed")
        first = row.sequence if first is None else first
        before, hash_before, count = row.sequence, row.hash, count + 1
        seen = seen or row.hash == expected
    if not seen:
        return broken(before + 1, "the row with the expected hash is not there")
    if anchor is not None and not count:
        return broken(before + 1, "it is missing")
    last = before if count else None
    return Verified(rows=count, first=first, last=last, head=hash_before, broken=None, why="")


def _anchor(db: Connection, tenant: str) -> tuple[int, str] | None:
    """Where the chain goes on after what retention removed."""
    anchors = select(audit.c.through, audit.c.object).where(
        audit.c.tenant == tenant, audit.c.through.is_not(None)
    )
    row = db.execute(anchors.order_by(audit.c.through.desc()).limit(1)).one_or_none()
    return None if row is None else (int(row.through), str(row.object))


def _walk(db: Connection, tenant: str) -> Iterator[AuditRow]:
    after = 0
    while True:
        batch = select(audit).where(audit.c.tenant == tenant, audit.c.sequence > after)
        rows = db.execute(batch.order_by(audit.c.sequence).limit(_BATCH)).all()
        for row in rows:
            yield _parse(row)
        if len(rows) < _BATCH:
            return
        after = rows[-1].sequence


def _hash(tenant: str, row: AuditRow) -> str:
    """SHA-256 of everything in the row but itself, the hash before it among it."""
    said = [
        tenant,
        row.sequence,
        row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        row.who,
        row.action,
        row.object,
        str(row.outcome),
        row.through,
        row.before_hash,
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()


def _parse(row: Row[tuple[object, ...]]) -> AuditRow:
    known = {outcome.value for outcome in Outcome}
    # A row that somebody has tampered with is to be shown as such, not to stop who looks.
    outcome = Outcome(row.outcome) if row.outcome in known else row.outcome
    return AuditRow(
        at=row.at,
        who=row.who,
        action=row.action,
        object=row.object,
        outcome=outcome,
        sequence=row.sequence,
        through=row.through,
        before_hash=row.before_hash,
        hash=row.hash,
    )
