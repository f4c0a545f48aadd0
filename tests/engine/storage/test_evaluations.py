from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.storage.database import Database
from engine.storage.evaluation_answers import EvaluationAnswers
from engine.storage.evaluation_run import AlreadyRunning, CachedAnswer, Order, Run, RunState
from engine.storage.evaluations import EvaluationStore

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def store(database: Database) -> EvaluationStore:
    return EvaluationStore(database)


async def started(
    store: EvaluationStore,
    target: str = "sample",
    *,
    tenant: str = "acme",
    owner: str | None = "p1",
    at: datetime = NOW,
    **options: Any,
) -> Run:
    found = await store.start(tenant, target, options, requested_by="cli", owner=owner, at=at)
    assert isinstance(found, Run)
    return found


async def finish(store: EvaluationStore, run: Run, at: datetime, record: Any = None) -> None:
    owner = run.lease_owner or ""
    assert await store.finish(
        run.tenant, run.id, RunState.DONE, owner=owner, at=at, record=record or {}
    )


async def test_a_run_comes_back_as_it_was_started(store: EvaluationStore) -> None:
    run = await started(store, seed=7)
    assert await store.get("acme", run.id) == run
    assert await store.get("acme", run.id[:8]) == run
    assert await store.get("acme", "") is None
    assert await store.get("globex", run.id) is None
    assert (run.state, run.lease_owner, dict(run.options)) == (RunState.RUNNING, "p1", {"seed": 7})
    assert run.has_process(NOW)
    assert not run.has_process(after(61))


async def test_of_many_starts_at_once_one_gets_the_run(store: EvaluationStore) -> None:
    found = await asyncio.gather(
        *(
            store.start("acme", "sample", {}, requested_by="cli", owner=f"p{n}", at=NOW)
            for n in range(8)
        )
    )
    runs = [run for run in found if isinstance(run, Run)]
    others = [run.run.id for run in found if isinstance(run, AlreadyRunning)]
    assert len(runs) == 1
    assert others == [runs[0].id] * 7


async def test_other_targets_and_tenants_run_beside(store: EvaluationStore) -> None:
    ids = {
        (await started(store)).id,
        (await started(store, "own")).id,
        (await started(store, tenant="globex")).id,
    }
    assert len(ids) == 3


async def test_a_silent_run_is_resumed_with_the_same_options(store: EvaluationStore) -> None:
    first = await started(store, seed=7)
    again = await started(store, owner="p2", at=after(61), seed=7)
    assert (again.id, again.lease_owner) == (first.id, "p2")
    beat = await store.beat(
        "acme", first.id, owner="p1", at=after(62), done=1, total=2, asked=1, cost_usd=0.0
    )
    assert beat is Order.LOST


async def test_a_silent_run_ends_where_other_options_are_asked_for(store: EvaluationStore) -> None:
    first = await started(store, seed=7)
    again = await started(store, owner="p2", at=after(61), seed=8)
    assert again.id != first.id
    ended = await store.get("acme", first.id)
    assert ended is not None
    assert (ended.state, ended.finished_at) == (RunState.CANCELLED, after(61))


async def test_a_run_that_was_let_go_is_resumed_at_once(store: EvaluationStore) -> None:
    first = await started(store)
    await store.release("acme", first.id, owner="somebody else", at=after(1))
    held = await store.start("acme", "sample", {}, requested_by="cli", owner="p2", at=after(2))
    assert isinstance(held, AlreadyRunning)
    await store.release("acme", first.id, owner="p1", at=after(2))
    assert (await started(store, owner="p2", at=after(2))).id == first.id


async def test_a_run_started_for_another_process_is_taken_by_one(store: EvaluationStore) -> None:
    run = await started(store, owner=None)
    held = await store.start("acme", "sample", {}, requested_by="cli", owner="p9", at=after(1))
    assert isinstance(held, AlreadyRunning)
    taken = await asyncio.gather(
        *(store.take("acme", run.id, owner=f"p{n}", at=after(1)) for n in range(4))
    )
    assert len([found for found in taken if found is not None]) == 1
    assert await store.take("acme", run.id, owner="p5", at=after(62)) is not None


