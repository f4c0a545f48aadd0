"""`deskhand eval baseline set|list`: runs that others are compared with."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from engine.clock import now
from engine.containment import one_line
from engine.errors import WrongUse
from engine.settings import Settings
from engine.storage.evaluation_run import Run, RunState
from engine.storage.evaluations import EvaluationStore
from evals.record_json import parse_record
from evals.running.opening import open_evaluations


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Does what the step names."""
    async with open_evaluations(settings) as (store, _):
        if args.step == "list":
            return await _list(args, store, settings.tenant)
        return await _set(args, store, settings.tenant)


async def _list(args: argparse.Namespace, store: EvaluationStore, tenant: str) -> int:
    found = await store.baselines(tenant)
    if args.json:
        rows = [{"name": b.name, "run_id": b.run_id, "set_at": b.set_at.isoformat()} for b in found]
        print(json.dumps({"baselines": rows}, ensure_ascii=False))
        return 0
    if not found:
        print("no baseline is set; `deskhand eval baseline set` makes the newest run one")
    for baseline in found:
        at = f"{baseline.set_at:%Y-%m-%d %H:%M} UTC"
        print(f"{one_line(baseline.name)}  run {baseline.run_id[:8]}  set {at}")
    return 0


async def _set(args: argparse.Namespace, store: EvaluationStore, tenant: str) -> int:
    run = await _chosen(args, store, tenant)
    name = args.name or run.target
    if args.file is not None:
        from evals.statistics.baseline_file import write_baseline

        body = await store.record(tenant, run.id)
        assert body is not None  # it is done
        path = Path(args.file)
        await asyncio.to_thread(lambda: write_baseline(parse_record(body), path))
        where, name = f"written to {path}", str(path)
    else:
        await store.set_baseline(tenant, name, run.id, at=now())
        where = f"is the baseline {one_line(name)}"
    if args.json:
        print(json.dumps({"name": name, "run_id": run.id, "target": run.target}))
    else:
        print(f"run {run.id[:8]} of {one_line(run.target)} {where}")
    return 0


async def _chosen(args: argparse.Namespace, store: EvaluationStore, tenant: str) -> Run:
    """The run that is named, else the newest that ended: of the target, where NAME is one's.

    Raises: WrongUse where there is none.
    """
    if args.run is None:
        run = (await store.last(tenant, args.name) if args.name else None) or (
            await store.last(tenant)
        )
        if run is None:
            raise WrongUse("no run has ended yet; try deskhand eval run sample")
        return run
    run = await store.get(tenant, args.run)
    if run is None:
        raise WrongUse(f"there is no single run {args.run[:40]!r}; see `deskhand eval list`")
    if run.state is not RunState.DONE:
        raise WrongUse(
            f"the run {run.id[:8]} did not come to its end ({run.state.value}), so it can be no "
            "baseline"
        )
    return run
