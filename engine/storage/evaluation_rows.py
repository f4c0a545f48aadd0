"""Rows of table `eval_runs`: read, started, changed, pruned in an open transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    delete,
    func,
    literal_column,
    select,
    update,
)

from engine.storage.database import upsert
from engine.storage.evaluation_run import AlreadyRunning, Run, RunState
from engine.storage.evaluation_schema import eval_answers, eval_baselines, eval_runs

WITHOUT_RECORD = [column for column in eval_runs.c if column.name != "record"]
RUNNING = literal_column("eval_runs.state") == literal_column(f"'{RunState.RUNNING.value}'")
"""Spelt out, as a parameter would not be recognised as the condition of the index."""


def start_run(
    db: Connection, tenant: str, target: str, values: Mapping[str, Any]
) -> Run | AlreadyRunning:
    """See `EvaluationStore.start`.  values: of a new row, those that its caller knows."""
    at: datetime = values["started_at"]
    found = running(db, tenant, target)
    if found is not None and found.has_process(at):
        return AlreadyRunning(found)
    if found is not None and found.options == values["options"] and not found.cancelling:
        lease = {name: values[name] for name in ("lease_owner", "lease_until")}
        return changed(db, found.id, lease)
    if found is not None:
        changed(db, found.id, ended(RunState.CANCELLED, at))
    row = db.execute(
        upsert(db, eval_runs)
        .values(
            id=str(uuid.uuid4()),
            tenant=tenant,
            target=target,
            state=RunState.RUNNING.value,
            fingerprint="",
            done=0,
            total=0,
            asked=0,
            cost_usd=0.0,
            cancelling=False,
            problem="",
            **values,
        )
        .on_conflict_do_nothing(index_elements=["tenant", "target"], index_where=RUNNING)
        .returning(*WITHOUT_RECORD)
    )
    made = run_or_none(row.mappings().first())
    if made is not None:
        return made
    other = running(db, tenant, target)
    assert other is not None
    return AlreadyRunning(other)


def prune_runs(db: Connection, tenant: str, keep: int) -> int:
    """See `EvaluationStore.prune`."""
    of_target = (
        func.row_number()
        .over(
            partition_by=eval_runs.c.target,
            order_by=(eval_runs.c.started_at.desc(), eval_runs.c.id),
        )
        .label("place")
    )
    ranked = select(eval_runs.c.id, of_target).where(eval_runs.c.tenant == tenant).subquery()
    named = select(eval_baselines.c.run_id).where(eval_baselines.c.tenant == tenant)
    kept = select(eval_runs.c.fingerprint).where(eval_runs.c.tenant == tenant)

    gone = db.execute(
        delete(eval_runs).where(
            eval_runs.c.tenant == tenant,
            eval_runs.c.id.in_(select(ranked.c.id).where(ranked.c.place > keep)),
            eval_runs.c.id.not_in(named),
            eval_runs.c.state != RunState.RUNNING.value,
        )
    )
    if gone.rowcount:
        db.execute(
            delete(eval_answers).where(
                eval_answers.c.tenant == tenant, eval_answers.c.fingerprint.not_in(kept)
            )
        )
    return gone.rowcount


def held(tenant: str, run_id: str, owner: str) -> tuple[ColumnElement[bool], ...]:
    """The conditions of a run that this process has."""
    return (
        eval_runs.c.tenant == tenant,
        eval_runs.c.id == run_id,
        eval_runs.c.lease_owner == owner,
        RUNNING,
    )


def running(db: Connection, tenant: str, target: str) -> Run | None:
    """The one run of a target that is running, locked where rows can be; None without one."""
    row = db.execute(
        select(*WITHOUT_RECORD)
        .where(eval_runs.c.tenant == tenant, eval_runs.c.target == target, RUNNING)
        .with_for_update()
    )
    return run_or_none(row.mappings().first())


def changed(db: Connection, run_id: str, values: Mapping[str, Any]) -> Run:
    """A run with these values from now on."""
    row = db.execute(
        update(eval_runs)
        .where(eval_runs.c.id == run_id)
        .values(**values)
        .returning(*WITHOUT_RECORD)
    )
    return parse_run(row.mappings().one())


def ended(state: RunState, at: datetime) -> dict[str, Any]:
    """The values of a run that is over."""
    return {
        "state": state.value,
        "finished_at": at,
        "lease_owner": None,
        "lease_until": None,
        "cancelling": False,
    }


def run_or_none(row: RowMapping | None) -> Run | None:
    """A row without its record as a run."""
    return None if row is None else parse_run(row)


def parse_run(row: RowMapping) -> Run:
    """A row without its record as a run."""
    return Run(**{**row, "state": RunState(row["state"])})