async def test_a_beat_tells_how_far_and_keeps_the_lease(store: EvaluationStore) -> None:
    run = await started(store)
    beat = await store.beat(
        "acme",
        run.id,
        owner="p1",
        at=after(50),
        done=3,
        total=9,
        asked=2,
        cost_usd=0.5,
        fingerprint="f1",
    )
    assert beat is Order.GO_ON
    found = await store.get("acme", run.id)
    assert found is not None
    assert (found.done, found.total, found.asked, found.cost_usd) == (3, 9, 2, 0.5)
    assert found.fingerprint == "f1"
    assert found.has_process(after(109))


async def test_a_cancelled_run_hears_of_it_at_its_next_beat(store: EvaluationStore) -> None:
    run = await started(store)
    found = await store.cancel("acme", run.id, at=after(1))
    assert found is not None
    assert (found.state, found.cancelling) == (RunState.RUNNING, True)
    assert await store.cancelled("acme", run.id)
    beat = await store.beat(
        "acme", run.id, owner="p1", at=after(2), done=0, total=2, asked=0, cost_usd=0.0
    )
    assert beat is Order.CANCEL
    assert await store.cancel("globex", run.id, at=after(1)) is None


async def test_a_run_without_a_process_is_cancelled_at_once(store: EvaluationStore) -> None:
    run = await started(store)
    found = await store.cancel("acme", run.id, at=after(61))
    assert found is not None
    assert found.state is RunState.CANCELLED
    waiting = await started(store, owner=None, at=after(62))
    found = await store.cancel("acme", waiting.id, at=after(63))
    assert found is not None
    assert found.state is RunState.CANCELLED
    assert await store.take("acme", waiting.id, owner="p1", at=after(64)) is None


async def test_a_silent_run_that_was_to_end_is_not_resumed(store: EvaluationStore) -> None:
    run = await started(store)
    await store.cancel("acme", run.id, at=after(1))
    assert (await started(store, owner="p2", at=after(61))).id != run.id


async def test_only_who_has_a_run_can_finish_it_and_once(store: EvaluationStore) -> None:
    run = await started(store)
    record = {"figures": [1.5], "name": "Zürich"}
    for owner, right in (("p2", False), ("p1", True), ("p1", False)):
        done = await store.finish(
            "acme", run.id, RunState.DONE, owner=owner, at=after(5), record=record
        )
        assert done is right
    assert await store.record("acme", run.id) == record
    assert await store.record("globex", run.id) is None
    last = await store.last("acme", "sample")
    assert last is not None
    assert (last.id, last.state, last.finished_at) == (run.id, RunState.DONE, after(5))
    assert (await started(store, at=after(6))).id != run.id


async def test_runs_are_listed_newest_first(store: EvaluationStore) -> None:
    ids = []
    for n in range(3):
        run = await started(store, at=after(n))
        ids.insert(0, run.id)
        await finish(store, run, after(n))
    other = await started(store, "own", at=after(9))
    assert [run.id for run in await store.list("acme")] == [other.id, *ids]
    assert [run.id for run in await store.list("acme", target="sample", limit=2)] == ids[:2]
    assert [run.id for run in await store.list("acme", states=(RunState.RUNNING,))] == [other.id]
    assert await store.list("globex") == ()


