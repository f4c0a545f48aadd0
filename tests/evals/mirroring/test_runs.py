"""A run of an evaluation, mirrored to servers on real sockets."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from engine.audience import FULL_MEMBER
from engine.question import Question, Role, Turn
from engine.settings import Settings, load_settings
from engine.trace import Outcome
from evals.case import Case
from evals.mirroring.runs import dataset_name, experiment_of, mirror_run
from evals.run_record import CaseResult, Figure, RunRecord, RunState
from tests.mirror_services import NOW, SERVICES, running
from tests.mirror_trouble import Trouble

MAIL = "ann@example.com"


def case(name: str = "q1", text: str = f"Who is {MAIL}?") -> Case:
    question = Question(
        id=name,
        text=text,
        history=(Turn(role=Role.USER, text="hello"),),
        user="U0ANN",
        channel="C1",
    )
    return Case(
        question=question,
        audience=FULL_MEMBER,
        kind="fact",
        gains={"leave.md": 1.0},
        expected_outcome=Outcome.ANSWERED,
        expected_answer=f"She is {MAIL}.",
    )


def body(number: int = 1, **changes: Any) -> dict[str, Any]:
    cited = {"n": 1, "document_name": "leave.md", "chunk_id": "c1", "title": "Leave", "url": None}
    given = {
        "id": "q1",
        "question": "",
        "outcome": "answered",
        "reply": f"She is {MAIL} [1].",
        "draft_reply": f"She is {MAIL} [1].",
        "confidence": 0.9,
        "needs_human_review": False,
        "reasons": [{"code": "low_confidence", "text": "not sure"}],
        "citations": [{**cited, "page": None, "snippet": "s", "full_content": "WHOLE PASSAGE"}],
        "internal_next_steps": [],
        "triage": {"category": "hr", "category_confidence": 0.5, "priority": None},
        "retrieved": [{"chunk_id": "c1", "document_name": "leave.md", "score": 0.5}],
        "usage": {
            "prompt_tokens": 0, "completion_tokens": 0, "embedding_tokens": 3, "cost_usd": 0.0
        },
        "timings_ms": {"intake": 1.0, "retrieval": 2.0, "generation": 0.0, "total": 4.0},
        "trace_id": str(UUID(int=number)),
        "fingerprint": "f" * 64,
    }  # fmt: skip
    return given | changes


def record(*results: CaseResult, **changes: Any) -> RunRecord:
    given: dict[str, Any] = {
        "id": str(UUID(int=77)),
        "target": "sample",
        "suites": ("answers",),
        "dataset": "sample",
        "dataset_hash": "h",
        "split": "",
        "fingerprint": "f" * 64,
        "judge": "local",
        "seed": 7,
        "state": RunState.DONE,
        "started_at": NOW,
        "finished_at": NOW,
        "results": results,
        "figures": (Figure(metric="faithfulness", value=0.5, low=None, high=None, cases=1),),
    }
    return RunRecord(**given | changes)


def result(name: str = "q1") -> CaseResult:
    return CaseResult(
        case_id=name,
        case_hash="c",
        question="",
        outcome="answered",
        slices={},
        columns={"faithfulness": 0.5},
        problems=(f"names {MAIL}",),
    )


def settings_for(folder: Path, *services: Any, **more: str) -> Settings:
    environment = {"DESKHAND_MIRROR__TIMEOUT_S": "0.5", "DESKHAND_MIRROR__UPLOAD_S": "20"}
    for service in services:
        environment |= service.environment
    return load_settings({**environment, **more}, working_directory=folder)


@pytest.mark.slow
async def test_a_run_is_in_both_services_and_the_links_lead_there(tmp_path: Path) -> None:
    with running("LangSmith") as smith, running("Langfuse") as fuse:
        settings = settings_for(tmp_path, smith, fuse)
        done = await mirror_run(record(result()), [case()], {"q1": body()}, settings)
        assert done.notes == ()
        assert set(done.links) == set(SERVICES)
        assert done.links["Langfuse"].startswith(fuse.server.url)
        for service in (smith, fuse):
            assert len(service.roots()) == 1
            assert list(service.scores().values()) == [0.5]
            (asked,) = service.items("deskhand-sample")
            assert asked["question"] == "Who is [email]?"
            told = service.everything()
            assert "names [email]" in told
            for secret in (MAIL, "U0ANN", "WHOLE PASSAGE"):
                assert secret not in told


@pytest.mark.slow
@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("trouble", list(Trouble))
async def test_whatever_a_service_does_the_run_ends_and_the_other_has_it(
    tmp_path: Path, name: str, trouble: Trouble
) -> None:
    other = next(found for found in SERVICES if found != name)
    with running(name) as bad, running(other) as good:
        bad.troubles.trouble, bad.troubles.retry_after = trouble, "60"
        settings = settings_for(tmp_path, bad, good)
        done = await mirror_run(record(result()), [case()], {"q1": body()}, settings)
        assert set(done.links) == {other}
        assert len(done.notes) == 1
        assert name in done.notes[0]
        assert len(good.roots()) == 1
        assert MAIL not in done.notes[0]


@pytest.mark.slow
async def test_a_service_that_hangs_is_left_in_time(tmp_path: Path) -> None:
    with running("Langfuse") as service:
        service.troubles.trouble = Trouble.HANG
        more = {"DESKHAND_MIRROR__UPLOAD_S": "0.1", "DESKHAND_MIRROR__TIMEOUT_S": "5"}
        settings = settings_for(tmp_path, service, **more)
        done = await mirror_run(record(result()), [case()], {"q1": body()}, settings)
        assert done.links == {}
        assert "did not take the run" in done.notes[0]
        left = [t for t in threading.enumerate() if t.name.startswith("deskhand-langfuse")]
        assert all(thread.daemon for thread in left)
    for thread in left:
        thread.join(20)


async def test_nothing_happens_where_no_service_is_set(tmp_path: Path) -> None:
    done = await mirror_run(record(result()), [case()], {}, settings_for(tmp_path))
    assert (done.links, done.notes) == ({}, ())


async def test_half_a_setting_is_said_and_does_not_end_the_run(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, LANGFUSE_SECRET_KEY="sk-lf-1")
    done = await mirror_run(record(result()), [case()], {}, settings)
    assert "belong together" in done.notes[0]


def test_a_part_of_a_set_is_a_set_of_its_own() -> None:
    assert dataset_name(record()) == "deskhand-sample"
    assert dataset_name(record(target="adversarial")) == "deskhand-sample-adversarial"
    assert dataset_name(record(target="/home/ann/q.jsonl", dataset="q")) == "deskhand-q"
    assert dataset_name(record(split="dev")) == "deskhand-sample-dev"


def test_results_without_an_answer_are_left_out() -> None:
    made = experiment_of(
        record(result("q1"), result("q2")), [case("q1"), case("q2")], {"q2": body(2)}, model="m"
    )
    assert [found.item_id for found in made.results] == ["q2"]
    assert made.figures == {"faithfulness": 0.5}


def test_a_model_is_named_where_it_was_used() -> None:
    spent = body()["usage"] | {"prompt_tokens": 5}
    for usage, model in ((body()["usage"], ""), (spent, "m")):
        made = experiment_of(record(result()), [case()], {"q1": body(usage=usage)}, model="m")
        assert made.results[0].trace.model == model


def test_runs_with_other_ids_than_uuids_have_an_id_of_their_own() -> None:
    one, two = (replace(record(), id=name) for name in ("r1", "r2"))
    ids = {experiment_of(found, [], {}, model="").id for found in (one, two)}
    assert len(ids) == 2
