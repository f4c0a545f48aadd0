"""The model as a judge, against a server that speaks the Chat Completions API."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.clock import now
from engine.compose import Engine, open_engine
from engine.errors import ModelUnavailable, SettingsInvalid, WrongUse
from engine.settings import load_settings
from engine.storage.schema import usage
from engine.verification.grading import Criterion
from evals.judging.calibration import (
    CriterionCalibration,
    JudgeCalibration,
    calibrate,
    keep_calibration,
    load_calibration,
)
from evals.judging.judge import Claim, Judge
from evals.judging.labels import parse_label
from evals.judging.model import ModelJudge
from evals.judging.opening import open_judge
from evals.model_server.reply import Fault, Received, Reply
from evals.model_server.server import ModelServer
from evals.suites.score import score
from tests.evals.suites.made import answer, case, citation

NAME = "openai:test-model:grade-1"
TEXT, EVIDENCE = "Tea is at four.", "Tea is served at four."
CLAIM = Claim(sentence=TEXT, evidence=(EVIDENCE,))
OpenEngine = Callable[..., Any]


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    made = ModelServer(lambda _: said(0.9))
    async with made.serving():
        yield made


@pytest.fixture
async def engine(server: ModelServer, tmp_path: Path) -> AsyncIterator[Engine]:
    environment = {
        "DESKHAND_HOME": str(tmp_path / "home"),
        "DESKHAND_OPENAI__ATTEMPTS": "1",
        "DESKHAND_OPENAI__TOTAL_S": "2",
        "DESKHAND_OPENAI__BREAKER_FAILURES": "50",
        "OPENAI_BASE_URL": server.url,
    }
    async with AsyncExitStack() as stack:
        wanted = load_settings(environment, working_directory=tmp_path)
        yield await stack.enter_async_context(open_engine(wanted))


def said(probability: float) -> Reply:
    return Reply(text=json.dumps({"probability": probability, "why": "It says so."}))


def calibration(*criteria: Criterion, **changed: Any) -> JudgeCalibration:
    known = CriterionCalibration(**({"labels": 60, "yes": 30} | changed))
    return JudgeCalibration(
        judge=NAME,
        version="labels",
        made_at=now(),
        criteria=dict.fromkeys(criteria or tuple(Criterion), known),
    )


def judge_of(engine: Engine, made: JudgeCalibration | None, **changed: Any) -> ModelJudge:
    grader = engine.hosted.grader("test-model")
    wanted = {"tenant": "default", "limit_usd": 1.0} | changed
    return ModelJudge(grader, made, engine.ledger, **wanted)


async def rows(engine: Engine) -> list[Any]:
    async with engine.database.read() as db:
        return list((await db.execute(select(usage))).all())


async def test_each_criterion_is_asked_apart_and_mapped_by_its_calibration(
    server: ModelServer, engine: Engine
) -> None:
    judge = judge_of(engine, calibration(slope=0.5))
    mapped = pytest.approx(0.75)  # logit(.9) = ln 9, half of it ln 3
    assert await judge.faithfulness([CLAIM]) == (mapped,)
    assert await judge.relevance("When is tea?", TEXT) == mapped
    assert await judge.completeness([EVIDENCE], TEXT) == (mapped,)
    faithful, relevant, complete = server.requests
    assert all(r.body["response_format"]["type"] == "json_schema" for r in server.requests)
    for request in server.requests:
        assert TEXT in request.messages("user")
        assert TEXT not in request.messages("system")
    assert " evidence\n" in faithful.messages("user")
    assert "When is tea?" in relevant.messages("user")
    assert " fact\n" in complete.messages("user")
    booked = await rows(engine)
    assert {(row.purpose, row.succeeded) for row in booked} == {("judge", True)}
    assert len({row.trace_id for row in booked}) == 1


async def test_what_costs_no_call_needs_none(server: ModelServer, engine: Engine) -> None:
    judge = judge_of(engine, calibration())
    assert await judge.faithfulness([Claim(sentence=TEXT, evidence=())]) == (0.0,)
    assert await judge.completeness([EVIDENCE], " ") == (0.0,)
    assert server.requests == []


async def test_without_calibration_nothing_is_asked_nothing_shown_and_the_report_says_so(
    server: ModelServer, engine: Engine
) -> None:
    judge = judge_of(engine, None)
    given = answer(f"{TEXT} [1]", citation(1, EVIDENCE))
    found = await score(case(expected_answer=TEXT), given, judge)
    assert not {"faithfulness", "relevance", "completeness", "citation_precision"} & set(found)
    assert server.requests == []
    assert judge.version == "grade-1-none"
    assert len(judge.notes) == 4
    assert (
        "The faithfulness is not shown: openai:test-model was not calibrated on labels of people "
        "for it; label some answers and run `deskhand eval judge calibrate FILE`." in judge.notes
    )


async def test_only_what_people_agreed_with_is_judged(server: ModelServer, engine: Engine) -> None:
    judge = judge_of(engine, calibration(Criterion.RELEVANCE))
    given = answer(f"{TEXT} [1]", citation(1, EVIDENCE))
    found = await score(case(), given, judge)
    assert found["relevance"] == pytest.approx(0.9)
    assert "faithfulness" not in found
    assert len(server.requests) == 1
    weak = judge_of(engine, calibration(why_not="kappa 0.10"))
    assert not weak.judges(Criterion.RELEVANCE)
    assert any("is not good enough at it" in note for note in weak.notes)


@pytest.mark.parametrize(
    "fault",
    [
        Reply(text="I think so."),
        Reply(text='{"probability": 0.9', finish_reason="length"),
        *(Reply(text="x", fault=fault) for fault in Fault if fault is not Fault.HANG),
    ],
    ids=lambda reply: str(reply.fault or reply.text[:12]),
)
async def test_a_fault_leaves_out_one_judgement_and_is_told(
    server: ModelServer, engine: Engine, fault: Reply
) -> None:
    judge = judge_of(engine, calibration(), concurrency=1)
    server.queue.append(fault)
    first, second = await judge.faithfulness([CLAIM, CLAIM])
    assert first is None
    assert second == pytest.approx(0.9)
    assert any(note.startswith("1 judgements are missing: ") for note in judge.notes)


@pytest.mark.slow
async def test_a_server_that_hangs_leaves_out_one_judgement(
    server: ModelServer, engine: Engine
) -> None:
    judge = judge_of(engine, calibration())
    server.queue.append(Reply(fault=Fault.HANG))
    assert await judge.relevance("When?", TEXT) is None
    assert any("did not answer in time" in note for note in judge.notes)


async def test_a_fault_leaves_out_the_columns_of_its_case_only(
    server: ModelServer, engine: Engine
) -> None:
    judge = judge_of(engine, calibration(Criterion.RELEVANCE))
    server.queue.append(Reply(fault=Fault.SERVER_ERROR))
    given = answer(f"{TEXT} [1]", citation(1, EVIDENCE))
    assert "relevance" not in await score(case(), given, judge)
    assert "relevance" in await score(case(), given, judge)


async def test_no_more_is_spent_than_the_limit(
    server: ModelServer, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.adapters import openai_lane
    from engine.adapters.model_prices import price

    monkeypatch.setattr(
        openai_lane, "price", lambda _, __, **tokens: price(None, "gpt-4o-mini", **tokens)
    )
    grader = engine.hosted.grader("test-model")
    judge = judge_of(engine, calibration(), limit_usd=0.0)
    assert await judge.relevance("When?", TEXT) is None
    assert server.requests == []
    request = parse_label(
        {"criterion": "relevance", "question": "When?", "answer": TEXT, "label": True}
    ).request
    most = grader.cost_usd(request)
    assert most > 0
    # Room for one call at its worst price at a time, whatever runs beside it.
    judge = judge_of(engine, calibration(), limit_usd=most * 1.01)
    found = await judge.completeness([EVIDENCE] * 6, TEXT)
    assert any(value is None for value in found)
    assert 0 < judge.spent_usd <= most * 1.01
    booked = [row for row in await rows(engine) if row.succeeded]
    assert len(booked) == len(server.requests) == 6 - found.count(None)
    assert any("the limit of" in note for note in judge.notes)


def labelled(count: int) -> list[Any]:
    made = []
    for number in range(count):
        true = number % 2 == 0
        row = {
            "criterion": "faithfulness",
            "answer": f"Claim {number} is {'so' if true else 'false'}.",
            "evidence": ["It is so."],
            "label": true,
        }
        made.append(parse_label(row))
    return made


def by_text(request: Received) -> Reply:
    return said(0.95 if "is so.\n" in request.messages("user").split(" text\n")[1] else 0.8)


async def test_labels_of_people_make_a_model_the_judge(server: ModelServer, engine: Engine) -> None:
    server.respond = by_text
    grader, done = engine.hosted.grader("test-model"), []
    server.queue.append(Reply(fault=Fault.SERVER_ERROR))
    made = await calibrate(grader, labelled(41), tell=done.append)
    assert done == list(range(1, 42))
    assert (made.judge, made.failed) == (NAME, 1)
    found = made.of(Criterion.FAITHFULNESS)
    assert found is not None
    assert (found.labels, found.kappa, found.usable) == (40, 1.0, True)
    assert made.of(Criterion.RELEVANCE) is None
    await keep_calibration(engine.models, "default", made)
    assert await load_calibration(engine.models, "default", NAME) == made
    async with open_judge("openai:test-model", engine, limit_usd=1.0) as judge:
        assert judge.version == f"grade-1-{made.version}"
        right, wrong = await judge.faithfulness(
            [
                Claim(sentence="Tea is so.", evidence=(EVIDENCE,)),
                Claim(sentence="Tea is false.", evidence=(EVIDENCE,)),
            ]
        )
    assert right is not None
    assert wrong is not None
    assert right > 0.5 > wrong


async def test_a_server_that_judges_nothing_makes_no_calibration(
    server: ModelServer, engine: Engine
) -> None:
    server.respond = lambda _: Reply(fault=Fault.UNAUTHORIZED)
    with pytest.raises(ModelUnavailable, match="OPENAI_API_KEY"):
        await calibrate(engine.hosted.grader("test-model"), labelled(3))


@pytest.mark.parametrize("named", ["gpt", "openai:", ""])
async def test_a_judge_that_is_none_is_refused_with_those_there_are(
    engine: Engine, named: str
) -> None:
    with pytest.raises(WrongUse, match="local and openai:MODEL"):
        async with open_judge(named, engine, limit_usd=1.0):
            pass


async def test_a_model_needs_a_server_and_the_local_judge_none(tmp_path: Path) -> None:
    home = {"DESKHAND_HOME": str(tmp_path / "other")}
    async with open_engine(load_settings(home, working_directory=tmp_path)) as bare:
        with pytest.raises(SettingsInvalid, match="set OPENAI_API_KEY"):
            async with open_judge("openai:gpt-4o-mini", bare, limit_usd=1.0):
                pass
        async with open_judge("local", bare, limit_usd=0.0) as judge:
            local: Judge = judge
            assert local.name == "local"