async def test_past_costs_are_of_the_cases_that_were_asked(store: EvaluationStore) -> None:
    assert await store.cost_per_case_usd("acme", "sample") is None
    for n, (target, asked, cost) in enumerate((("own", 10, 1.0), ("sample", 0, 0.0))):
        run = await started(store, target, at=after(n))
        await store.beat(
            "acme", run.id, owner="p1", at=NOW, done=9, total=9, asked=asked, cost_usd=cost
        )
        await finish(store, run, after(n))
    assert await store.cost_per_case_usd("acme", "sample") == pytest.approx(0.1)
    run = await started(store, at=after(5))
    await store.beat("acme", run.id, owner="p1", at=NOW, done=9, total=9, asked=4, cost_usd=2.0)
    assert await store.cost_per_case_usd("acme", "sample") == pytest.approx(0.5)
    assert await store.cost_per_case_usd("globex", "sample") is None


async def test_a_baseline_is_a_name_for_a_run(store: EvaluationStore) -> None:
    run = await started(store)
    assert await store.baseline("acme", "release") is None
    await store.set_baseline("acme", "release", "older", at=NOW)
    await store.set_baseline("acme", "release", run.id, at=after(1))
    await store.set_baseline("acme", "a", run.id, at=after(2))
    found = await store.baseline("acme", "release")
    assert found is not None
    assert (found.run_id, found.set_at) == (run.id, after(1))
    assert [baseline.name for baseline in await store.baselines("acme")] == ["a", "release"]
    assert await store.baselines("globex") == ()


async def test_where_progress_is_shown_is_kept(store: EvaluationStore) -> None:
    run = await started(store)
    await store.set_message("acme", run.id, {"channel": "C1", "ts": "1.0"})
    found = await store.get("acme", run.id)
    assert found is not None
    assert found.message == {"channel": "C1", "ts": "1.0"}


async def test_pruning_keeps_the_newest_of_each_target_baselines_and_what_runs(
    store: EvaluationStore, database: Database
) -> None:
    answers = EvaluationAnswers(database)
    ids = []
    for n in range(5):
        run = await started(store, at=after(n))
        await store.beat(
            *("acme", run.id),
            owner="p1",
            at=after(n),
            done=0,
            total=0,
            asked=0,
            cost_usd=0,
            fingerprint=f"f{n}",
        )
        answer = CachedAnswer(case_hash="c", fingerprint=f"f{n}", body={})
        await answers.keep("acme", [answer], at=after(n))
        await answers.keep("globex", [answer], at=after(n))
        await finish(store, run, after(n))
        ids.append(run.id)
    await store.set_baseline("acme", "first", ids[0], at=NOW)
    running = await started(store, at=after(-9))
    other = await started(store, "own", at=after(-99))
    await finish(store, other, NOW)
    assert await store.prune("acme", keep=2) == 2
    kept = {run.id for run in await store.list("acme")}
    assert kept == {ids[0], ids[3], ids[4], running.id, other.id}
    for n in range(5):
        there = await answers.cached("acme", ["c"], f"f{n}")
        assert bool(there) is (n not in (1, 2))
        assert await answers.cached("globex", ["c"], f"f{n}")


async def test_answers_are_found_by_case_and_fingerprint(database: Database) -> None:
    answers = EvaluationAnswers(database)
    made = [
        CachedAnswer(
            case_hash=f"c{n}",
            fingerprint="f",
            body={"reply": f"Zürich {n}"},
            scored_by="s1",
            scores={"columns": {"hit_at_1": 1.0}},
        )
        for n in range(1200)
    ]
    await answers.keep("acme", made, at=NOW)
    found = await answers.cached("acme", [f"c{n}" for n in range(1300)], "f")
    assert found == {answer.case_hash: answer for answer in made}
    assert await answers.cached("acme", ["c1"], "g") == {}
    assert await answers.cached("globex", ["c1"], "f") == {}
    assert list(await answers.cached("acme", ["c1"], "f", since=NOW)) == ["c1"]
    assert await answers.cached("acme", ["c1"], "f", since=after(1)) == {}
    await answers.keep("acme", [CachedAnswer(case_hash="c1", fingerprint="f", body={})], at=NOW)
    assert (await answers.cached("acme", ["c1"], "f"))["c1"].body == {}
    await answers.keep("acme", [], at=NOW)
