"""Runs in this process: cached, changed, refused, cancelled, broken off, paid for, faulty."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.minilm.embedder import MiniLmEmbedder
from engine.clock import now
from engine.compose import Overrides
from engine.errors import DeskhandError, WrongUse
from engine.retrieval.embedder import Embedder
from engine.settings import Settings, load_settings
from engine.storage.evaluation_run import AlreadyRunning, Run, RunState
from engine.verification.support_checker import SupportChecker
from evals.model_server.reply import Reply
from evals.model_server.server import ModelServer
from evals.running.opening import open_evaluations
from evals.running.progress import Planned, Preparing, Progress
from evals.running.reporting import HISTORY
from evals.running.request import RunRequest
from evals.running.service import Finished, RunElsewhere, evaluate
from tests.evals.running.worlds import a_case, make_world

pytestmark = pytest.mark.slow  # each opens an engine

Event = Preparing | Planned | Progress


class Desk:
    """Runs one data set with what is given."""

    def __init__(self, settings: Settings, folder: Path, overrides: Overrides) -> None:
        self.settings = settings
        self.request = RunRequest(target=str(folder), suites=("retrieval", "answers"))
        self.overrides = overrides
        self.events: list[Event] = []

    async def run(self, watch: Any = None, **changes: Any) -> Finished:
        self.events = []

        def tell(event: Event) -> None:
            self.events.append(event)
            if watch is not None:
                watch(event)

        return await evaluate(
            replace(self.request, **changes), self.settings, tell, overrides=self.overrides
        )

    async def runs(self) -> tuple[Run, ...]:
        async with open_evaluations(self.settings) as (store, _):
            return await store.list(self.settings.tenant)

    @property
    def planned(self) -> Planned:
        (found,) = (event for event in self.events if isinstance(event, Planned))
        return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_world(tmp_path / "world")


@pytest.fixture
def desk(settings: Settings, folder: Path, model: Embedder) -> Desk:
    return Desk(settings, folder, Overrides(embedder=model))


def figures(finished: Finished) -> dict[str, float]:
    return {
        figure.metric: figure.value
        for figure in finished.record.figures
        if not figure.metric.endswith("_ms")
    }


async def test_an_unchanged_case_is_not_asked_again(desk: Desk, folder: Path) -> None:
    first = await desk.run()
    assert first.passed
    assert first.record.state is RunState.DONE
    assert (desk.planned.cases, desk.planned.cached) == (12, 0)
    assert not any(result.from_cache for result in first.record.results)
    assert figures(first)["recall_at_5"] == 1.0
    assert figures(first)["facts_found"] > 0.8
    assert first.report.html.is_file()

    again = await desk.run()
    assert (desk.planned.cases, desk.planned.cached) == (12, 12)
    assert all(result.from_cache for result in again.record.results)
    assert figures(again) == figures(first)
    assert [r.columns for r in again.record.results] == [r.columns for r in first.record.results]
    assert again.record.id != first.record.id

    lines = (folder / "cases.jsonl").read_text().splitlines()
    lines[0] = json.dumps({**a_case(0), "must_contain": ["9 euros"]})
    (folder / "cases.jsonl").write_text("\n".join(lines))
    changed = await desk.run(compare=first.record.id[:8])
    assert desk.planned.cached == 11
    assert [r.from_cache for r in changed.record.results] == [False] + [True] * 11
    assert changed.record.results[0].columns["facts_found"] == 0.0
    assert changed.comparison is not None
    assert changed.comparison.edited == ("badge-0",)

    (folder / "knowledge" / "costs" / "desk.md").write_text("# Desks\n\nA new desk costs 99 euros.")
    await desk.run()
    assert desk.planned.cached == 0

    fresh = await desk.run(fresh=True)
    assert desk.planned.cached == 0
    assert not any(result.from_cache for result in fresh.record.results)


async def test_another_suite_uses_the_same_answers(desk: Desk) -> None:
    await desk.run(suites=("retrieval",))
    answers = await desk.run(suites=("answers",))
    assert desk.planned.cached == 12
    assert "faithfulness" in figures(answers)
    assert "recall_at_5" not in figures(answers)
    retrieval = await desk.run(suites=("retrieval",))
    assert "faithfulness" not in figures(retrieval)


async def test_a_broken_line_is_named_and_the_rest_runs(
    settings: Settings, tmp_path: Path, model: Embedder
) -> None:
    folder = make_world(tmp_path / "broken", broken='{"id": 7, "user_question": ')
    finished = await Desk(settings, folder, Overrides(embedder=model)).run()
    assert finished.record.state is RunState.DONE
    assert len(finished.record.results) == 12
    (problem,) = finished.record.skipped
    assert "line 3" in problem


async def test_of_two_starts_at_once_the_second_is_told(desk: Desk) -> None:
    second: list[str] = []

    async def start_again() -> None:
        with pytest.raises(RunElsewhere) as caught:
            await evaluate(desk.request, desk.settings, lambda _: None, overrides=desk.overrides)
        second.append(str(caught.value))

    tasks: list[asyncio.Task[None]] = []

    def watch(event: Event) -> None:
        if isinstance(event, Planned):
            tasks.append(asyncio.get_running_loop().create_task(start_again()))

    finished = await desk.run(watch)
    await asyncio.gather(*tasks)
    assert finished.passed
    assert "being evaluated already" in second[0]
    assert f"deskhand eval cancel {finished.record.id[:8]}" in second[0]
    assert len(await desk.runs()) == 1


async def test_a_cancelled_run_ends_and_keeps_what_it_has(desk: Desk) -> None:
    tasks: list[asyncio.Task[None]] = []

    async def cancel() -> None:
        async with open_evaluations(desk.settings) as (store, _):
            (run,) = await store.list(desk.settings.tenant)
            await store.cancel(desk.settings.tenant, run.id, at=now())

    held = asyncio.Event()

    class Waiting(MiniLmEmbedder):
        async def embed_query(self, text: str) -> Any:
            if tasks:
                await held.wait()
            return await super().embed_query(text)

    def watch(event: Event) -> None:
        if isinstance(event, Progress) and event.done == 2:
            tasks.append(asyncio.get_running_loop().create_task(cancel()))

    waiting = Waiting(threads=1)
    desk.overrides = Overrides(embedder=waiting)
    finished = await desk.run(watch)
    await waiting.aclose()
    assert finished.record.state is RunState.CANCELLED
    assert not finished.passed
    assert 2 <= len(finished.record.results) < 12
    (run,) = await desk.runs()
    assert (run.state, run.lease_owner) == (RunState.CANCELLED, None)
    async with open_evaluations(desk.settings) as (store, _):
        assert await store.record(desk.settings.tenant, run.id) is not None


async def test_an_interrupted_run_goes_on_where_it_was(desk: Desk) -> None:
    whole: list[asyncio.Task[Finished]] = []

    def watch(event: Event) -> None:
        if isinstance(event, Progress) and event.done == 4:
            whole[0].cancel()

    whole.append(asyncio.create_task(desk.run(watch)))
    with pytest.raises(asyncio.CancelledError):
        await whole[0]
    (run,) = await desk.runs()
    assert (run.state, run.lease_owner) == (RunState.RUNNING, None)
    assert run.done >= 4
    finished = await desk.run()
    assert finished.record.id == run.id
    assert finished.record.state is RunState.DONE
    assert 4 <= desk.planned.cached < 12
    assert len(finished.record.results) == 12


async def test_a_run_that_another_process_started_is_done_by_its_id(desk: Desk) -> None:
    async with open_evaluations(desk.settings) as (store, _):
        run = await store.start(
            desk.settings.tenant,
            desk.request.target,
            {"suites": ["retrieval"], "seed": 3},
            requested_by="U1",
            owner=None,
            at=now(),
        )
        assert isinstance(run, Run)
        held = await store.start(
            *(desk.settings.tenant, desk.request.target, {}),
            requested_by="cli",
            owner="p9",
            at=now(),
        )
        assert isinstance(held, AlreadyRunning)
    finished = await desk.run(run_id=run.id)
    record = finished.record
    assert (record.id, record.suites, record.seed) == (run.id, ("retrieval",), 3)
    with pytest.raises(RunElsewhere, match="has ended"):
        await desk.run(run_id=run.id)
    with pytest.raises(WrongUse, match="there is no run"):
        await desk.run(run_id="nope")


async def test_a_run_stops_at_its_spend_limit(
    settings: Settings,
    folder: Path,
    tmp_path: Path,
    model: Embedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import engine.adapters.openai_lane as lane
    from engine.adapters.model_prices import price

    monkeypatch.setattr(lane, "price", lambda _, model, **tokens: price(None, model, **tokens))
    server = ModelServer(lambda _: Reply(text="A new badge costs 15 euros. [1]"))
    async with server.serving():
        environ = {"DESKHAND_HOME": str(settings.home), "OPENAI_BASE_URL": server.url}
        hosted = load_settings(environ, working_directory=tmp_path)
        desk = Desk(hosted, folder, Overrides(embedder=model))
        free = await desk.run(models=False)
        assert free.record.cost_usd == 0.0
        assert not server.requests
        limit = 0.004
        stopped = await desk.run(max_cost_usd=limit, concurrency=2)
        assert stopped.record.state is RunState.OVER_BUDGET
        assert not stopped.passed
        assert 0 < stopped.record.cost_usd <= limit
        assert 0 < len(stopped.record.results) < 12
        assert stopped.report.json.is_file()
        last = (await desk.runs())[0]
        assert (last.state, last.cost_usd) == (RunState.OVER_BUDGET, stopped.record.cost_usd)
        done = await desk.run(max_cost_usd=1.0)
        assert done.record.state is RunState.DONE
        assert desk.planned.cached == len(stopped.record.results)
        estimate = desk.planned.estimate_usd
        assert estimate is not None
        assert estimate == pytest.approx(done.record.cost_usd, rel=0.5)
        again = await desk.run(max_cost_usd=0.0)
        assert (again.record.state, again.record.cost_usd) == (RunState.DONE, 0.0)


class _Faulty(SupportChecker):
    """Fails on one document."""

    def check(self, claim: str, evidence: Any, **more: Any) -> Any:
        if "printer" in claim:
            raise RuntimeError("no")
        return super().check(claim, evidence, **more)


async def test_a_case_that_the_engine_fails_on_is_a_result_and_asked_again(
    desk: Desk, model: Embedder
) -> None:
    desk.overrides = Overrides(embedder=model, checker=_Faulty())
    found = await desk.run(suites=("decisions",))
    assert found.record.state is RunState.DONE
    failed = [r.case_id for r in found.record.results if r.outcome == "failed"]
    if failed:
        assert failed == ["printer-0"]
        await desk.run(suites=("decisions",))
        assert desk.planned.cached == 11


async def test_a_case_that_cannot_be_scored_is_named_and_the_others_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evals.running import scoring

    plain = scoring.plain_columns

    def fail(case: Any, *more: Any) -> Any:
        if case.question.id == "desk-0":
            raise KeyError("retrieved")
        return plain(case, *more)

    monkeypatch.setattr(scoring, "plain_columns", fail)
    found = await desk.run(suites=("retrieval",))
    assert found.record.state is RunState.DONE
    assert len(found.record.results) == 11
    assert found.record.skipped == (
        "case desk-0 could not be evaluated: an unexpected fault (KeyError)",
    )


async def test_a_run_of_which_every_case_faults_has_failed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evals.running import scoring

    def fail(*_: Any) -> Any:
        raise KeyError("retrieved")

    monkeypatch.setattr(scoring, "plain_columns", fail)
    with pytest.raises(DeskhandError, match="no case could be evaluated"):
        await desk.run(suites=("retrieval",))
    (run,) = await desk.runs()
    assert run.state is RunState.FAILED
    assert "could not be evaluated: an unexpected fault (KeyError)" in run.problem


async def test_knowledge_that_cannot_be_read_fails_the_run(desk: Desk, folder: Path) -> None:
    for path in (folder / "knowledge" / "costs").iterdir():
        path.unlink()
    (folder / "knowledge" / "costs").rmdir()
    (folder / "knowledge").rmdir()
    with pytest.raises(WrongUse, match="the knowledge base is empty"):
        await desk.run()
    (run,) = await desk.runs()
    assert (run.state, run.problem[:27]) == (RunState.FAILED, "the knowledge base is empty")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"target": "nonsense"}, "'nonsense' is nothing to evaluate; there are sample, the suites"),
        ({"suites": ("speeed",)}, "'speeed' is no suite; there are retrieval, answers"),
        ({"target": "own"}, "no case is saved yet"),
        ({"compare": "nothing"}, "'nothing' is no baseline, run or file"),
        ({"gate": True}, "there is no baseline for"),
        ({"split": "half"}, "'half' is no split"),
        ({"target": "speed", "suites": ("triage",)}, "speed has no other suite"),
    ],
)
async def test_what_cannot_be_run_is_wrong_use_and_leaves_no_run(
    desk: Desk, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(WrongUse) as caught:
        await desk.run(**changes)
    assert said in str(caught.value)
    assert await desk.runs() == ()


async def test_another_judge_that_is_none_ends_the_run(desk: Desk) -> None:
    with pytest.raises(WrongUse, match="is no judge"):
        await desk.run(judge="oracle")


async def test_the_gate_compares_with_the_baseline_of_the_target(desk: Desk, folder: Path) -> None:
    first = await desk.run()
    async with open_evaluations(desk.settings) as (store, _):
        tenant = desk.settings.tenant
        await store.set_baseline(tenant, first.record.target, first.record.id, at=now())
    same = await desk.run(gate=True)
    assert same.verdict is not None
    assert same.passed
    wrong = [
        json.dumps({**a_case(n), "must_contain": ["nothing"], "expected_docs": ["costs/x.md"]})
        for n in range(12)
    ]
    (folder / "cases.jsonl").write_text("\n".join(wrong))
    other = await desk.run(gate=True)
    assert other.verdict is not None
    assert not other.passed
    assert any("unchanged" in reason for reason in other.verdict.reasons)


async def test_old_runs_and_reports_go(desk: Desk) -> None:
    kept = desk.settings.model_copy(
        update={"evals": desk.settings.evals.model_copy(update={"keep_reports": 2})}
    )
    desk.settings = kept
    ids = [(await desk.run(suites=("retrieval",))).record.id for _ in range(4)]
    assert {run.id for run in await desk.runs()} == set(ids[2:])
    folders = await asyncio.to_thread(
        lambda: {path.name for path in (kept.home / "evals" / "reports").iterdir()}
    )
    assert folders == set(ids[2:])
    assert HISTORY > 2
