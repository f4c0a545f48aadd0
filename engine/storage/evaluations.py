"""Tables `eval_runs` and `eval_baselines`: each run once, whoever starts it, and what it found."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    func,
    select,
    update,
)

from engine.storage.database import Database, upsert
from engine.storage.evaluation_rows import (
    RUNNING,
    WITHOUT_RECORD,
    changed,
    ended,
    held,
    parse_run,
    prune_runs,
    run_or_none,
    start_run,
)
from engine.storage.evaluation_run import AlreadyRunning, Baseline, Order, Run, RunState
from engine.storage.evaluation_schema import eval_baselines, eval_runs

LEASE_S = 60.0
"""How long a run waits for its silent process before another may take it."""


class EvaluationStore:
    """Runs and baselines of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(
        self,
        tenant: str,
        target: str,
        options: Mapping[str, Any],
        *,
        requested_by: str,
        owner: str | None,
        at: datetime,
        lease_s: float = LEASE_S,
        message: Mapping[str, Any] | None = None,
    ) -> Run | AlreadyRunning:
        """A run of this target: a new one, or the one whose process fell silent.

        The silent one is taken over where it was asked for with the same options, and ends as
        cancelled where not. owner: the process that works on it from now on; None for a run that
        another process is about to `take`, for which it waits as long as the lease.
        """
        values = {
            "options": dict(options),
            "requested_by": requested_by,
            "started_at": at,
            "lease_owner": owner,
            "lease_until": at + timedelta(seconds=lease_s),
            "message": dict(message or {}),
        }
        return await self._database.transact(lambda db: start_run(db, tenant, target, values))

    async def take(
        self, tenant: str, run_id: str, *, owner: str, at: datetime, lease_s: float = LEASE_S
    ) -> Run | None:
        """A run that no process has, now this one's; None where one has it or it is over."""

        def change(db: Connection) -> Run | None:
            row = db.execute(
                update(eval_runs)
                .where(
                    eval_runs.c.tenant == tenant,
                    eval_runs.c.id == run_id,
                    RUNNING,
                    eval_runs.c.lease_owner.is_(None)
                    | eval_runs.c.lease_until.is_(None)
                    | (eval_runs.c.lease_until <= at),
                )
                .values(lease_owner=owner, lease_until=at + timedelta(seconds=lease_s))
                .returning(*WITHOUT_RECORD)
            )
            return run_or_none(row.mappings().first())

        return await self._database.transact(change)

    async def beat(
        self,
        tenant: str,
        run_id: str,
        *,
        owner: str,
        at: datetime,
        done: int,
        total: int,
        asked: int,
        cost_usd: float,
        fingerprint: str = "",
        lease_s: float = LEASE_S,
    ) -> Order:
        """A sign of life with how far it is; what the run is to do next."""
        values: dict[str, Any] = {
            "done": done,
            "total": total,
            "asked": asked,
            "cost_usd": cost_usd,
            "lease_until": at + timedelta(seconds=lease_s),
        }
        if fingerprint:
            values["fingerprint"] = fingerprint

        def change(db: Connection) -> Order:
            statement = update(eval_runs).where(*held(tenant, run_id, owner)).values(**values)
            cancelling = db.execute(statement.returning(eval_runs.c.cancelling)).scalar()
            if cancelling is None:
                return Order.LOST
            return Order.CANCEL if cancelling else Order.GO_ON

        return await self._database.transact(change)

    async def release(self, tenant: str, run_id: str, *, owner: str, at: datetime) -> None:
        """Lets go of a run that is to be resumed later; nothing where another process has it."""
        async with self._database.write() as db:
            await db.execute(
                update(eval_runs)
                .where(*held(tenant, run_id, owner))
                .values(lease_owner=None, lease_until=at)
            )

    async def cancel(self, tenant: str, run_id: str, *, at: datetime) -> Run | None:
        """Asks for a run's end; None where there is no such run.

        The process that has it ends it; one that no process has is cancelled at once, and one
        that is over stays as it is.
        """

        def change(db: Connection) -> Run | None:
            wanted = (eval_runs.c.tenant == tenant, eval_runs.c.id == run_id)
            row = db.execute(select(*WITHOUT_RECORD).where(*wanted).with_for_update())
            found = run_or_none(row.mappings().first())
            if found is None or found.state is not RunState.RUNNING:
                return found
            if found.has_process(at) and found.lease_owner is not None:
                return changed(db, run_id, {"cancelling": True})
            return changed(db, run_id, ended(RunState.CANCELLED, at))

        return await self._database.transact(change)

    async def cancelled(self, tenant: str, run_id: str) -> bool:
        """Whether somebody asked for the run's end."""
        found = await self.get(tenant, run_id)
        return found is not None and (found.cancelling or found.state is RunState.CANCELLED)

    async def finish(
        self,
        tenant: str,
        run_id: str,
        state: RunState,
        *,
        owner: str,
        at: datetime,
        record: Mapping[str, Any] | None,
        problem: str = "",
    ) -> bool:
        """Ends a run; false, and nothing is changed, where this process has it no more."""

        def change(db: Connection) -> bool:
            values = {**ended(state, at), "problem": problem}
            if record is not None:
                values["record"] = dict(record)
            done = db.execute(
                update(eval_runs).where(*held(tenant, run_id, owner)).values(**values)
            )
            return done.rowcount > 0

        return await self._database.transact(change)

    async def set_message(self, tenant: str, run_id: str, message: Mapping[str, Any]) -> None:
        """Where the run's progress is shown."""
        async with self._database.write() as db:
            await db.execute(
                update(eval_runs)
                .where(eval_runs.c.tenant == tenant, eval_runs.c.id == run_id)
                .values(message=dict(message))
            )

    async def get(self, tenant: str, run_id: str) -> Run | None:
        """A run; None where there is none. The first characters of an id do, if of one alone."""
        async with self._database.read() as db:
            found = await db.execute(
                select(*WITHOUT_RECORD)
                .where(
                    eval_runs.c.tenant == tenant,
                    eval_runs.c.id.startswith(run_id, autoescape=True),
                )
                .limit(2)
            )
            rows = found.mappings().all()
        return parse_run(rows[0]) if run_id and len(rows) == 1 else None

    async def record(self, tenant: str, run_id: str) -> dict[str, Any] | None:
        """A run's record as JSON; None where there is none yet."""
        async with self._database.read() as db:
            found = await db.execute(
                select(eval_runs.c.record).where(
                    eval_runs.c.tenant == tenant, eval_runs.c.id == run_id
                )
            )
            record = found.scalar()
        return None if record is None else dict(record)

    async def list(
        self,
        tenant: str,
        *,
        target: str | None = None,
        states: Collection[RunState] = tuple(RunState),
        limit: int = 20,
    ) -> tuple[Run, ...]:
        """Runs, the newest first."""
        wanted = [eval_runs.c.tenant == tenant, eval_runs.c.state.in_([s.value for s in states])]
        if target is not None:
            wanted.append(eval_runs.c.target == target)
        async with self._database.read() as db:
            found = await db.execute(
                select(*WITHOUT_RECORD)
                .where(*wanted)
                .order_by(eval_runs.c.started_at.desc(), eval_runs.c.id)
                .limit(limit)
            )
            return tuple(parse_run(row) for row in found.mappings())

    async def last(self, tenant: str, target: str | None = None) -> Run | None:
        """The newest run that came to its end; None where there is none."""
        found = await self.list(tenant, target=target, states=(RunState.DONE,), limit=1)
        return found[0] if found else None

    async def cost_per_case_usd(self, tenant: str, target: str) -> float | None:
        """What a case that had to be asked cost in the newest runs that cost something.

        Runs of the same target count; those of others where it has none. None without any.
        """
        paid = (eval_runs.c.asked > 0, eval_runs.c.cost_usd > 0)
        asked = (eval_runs.c.tenant == tenant, *paid)
        for wanted in ((*asked, eval_runs.c.target == target), asked):
            newest = (
                select(eval_runs.c.cost_usd, eval_runs.c.asked)
                .where(*wanted)
                .order_by(eval_runs.c.started_at.desc())
                .limit(5)
                .subquery()
            )
            async with self._database.read() as db:
                found = await db.execute(
                    select(func.sum(newest.c.cost_usd), func.sum(newest.c.asked))
                )
                cost, cases = found.one()
            if cases:
                return float(cost) / int(cases)
        return None

    async def set_baseline(self, tenant: str, name: str, run_id: str, *, at: datetime) -> None:
        """Keeps a run under a name; what had it before loses it."""
        values = {"run_id": run_id, "set_at": at}
        async with self._database.write() as db:
            await db.execute(
                upsert(db, eval_baselines)
                .values(tenant=tenant, name=name, **values)
                .on_conflict_do_update(index_elements=["tenant", "name"], set_=values)
            )

    async def baseline(self, tenant: str, name: str) -> Baseline | None:
        """The run of this name; None where there is none."""
        return next((b for b in await self.baselines(tenant) if b.name == name), None)

    async def baselines(self, tenant: str) -> tuple[Baseline, ...]:
        """All names, in order."""
        async with self._database.read() as db:
            found = await db.execute(
                select(eval_baselines)
                .where(eval_baselines.c.tenant == tenant)
                .order_by(eval_baselines.c.name)
            )
            return tuple(
                Baseline(name=row.name, run_id=row.run_id, set_at=row.set_at) for row in found
            )

    async def prune(self, tenant: str, *, keep: int) -> int:
        """Drops all but the newest runs of each target; how many.

        What runs and what is a baseline stays. Answers go with the last run of their fingerprint.
        """
        return await self._database.transact(lambda db: prune_runs(db, tenant, keep))
