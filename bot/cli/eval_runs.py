"""`deskhand eval list|show|cancel`: runs as they are stored."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from bot.cli.eval_output import print_record, rendered_figures
from engine.clock import now
from engine.containment import one_line
from engine.errors import WrongUse
from engine.settings import Settings
from engine.storage.evaluation_run import Run, RunState
from engine.storage.evaluations import EvaluationStore
from evals.record_json import parse_record
from evals.running.opening import open_evaluations
from evals.running.progress import shown_duration
from evals.running.targets import target_name


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Does what the action names."""
    async with open_evaluations(settings) as (store, _):
        if args.action == "list":
            return await _list(args, store, settings.tenant)
        found = await store.get(settings.tenant, args.run)
        if found is None:
            raise WrongUse(
                f"there is no single run {args.run[:40]!r}; `deskhand eval list` lists them"
            )
        if args.action == "cancel":
            return await _cancel(args, store, found)
        return await _show(args, store, found)


async def _list(args: argparse.Namespace, store: EvaluationStore, tenant: str) -> int:
    target = None if args.target is None else await asyncio.to_thread(target_name, args.target)
    runs = await store.list(tenant, target=target, limit=args.limit)
    if args.json:
        print(json.dumps({"runs": [rendered_run(run) for run in runs]}, ensure_ascii=False))
        return 0
    if not runs:
        print("nothing was evaluated yet; try: deskhand eval run sample")
    for run in runs:
        print(run_line(run))
    return 0


async def _show(args: argparse.Namespace, store: EvaluationStore, run: Run) -> int:
    body = await store.record(run.tenant, run.id)
    record = None if body is None else await asyncio.to_thread(parse_record, body)
    if args.json:
        figures = None if record is None else rendered_figures(record)
        print(json.dumps({**rendered_run(run), "figures": figures}, ensure_ascii=False))
    elif record is None:
        print(run_line(run))
    else:
        print_record(record)
    return 0


async def _cancel(args: argparse.Namespace, store: EvaluationStore, run: Run) -> int:
    found = await store.cancel(run.tenant, run.id, at=now())
    assert found is not None
    if run.state is not RunState.RUNNING:
        raise WrongUse(f"the run {run.id[:8]} is over already ({run.state.value})")
    if args.json:
        print(json.dumps(rendered_run(found), ensure_ascii=False))
    elif found.state is RunState.CANCELLED:
        print(f"cancelled {run.id[:8]}; no process was working on it")
    else:
        print(f"{run.id[:8]} ends after {found.done:,} of {found.total:,} cases")
    return 0


def rendered_run(run: Run) -> dict[str, Any]:
    """A run's row as JSON."""
    return {
        "run_id": run.id,
        "target": run.target,
        "state": run.state.value,
        "cancelling": run.cancelling,
        "done": run.done,
        "total": run.total,
        "cost_usd": run.cost_usd,
        "requested_by": run.requested_by,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "fingerprint": run.fingerprint,
        "options": dict(run.options),
        "problem": run.problem,
    }


def run_line(run: Run) -> str:
    """A run in one line."""
    at = now()
    state = run.state.value.replace("_", " ")
    if run.state is RunState.RUNNING:
        state = "running" if run.has_process(at) else "interrupted; run it again to go on"
    took = (run.finished_at or at) - run.started_at
    problem = f"  {one_line(run.problem)}" if run.problem else ""
    return (
        f"{run.id[:8]}  {run.started_at:%Y-%m-%d %H:%M} UTC  {one_line(run.target)}  "
        f"{run.done:,} of {run.total:,} cases  ${run.cost_usd:.4f}  "
        f"{shown_duration(took.total_seconds())}  {state}{problem}"
    )
