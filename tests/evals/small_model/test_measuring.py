"""The small model against a server that answers rightly or wrongly, by model and question."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from engine.audience import FULL_MEMBER
from engine.clock import now
from engine.compose import Engine, Overrides, open_engine
from engine.errors import WrongUse
from engine.question import Budget, Question, Role, Turn
from engine.retrieval.embedder import Embedder
from engine.settings import load_settings
from engine.trace import Trace
from evals.case import Case
from evals.model_server.models import quoting
from evals.model_server.reply import Received, Reply
from evals.model_server.server import ModelServer
from evals.small_model.measuring import LEAST_CASES, Measuring, is_right, most_lost

SMALL, MODEL = "small-chat", "gpt-4.1-mini"
COUNT = 80
Measure = Callable[..., AbstractAsyncContextManager[tuple[Engine, ModelServer]]]


def cases(count: int = COUNT) -> list[Case]:
    return [
        Case(
            question=Question(id=f"q{n}", text=f"How many people does meeting room {n} seat?"),
            audience=FULL_MEMBER,
            kind="",
            must_contain=(str(n + 300),),
            gains={f"room{n}": 1.0},
        )
        for n in range(count)
    ]


@pytest.fixture
def two_models(model: Embedder, tmp_path: Path) -> Measure:
    """`async with two_models(wrong=every) as (engine, server)`: the small one says every
    so-manieth that it does not know."""

    @asynccontextmanager
    async def opened(*, wrong: int = 0, **more: str) -> AsyncIterator[tuple[Engine, ModelServer]]:
        asked = 0

        def respond(request: Received) -> Reply:
            nonlocal asked
            if request.body["model"] == SMALL:
                asked += 1
                if wrong and asked % wrong == 0:
                    return Reply(text="NO ANSWER")
            return quoting(request)

        server = ModelServer(respond)
        async with server.serving():
            values = {
                "DESKHAND_HOME": str(tmp_path / "home"),
                "OPENAI_BASE_URL": server.url,
                "DESKHAND_OPENAI__SMALL_MODEL": SMALL,
                "DESKHAND_OPENAI__PRICES": f"{SMALL}=0.1/0.4,{MODEL}=1/4",
                **more,
            }
            settings = load_settings(values, working_directory=tmp_path)
            async with open_engine(settings, Overrides(embedder=model)) as engine:
                rows = [
                    {
                        "_id": f"room{n}",
                        "title": f"Meeting room {n}",
                        "text": f"Meeting room {n} seats {n + 300} people.",
                    }
                    for n in range(COUNT)
                ]
                path = tmp_path / "corpus.jsonl"
                path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
                await engine.ingestion.run(str(path), (), lambda _: None)
                yield engine, server

    return opened


def measuring(engine: Engine, limit_usd: float = 100.0) -> Measuring:
    return Measuring(engine=engine, each_usd=1.0, limit_usd=limit_usd)


async def ask(engine: Engine, question: Question) -> Trace:
    return await engine.pipeline.run(
        question, tenant="default", audience=FULL_MEMBER, budget=Budget(max_cost_usd=1.0)
    )


def writers(server: ModelServer) -> list[str]:
    return [str(request.body["model"]) for request in server.asked()]


@pytest.mark.parametrize(("lost", "of", "share"), [(0, 72, 0.0499), (1, 109, 0.0501), (0, 0, 1.0)])
def test_the_upper_end_is_clopper_and_pearsons(lost: int, of: int, share: float) -> None:
    assert most_lost(lost, of) == pytest.approx(share, abs=1e-4)
    if of:  # p is such that so few are seen with a chance of 2.5%
        p = most_lost(lost, of)
        seen = (1 - p) ** of + (lost and of * p * (1 - p) ** (of - 1))
        assert seen == pytest.approx(0.025)


def test_an_answer_is_right_by_what_the_case_says_it_contains() -> None:
    (case,) = cases(1)
    right = {"outcome": "answered", "reply": "It seats 300 people. [1]", "citations": []}
    assert is_right(case, right)
    assert not is_right(case, right | {"outcome": "escalated"})
    assert not is_right(case, right | {"reply": "It seats 30 people. [1]"})


@pytest.mark.slow
async def test_a_small_model_that_loses_nothing_writes_easy_answers_and_no_others(
    two_models: Measure,
) -> None:
    async with two_models() as (engine, server):
        (easy, *_) = cases()
        hard = Question(
            id="q", text=easy.question.text, history=(Turn(role=Role.USER, text="Hello there"),)
        )
        before = await ask(engine, easy.question)
        assert writers(server)[-1] == MODEL
        found = await measuring(engine).run(cases())
        assert (found.cases, found.lost, found.gained) == (COUNT, 0, 0)
        assert found.small_cost_usd == pytest.approx(found.cost_usd / 10, rel=0.01)
        permit = engine.pipeline.small_model
        assert permit is not None
        await permit.save("default", found, "first", now)
        after = await ask(engine, easy.question)
        assert (writers(server)[-1], after.reply) == (SMALL, before.reply)
        assert after.fingerprint != before.fingerprint
        await ask(engine, hard)
        assert writers(server)[-1] == MODEL


@pytest.mark.slow
async def test_one_that_loses_more_than_may_be_lost_writes_nothing(two_models: Measure) -> None:
    async with two_models(wrong=20) as (engine, server):
        found = await measuring(engine).run(cases())
        assert (found.lost, found.cases) == (4, COUNT)
        assert 0.05 < found.most_lost < 0.15
        permit = engine.pipeline.small_model
        assert permit is not None
        await permit.save("default", found, "first", now)
        await ask(engine, cases()[0].question)
        assert writers(server)[-1] == MODEL


@pytest.mark.slow
async def test_what_was_measured_of_another_model_says_nothing(two_models: Measure) -> None:
    async with two_models() as (engine, server):
        found = await measuring(engine).run(cases())
        permit = engine.pipeline.small_model
        assert permit is not None
        other = type(found)(**{**_fields(found), "small": "openai:other:prompt-1"})
        await permit.save("default", other, "first", now)
        await ask(engine, cases()[0].question)
        assert writers(server)[-1] == MODEL


@pytest.mark.slow
async def test_too_few_cases_and_too_little_money_are_said(two_models: Measure) -> None:
    async with two_models() as (engine, _):
        with pytest.raises(WrongUse, match=f"and {LEAST_CASES} are needed"):
            await measuring(engine).run(cases(5))
        with pytest.raises(WrongUse, match="raise --max-cost"):
            await measuring(engine, limit_usd=0.0001).run(cases())


def _fields(found: object) -> dict[str, object]:
    return {name: getattr(found, name) for name in found.__struct_fields__}  # type: ignore[attr-defined]
