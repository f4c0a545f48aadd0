"""Table `eval_points`: one value a day of each series that is followed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, select

from engine.storage.database import Database, upsert
from engine.storage.evaluation_run import Point
from engine.storage.evaluation_schema import eval_points


class EvaluationPoints:
    """Points of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, tenant: str, points: Sequence[Point]) -> None:
        """Stores points, all or none; one of the same series and day is replaced."""
        if not points:
            return
        async with self._database.write() as db:
            for point in points:
                values = {"value": point.value, "n": point.n, "body": dict(point.body)}
                await db.execute(
                    upsert(db, eval_points)
                    .values(tenant=tenant, series=point.series, day=point.day, **values)
                    .on_conflict_do_update(index_elements=["tenant", "series", "day"], set_=values)
                )

    async def of(self, tenant: str, *, since: date, series: str | None = None) -> tuple[Point, ...]:
        """Points from that day on, by series and day; of one series, or of all."""
        wanted = [eval_points.c.tenant == tenant, eval_points.c.day >= since]
        if series is not None:
            wanted.append(eval_points.c.series == series)
        async with self._database.read() as db:
            found = await db.execute(
                select(eval_points).where(*wanted).order_by(eval_points.c.series, eval_points.c.day)
            )
            return tuple(
                Point(series=row.series, day=row.day, value=row.value, n=row.n, body=row.body)
                for row in found
            )

    async def prune(self, tenant: str, *, before: date) -> int:
        """Drops points of days before that one; how many."""
        async with self._database.write() as db:
            gone = await db.execute(
                delete(eval_points).where(
                    eval_points.c.tenant == tenant, eval_points.c.day < before
                )
            )
            return gone.rowcount
