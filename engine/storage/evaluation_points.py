"""Table `eval_points`: one value a day of each series that is followed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, delete, select

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

    async def replace_day(
        self, tenant: str, day: date, points: Sequence[Point], *, prefix: str
    ) -> None:
        """Makes these the only points of that day whose series begin with the prefix.

        In one transaction, so that a day is never there in part.

        Raises: ValueError for a point of another day or name.
        """
        if any(point.day != day or not point.series.startswith(prefix) for point in points):
            raise ValueError(f"every point must be of {day} and of a series {prefix}...")
        rows = [
            {"series": p.series, "value": p.value, "n": p.n, "body": dict(p.body)} for p in points
        ]

        def change(db: Connection) -> None:
            of_day = (
                eval_points.c.tenant == tenant,
                eval_points.c.day == day,
                eval_points.c.series.startswith(prefix, autoescape=True),
            )
            db.execute(delete(eval_points).where(*of_day))
            for row in rows:
                # Another process may have written the same day since.
                db.execute(
                    upsert(db, eval_points)
                    .values(tenant=tenant, day=day, **row)
                    .on_conflict_do_update(index_elements=["tenant", "series", "day"], set_=row)
                )

        await self._database.transact(change)

    async def of(
        self, tenant: str, *, since: date, before: date | None = None, series: str | None = None
    ) -> tuple[Point, ...]:
        """Points from that day on, by series and day; of one series, or of all.

        before: only those of earlier days than that.
        """
        wanted = [eval_points.c.tenant == tenant, eval_points.c.day >= since]
        if before is not None:
            wanted.append(eval_points.c.day < before)
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
