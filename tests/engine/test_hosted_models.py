"""Hosted embeddings and the verifying model, chosen by the settings, through a whole engine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.audience import FULL_MEMBER
from engine.compose import Engine, Overrides, open_engine
from engine.errors import IndexMismatch, ModelUnavailable, OverBudget, SettingsInvalid
from engine.question import Budget, Question
from engine.retrieval.embedder import Embedder
from engine.settings import Settings, load_settings
from engine.storage.entry import NewEntry
from engine.storage.schema import usage
from engine.trace import Outcome, ReasonCode, Trace
from engine.verification.grading import Criterion, GradeRequest
from evals.model_server.models import wants_steps
from evals.model_server.reply import Fault, Received, Reply
from evals.model_server.server import ModelServer

ROOT = Path(__file__).parents[2]
TEXTS = {
    "password": "The password is reset on the page Accounts. A new password lasts 90 days.",
    "lunch": "Lunch is served at noon in the canteen. Guests pay five euros.",
}
ANSWER = "On the page Accounts, the password is reset. [1]"


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    made = ModelServer()
    async with made.serving():
        yield made


def settings(tmp_path: Path, **env: str) -> Settings:
    base = {"DESKHAND_HOME": str(tmp_path / "home"), "DESKHAND_OPENAI__ATTEMPTS": "1"}
    return load_settings({**base, **env}, working_directory=tmp_path)


async def learn(engine: Engine, folder: Path) -> Any:
    path = folder / "corpus.jsonl"
    rows = [{"_id": name, "title": name, "text": text} for name, text in TEXTS.items()]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return await engine.ingestion.run(str(path), (), lambda _: None)


async def ask(engine: Engine, text: str = "how do I reset my password?") -> Trace:
    return await engine.pipeline.run(
        Question(id="q1", text=text),
        tenant="default",
        audience=FULL_MEMBER,
        budget=Budget(max_cost_usd=1.0),
    )


async def purposes(engine: Engine) -> list[tuple[str, bool, bool]]:
    async with engine.database.read() as db:
        rows = (await db.execute(select(usage).order_by(usage.c.at))).all()
    return [(r.purpose, r.succeeded, r.trace_id is not None) for r in rows]


async def test_hosted_vectors_find_the_document_and_each_call_is_booked(
    server: ModelServer, tmp_path: Path
) -> None:
    wanted = settings(tmp_path, OPENAI_BASE_URL=server.url, DESKHAND_EMBEDDER="openai:words:256")
    server.respond = lambda _: Reply(text="The password is reset on the page Accounts. [1]")
    async with open_engine(wanted) as engine:
        assert (await learn(engine, tmp_path)).failed == []
        assert engine.ingestion.index_record().embedder == "openai:words"
        trace = await ask(engine)
        assert trace.retrieved[0].document_name == "password"
        assert trace.usage.embedding_tokens > 0
        booked = await purposes(engine)
    assert ("ingest", True, False) in booked
    assert ("query", True, True) in booked
    assert ("answer", True, True) in booked


@pytest.mark.slow
async def test_an_index_of_other_vectors_is_not_read(
    server: ModelServer, tmp_path: Path, model: Embedder
) -> None:
    async with open_engine(settings(tmp_path), Overrides(embedder=model)) as engine:
        await learn(engine, tmp_path)
    wanted = settings(tmp_path, OPENAI_BASE_URL=server.url, DESKHAND_EMBEDDER="openai:words:256")
    async with open_engine(wanted) as engine:
        with pytest.raises(IndexMismatch):
            await engine.make_ready()


async def test_a_wrong_dimension_stops_the_ingestion_with_the_setting_that_mends_it(
    server: ModelServer, tmp_path: Path
) -> None:
    server.refuses = {"dimensions"}
    wanted = settings(tmp_path, OPENAI_BASE_URL=server.url, DESKHAND_EMBEDDER="openai:words:64")
    async with open_engine(wanted) as engine:
        with pytest.raises(IndexMismatch, match="DESKHAND_EMBEDDER=openai:words:256"):
            await learn(engine, tmp_path)


async def test_an_embedder_that_fails_fails_the_question_with_what_to_do(
    server: ModelServer, tmp_path: Path
) -> None:
    wanted = settings(tmp_path, OPENAI_BASE_URL=server.url, DESKHAND_EMBEDDER="openai:words:256")
    async with open_engine(wanted) as engine:
        await learn(engine, tmp_path)
        server.queue.append(Reply(fault=Fault.UNAUTHORIZED))
        trace = await ask(engine)
        assert trace.outcome is Outcome.FAILED
        assert "mend OPENAI_API_KEY" in trace.reasons[0].text
        assert ("query", False, True) in await purposes(engine)
        server.queue.append(Reply(fault=Fault.UNAUTHORIZED))
        (tmp_path / "more").mkdir()
        (tmp_path / "more" / "tea.md").write_text("# Tea\n\nTea is served at four.\n")
        with pytest.raises(ModelUnavailable, match="mend OPENAI_API_KEY"):
            await engine.ingestion.run(str(tmp_path / "more"), (), lambda _: None)


def judge(request: Received, verdict: Reply) -> Reply:
    """The verdict where a check is asked for, else the answer."""
    return verdict if "probability" in request.messages("system") else Reply(text=ANSWER)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verdict", "outcome", "codes"),
    [
        (Reply(text='{"probability": 0.95, "why": ""}'), Outcome.ANSWERED, []),
        (
            Reply(text='{"probability": 0.1, "why": ""}'),
            Outcome.ESCALATED,
            [ReasonCode.UNSUPPORTED],
        ),
        (Reply(fault=Fault.SERVER_ERROR), Outcome.ANSWERED, [ReasonCode.MODEL_DOWN]),
        (Reply(text="I would say so."), Outcome.ANSWERED, [ReasonCode.MODEL_DOWN]),
    ],
)
async def test_a_verifying_model_decides_and_the_local_check_stands_in_for_it(
    server: ModelServer,
    tmp_path: Path,
    model: Embedder,
    verdict: Reply,
    outcome: Outcome,
    codes: list[ReasonCode],
) -> None:
    wanted = settings(tmp_path, OPENAI_BASE_URL=server.url, DESKHAND_VERIFIER="openai:small-model")
    server.respond = lambda request: judge(request, verdict)
    async with open_engine(wanted, Overrides(embedder=model)) as engine:
        await learn(engine, tmp_path)
        trace = await ask(engine)
        assert (trace.outcome, [r.code for r in trace.reasons]) == (outcome, codes)
        checks = [p for p in await purposes(engine) if p[0] == "verify"]
        assert checks == [("verify", verdict.fault is None, True)]
    asked = [r.body["model"] for r in server.requests if not wants_steps(r)]
    assert asked == ["gpt-4.1-mini", "small-model"]


async def test_a_key_selects_the_writer_only(tmp_path: Path) -> None:
    async with open_engine(settings(tmp_path, OPENAI_API_KEY="sk-x")) as engine:
        assert engine.embedder.name == "minilm-l6-v2-int8"
        assert engine.pipeline.drafting.names() == ("openai:gpt-4.1-mini:prompt-1", "local")
    async with open_engine(settings(tmp_path)) as engine:
        assert engine.pipeline.drafting.names() == ("extractive", "local")


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"DESKHAND_EMBEDDER": "openai"}, "DESKHAND_EMBEDDER names a hosted model; set OPENAI_API"),
        ({"DESKHAND_VERIFIER": "openai:m"}, "DESKHAND_VERIFIER names a hosted model"),
        ({"DESKHAND_EMBEDDER": "openai:m", "OPENAI_API_KEY": "sk-x"}, "openai:m:LENGTH"),
    ],
)
async def test_a_setting_that_cannot_work_stops_the_start(
    tmp_path: Path, env: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingsInvalid, match=sentence):
        async with open_engine(settings(tmp_path, **env)):
            pass


@pytest.mark.slow
def test_composing_an_engine_imports_no_model_client() -> None:
    code = (
        "import sys, engine.compose; print(sorted({'openai', 'genai_prices'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize("env", [{}, {"OPENAI_BASE_URL": "https://api.mistral.ai/v1"}])
async def test_a_server_that_charges_is_not_asked_for_a_model_without_a_price(
    tmp_path: Path, env: dict[str, str]
) -> None:
    env = {"OPENAI_API_KEY": "sk-x", "OPENAI_MODEL": "no-such-model", **env}
    with pytest.raises(SettingsInvalid, match="OPENAI_MODEL names no-such-model, whose price at"):
        async with open_engine(settings(tmp_path, **env)):
            pass
    async with open_engine(
        settings(tmp_path, **env, DESKHAND_OPENAI__PRICES="no-such-model=1/2")
    ) as engine:
        assert engine.pipeline.drafting.model is not None


async def test_a_time_zone_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="DESKHAND_REVIEW__TIMEZONE is not a time zone"):
        async with open_engine(settings(tmp_path, DESKHAND_REVIEW__TIMEZONE="Mars/Base")):
            pass


async def test_an_engine_opens_and_answers_when_the_budget_is_used_up(
    server: ModelServer, tmp_path: Path
) -> None:
    hosted = {
        "OPENAI_BASE_URL": server.url,
        "DESKHAND_EMBEDDER": "openai:words:256",
        "DESKHAND_OPENAI__PRICES": "words=0.02,gpt-4.1-mini=0.4/1.6",
    }
    async with open_engine(settings(tmp_path, **hosted)) as engine:
        assert (await learn(engine, tmp_path)).failed == []
        new = NewEntry(
            question="Where is tea?",
            answer="At four.",
            author="Rita",
            owner="U1",
            audience=("everyone",),
        )
        await engine.entries.publish("default", new, at=datetime.now(UTC), by="U1")
    async with open_engine(settings(tmp_path, **hosted, DESKHAND_BUDGET__DAY_USD="0")) as engine:
        await engine.make_ready()  # the entry waits: its text cannot be embedded
        trace = await ask(engine)
        assert trace.outcome is Outcome.ANSWERED
        assert [reason.code for reason in trace.reasons] == [ReasonCode.OVER_BUDGET]
        assert "page Accounts" in trace.reply
        (tmp_path / "corpus.jsonl").write_text('{"_id": "x", "title": "x", "text": "New."}')
        with pytest.raises(OverBudget, match="today's budget for models is used up"):
            await engine.ingestion.run(str(tmp_path / "corpus.jsonl"), (), lambda _: None)


async def test_vectors_writing_checks_and_judgements_count_in_one_budget(
    server: ModelServer, tmp_path: Path
) -> None:
    def respond(request: Received) -> Reply:
        if "response_format" in request.body and not wants_steps(request):
            return Reply(text='{"probability": 0.9, "why": "It says so."}')
        return Reply(text=ANSWER)

    server.respond = respond
    prices = "words=0.02,gpt-4.1-mini=0.4/1.6,small=0.1/0.4,judge=2/8"
    hosted = {
        "OPENAI_BASE_URL": server.url,
        "DESKHAND_EMBEDDER": "openai:words:256",
        "DESKHAND_VERIFIER": "openai:small",
        "DESKHAND_OPENAI__PRICES": prices,
    }
    async with open_engine(settings(tmp_path, **hosted)) as engine:
        assert (await learn(engine, tmp_path)).failed == []
        trace = await ask(engine)
        grade = GradeRequest(criterion=Criterion.RELEVANCE, question="Tea?", text="At four.")
        await engine.hosted.grader("judge").grade(grade)
        assert {p for p, *_ in await purposes(engine)} == {
            *("ingest", "query", "answer", "verify", "judge")
        }
        async with engine.database.read() as db:
            rows = (await db.execute(select(usage))).all()
        assert sum(row.prompt_tokens for row in rows) == sum(c.prompt for c in server.counted)
        assert sum(row.completion_tokens for row in rows) == sum(
            c.completion for c in server.counted
        )
        assert sum(row.embedding_tokens for row in rows) == sum(c.embedding for c in server.counted)
        assert min(row.cost_usd for row in rows) > 0
        month = f"{datetime.now(UTC):%Y-%m}"
        total = (await engine.spend.totals("default", [month]))[month]
        assert total.spent_usd == pytest.approx(sum(row.cost_usd for row in rows), abs=1e-8)
        assert total.held_usd == 0
        of_question = [row.cost_usd for row in rows if row.trace_id == trace.trace_id]
        assert trace.usage.cost_usd == pytest.approx(sum(of_question))
