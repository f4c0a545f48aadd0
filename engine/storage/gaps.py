"""Table `gaps`: subjects that the knowledge lacks, and the questions that show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, select, update

from engine.storage.database import Database, upsert
from engine.storage.inbox_item import storable
from engine.storage.schema import gaps


class GapState(StrEnum):
    """How far a gap is."""

    OPEN = "open"
    """Nobody has answered a question of it."""
    DRAFTED = "drafted"
    """People answered some, of which an article was drafted."""
    CLOSED = "closed"
    """Somebody published an article, or said that none is wanted."""


WAITING = (GapState.OPEN, GapState.DRAFTED)
"""States of a gap about which something may be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A subject.

    first_week, last_week: ISO weeks such as 2026-W47 in which questions of it were found. centre:
    unit vector. weeks: questions that each week found. questions: ids, those of last_week. owner:
    who is told; None: the channel of admins. entry_id: the article published. place: the drafted
    article, and where it was told: JSON.
    """

    id: str
    tenant: str
    first_week: str
    last_week: str
    name: str
    centre: NDArray[np.float32]
    weeks: Mapping[str, int]
    questions: tuple[str, ...]
    owner: str | None = None
    state: GapState = GapState.OPEN
    entry_id: str | None = None
    place: Mapping[str, Any] = field(default_factory=dict)
    changed_at: datetime

    @property
    def last_count(self) -> int:
        """Questions of its last week."""
        return self.weeks.get(self.last_week, 0)


class GapStore:
    """Gaps of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, gap: Gap, *, reopens: bool = False) -> None:
        """Stores one, in place of what was known of it; not in place of one that was closed
        meanwhile, unless it is to be opened again."""
        values = {
            "first_week": gap.first_week,
            "last_week": gap.last_week,
            "name": storable(gap.name),
            "centre": gap.centre.astype("<f4").tobytes(),
            "weeks": dict(gap.weeks),
            "questions": list(gap.questions),
            "owner": gap.owner,
            "state": gap.state.value,
            "entry_id": gap.entry_id,
            "place": dict(gap.place),
            "changed_at": gap.changed_at,
        }
        async with self._database.write() as db:
            statement = upsert(db, gaps).values(id=gap.id, tenant=gap.tenant, **values)
            kept_open = None if reopens else gaps.c.state != GapState.CLOSED.value
            await db.execute(
                statement.on_conflict_do_update(index_elements=["id"], set_=values, where=kept_open)
            )

    async def close(self, gap: Gap, *, at: datetime, place: Mapping[str, Any]) -> bool:
        """Ends it; false where somebody was first."""
        return await self._change(
            gap, state=GapState.CLOSED.value, place=dict(place), changed_at=at
        )

    async def published(self, tenant: str, gap_id: str, entry_id: str) -> None:
        """Names the article that closed it."""
        async with self._database.write() as db:
            await db.execute(update(gaps).where(*_of(tenant, gap_id)).values(entry_id=entry_id))

    async def reopen(self, gap: Gap) -> None:
        """What was to close it has failed: it is as `gap` says again."""
        async with self._database.write() as db:
            await db.execute(
                update(gaps)
                .where(*_of(gap.tenant, gap.id), gaps.c.entry_id.is_(None))
                .values(state=gap.state.value, place=dict(gap.place), changed_at=gap.changed_at)
            )

    async def get(self, tenant: str, gap_id: str) -> Gap | None:
        """One by its id."""
        found = await self._all(*_of(tenant, gap_id))
        return found[0] if found else None

    async def since(self, tenant: str, week: str) -> tuple[Gap, ...]:
        """Those whose last week is not before this one, closed ones too."""
        return await self._all(gaps.c.tenant == tenant, gaps.c.last_week >= week)

    async def top(self, tenant: str, *, most: int) -> tuple[Gap, ...]:
        """The largest of the last week that found any, without closed ones."""
        found = await self._all(
            gaps.c.tenant == tenant, gaps.c.state.in_([state.value for state in WAITING])
        )
        last = max((gap.last_week for gap in found), default="")
        recent = [gap for gap in found if gap.last_week == last]
        return tuple(sorted(recent, key=lambda gap: (-gap.last_count, gap.name)))[:most]

    async def _change(self, gap: Gap, **values: Any) -> bool:
        async with self._database.write() as db:
            done = await db.execute(
                update(gaps)
                .where(*_of(gap.tenant, gap.id), gaps.c.state != GapState.CLOSED.value)
                .values(**values)
            )
        return bool(done.rowcount)

    async def _all(self, *conditions: ColumnElement[bool]) -> tuple[Gap, ...]:
        async with self._database.read() as db:
            found = await db.execute(
                select(gaps).where(*conditions).order_by(gaps.c.first_week, gaps.c.id)
            )
            return tuple(_parse(row) for row in found.mappings())


def _of(tenant: str, gap_id: str) -> Sequence[ColumnElement[bool]]:
    return (gaps.c.tenant == tenant, gaps.c.id == gap_id)


def _parse(row: Mapping[Any, Any]) -> Gap:
    values = {name: row[name] for name in Gap.__dataclass_fields__}
    return Gap(
        **values
        | {
            "centre": np.frombuffer(row["centre"], dtype="<f4").astype(np.float32),
            "weeks": {str(week): int(count) for week, count in row["weeks"].items()},
            "questions": tuple(row["questions"]),
            "state": GapState(row["state"]),
        }
    )
