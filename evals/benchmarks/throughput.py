"""Cases a second of an evaluation without a model server, over the engine's own speed."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.clock import now
from engine.compose import Engine
from engine.question import Budget
from engine.storage.evaluation_run import Run
from engine.tasks import as_one
from evals.case import Case
from evals.cases.dataset import Dataset, load_dataset
from evals.cases.hashing import case_hash
from evals.corpora import SAMPLE
from evals.home import bring_up_to_date, open_home
from evals.judging.opening import LOCAL, open_judge
from evals.running.evaluation import Evaluation
from evals.running.keeper import Keeper, process_name
from evals.running.scoring import Scorer
from evals.running.spending import Purse
from evals.suites.metric import Suite
from evals.terminal import say

_FREE = Budget(max_cost_usd=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spent:
    """cpu_s: of all threads, which another program's work on the same machine does not change."""

    wall_s: float
    cpu_s: float


class _Watch:
    """Running since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> _Spent:
        return _Spent(
            wall_s=time.perf_counter() - self._wall, cpu_s=time.process_time() - self._cpu
        )


def _middle(values: Iterable[float]) -> float:
    return float(np.median(list(values)))


async def measure_throughput(root: Path, *, rounds: int) -> dict[str, Any]:
    """The sample asked bare and as an evaluation, in turns, each by an engine with empty caches.

    Both ask as many cases at once as there are processors. The evaluation scores every suite with
    the local judge and stores its answers; opening, intervals and reports are in neither.

    Raises: DeskhandError.
    """
    dataset, slots = load_dataset(SAMPLE), len(os.sched_getaffinity(0))
    async with open_home(root / "home") as engine:
        await bring_up_to_date(engine, dataset.sources, lambda _: None)
    bare, evaluated = list[_Spent](), list[_Spent]()
    for number in range(rounds):
        for first in (True, False):
            if first is (number % 2 == 0):
                bare.append(await _bare(root, dataset, slots))
            else:
                evaluated.append(await _evaluated(root, dataset, slots))
        took = f"{bare[-1].wall_s:.1f} s bare, {evaluated[-1].wall_s:.1f} s"
        say(f"  round {number + 1} of {rounds}: {took}")
    cases, pairs = len(dataset.cases), list(zip(bare, evaluated, strict=True))
    return {
        "eval_cases": cases,
        "eval_at_once": slots,
        "bare_cases_per_s": round(cases / _middle(b.wall_s for b in bare), 2),
        "eval_cases_per_s": round(cases / _middle(e.wall_s for e in evaluated), 2),
        "bare_cpu_ms_per_case": round(1e3 / cases * _middle(b.cpu_s for b in bare), 2),
        "eval_cpu_ms_per_case": round(1e3 / cases * _middle(e.cpu_s for e in evaluated), 2),
        "eval_over_bare_ratio": round(_middle(b.wall_s / e.wall_s for b, e in pairs), 3),
        "eval_over_bare_cpu_ratio": round(_middle(b.cpu_s / e.cpu_s for b, e in pairs), 3),
    }


@asynccontextmanager
async def _opened(root: Path, dataset: Dataset) -> AsyncIterator[Engine]:
    """An engine that has its models loaded, and nothing of the cases cached."""
    async with open_home(root / "home") as engine:
        await engine.make_ready()
        await _ask(engine, dataset.cases[0])
        yield engine


async def _ask(engine: Engine, case: Case) -> None:
    await engine.pipeline.run(
        case.question, tenant=engine.settings.tenant, audience=case.audience, budget=_FREE
    )


async def _bare(root: Path, dataset: Dataset, slots: int) -> _Spent:
    async def work(cases: Iterator[Case]) -> None:
        for case in cases:
            await _ask(engine, case)

    async with _opened(root, dataset) as engine:
        watch, cases = _Watch(), iter(dataset.cases)
        async with as_one() as group:
            for _ in range(slots):
                group.create_task(work(cases))
        return watch.read()


async def _evaluated(root: Path, dataset: Dataset, slots: int) -> _Spent:
    async with _opened(root, dataset) as engine, open_judge(LOCAL, engine, limit_usd=0.0) as judge:
        tenant, owner = engine.settings.tenant, process_name()
        run = await engine.evaluations.start(
            *(tenant, f"bench-{owner}", {}), requested_by="bench", owner=owner, at=now()
        )
        assert isinstance(run, Run)
        keeper = Keeper(run, owner, engine.evaluations, engine.eval_answers, now)
        evaluation = Evaluation(
            engine=engine,
            cases=dataset.cases,
            hashes=[case_hash(case) for case in dataset.cases],
            scorer=Scorer(tuple(Suite), judge),
            judge=judge,
            keeper=keeper,
            purse=Purse(limit_usd=0.0, slots=slots),
            watch=lambda _: None,
            fresh=True,
        )
        watch = _Watch()
        async with keeper.held():
            await evaluation.run()
            await keeper.flush()
            took = watch.read()
        assert len(evaluation.results) == len(dataset.cases)
        return took
