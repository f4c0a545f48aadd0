"""What a run is compared with: a run of the database, by name or id, or a file."""

from __future__ import annotations

import asyncio
from pathlib import Path

from engine.errors import WrongUse
from engine.storage.evaluations import EvaluationStore
from evals.record_json import parse_record, read_record
from evals.run_record import RunRecord
from evals.running.targets import OWN_TARGET, SAMPLE_TARGET
from evals.statistics.baseline_file import SAMPLE_BASELINE, read_baseline
from evals.suites.metric import Suite


async def find_record(store: EvaluationStore, tenant: str, named: str) -> RunRecord:
    """The run of a baseline's name, of an id or the first characters of one, or of a file.

    Raises: WrongUse where there is none, or it did not come to an end; StorageUnavailable.
    """
    baseline = await store.baseline(tenant, named)
    run = await store.get(tenant, named if baseline is None else baseline.run_id)
    if run is None:
        if baseline is not None:
            raise WrongUse(
                f"the run of the baseline {named} is gone; set it anew with `deskhand eval "
                "baseline set`"
            )
        if await asyncio.to_thread(Path(named).is_file):
            return await asyncio.to_thread(read_run_file, Path(named))
        raise WrongUse(
            f"{named[:80]!r} is no baseline, run or file; see `deskhand eval baseline list` and "
            "`deskhand eval list`"
        )
    body = await store.record(tenant, run.id)
    if body is None:
        raise WrongUse(f"the run {run.id[:8]} has not ended; there is nothing to compare with yet")
    return parse_record(body)


def read_run_file(path: Path) -> RunRecord:
    """The run of a file: a baseline's, a report's JSON, or a record alone. Blocks.

    Raises: WrongUse that names the file.
    """
    try:
        return read_record(path)
    except WrongUse:
        return read_baseline(path)


async def baseline_of(
    store: EvaluationStore, tenant: str, target: str, named: str | None
) -> RunRecord:
    """What a run of a target is compared with where the gate needs something.

    Without a name: the committed baseline of the sample and its suites, else the baseline named
    as the target, else `default`.

    Raises: WrongUse where there is none: the sentence says how to set it; StorageUnavailable.
    """
    if named is not None:
        return await find_record(store, tenant, named)
    if target == SAMPLE_TARGET or target in {suite.value for suite in Suite}:
        return await asyncio.to_thread(read_baseline, SAMPLE_BASELINE)
    for name in (target, "default"):
        if await store.baseline(tenant, name) is not None:
            return await find_record(store, tenant, name)
    shown = target if target == OWN_TARGET else f"'{target}'"
    raise WrongUse(
        f"there is no baseline for {shown} yet; run it once, then `deskhand eval baseline set "
        f"{shown}`"
    )
