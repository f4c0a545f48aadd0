"""One run of the sample under a condition, held in memory; nothing of it is cached."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.adapters.shared_index import SharedIndex
from engine.compose import Engine, Overrides, open_engine
from engine.contract import render_trace
from engine.question import Budget
from engine.settings import OpenAiSettings
from engine.tasks import as_one
from engine.verification.claim import Verifier
from evals.case import Case
from evals.gate_check.altered_index import AlteredIndex, Choose
from evals.home import evaluation_settings
from evals.judging.judge import Judge
from evals.model_server.reply import Respond
from evals.model_server.server import ModelServer
from evals.run_record import CaseResult, Columns, RunRecord, RunState
from evals.suites.metric import Suite
from evals.suites.score import score

SUITES = tuple(suite for suite in Suite if suite is not Suite.SPEED)
_AT_ONCE = 4
_OF_THE_RUN = ("trace_id", "timings_ms", "usage", "fingerprint")
_BUDGET = Budget(max_cost_usd=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What is other than in production.

    model: what writes answers; None quotes the documents. keeps: which of the passages that a
    search finds are kept, of how many at least; None keeps all. verifier: None is the engine's.
    """

    model: Respond | None = None
    keeps: Choose | None = None
    found_at_least: int = 0
    verifier: Verifier | None = None
    seed: int = 0


@asynccontextmanager
async def engine_under(condition: Condition, home: Path) -> AsyncIterator[Engine]:
    """An engine under a condition, closed when left.

    Raises: SettingsInvalid, StorageUnavailable.
    """
    async with AsyncExitStack() as stack:
        settings = evaluation_settings(home)
        if condition.model is not None:
            url = await stack.enter_async_context(ModelServer(condition.model).serving())
            openai = OpenAiSettings.model_validate({"base_url": url})
            settings = settings.model_copy(update={"openai": openai})
        index = None
        if condition.keeps is not None:
            shared = SharedIndex(home)
            stack.push_async_callback(shared.aclose)
            index = AlteredIndex(
                shared,
                condition.keeps,
                seed=condition.seed,
                least_limit=condition.found_at_least,
            )
        overrides = Overrides(index=index, verifier=condition.verifier)
        yield await stack.enter_async_context(open_engine(settings, overrides))


class Trials:
    """Runs of the same cases in the same home; an answer that was scored is not scored again."""

    def __init__(self, home: Path, cases: Sequence[Case], judge: Judge) -> None:
        self._home = home
        self._cases = cases
        self._judge = judge
        self._scored: dict[tuple[int, str], Columns] = {}

    async def run(self, condition: Condition, name: str) -> RunRecord:
        """The cases asked and scored under a condition.

        Raises: what `Pipeline.run` and the judge raise.
        """
        async with engine_under(condition, self._home) as engine:
            results: dict[int, CaseResult] = {}
            numbers = iter(range(len(self._cases)))
            async with as_one() as group:
                for _ in range(_AT_ONCE):
                    group.create_task(self._work(engine, numbers, results))
        found = tuple(results[number] for number in sorted(results))
        return _record(name, found, self._judge.name, condition.seed)

    async def _work(
        self, engine: Engine, numbers: Iterator[int], results: dict[int, CaseResult]
    ) -> None:
        for number in numbers:
            case = self._cases[number]
            trace = await engine.pipeline.run(
                case.question,
                tenant=engine.settings.tenant,
                audience=case.audience,
                budget=_BUDGET,
            )
            results[number] = CaseResult(
                case_id=case.question.id,
                case_hash=case.question.id,  # the cases are the same objects in every run
                question=case.question.text,
                outcome=trace.outcome.value,
                slices={},
                columns=await self._score(number, case, render_trace(trace)),
            )

    async def _score(self, number: int, case: Case, answer: dict[str, Any]) -> Columns:
        said = {name: value for name, value in answer.items() if name not in _OF_THE_RUN}
        key = number, json.dumps(said, sort_keys=True)
        if key not in self._scored:
            self._scored[key] = await score(case, answer, self._judge, suites=SUITES)
        return self._scored[key]


def _record(name: str, results: tuple[CaseResult, ...], judge: str, seed: int) -> RunRecord:
    return RunRecord(
        id=name,
        target="sample",
        suites=tuple(suite.value for suite in SUITES),
        dataset="sample",
        dataset_hash="sample",
        split="all",
        fingerprint=name,
        judge=judge,
        seed=seed,
        state=RunState.DONE,
        started_at=datetime.now(UTC),
        finished_at=None,
        results=results,
    )
