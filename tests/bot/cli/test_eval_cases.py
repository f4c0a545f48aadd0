from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.cli.eval_case_arguments import add_cases_parser
from bot.cli.eval_cases import run
from engine.audience import FULL_MEMBER
from engine.compose import open_engine
from engine.errors import WrongUse
from engine.question import Budget, Question
from engine.settings import Settings
from engine.storage.models import StoredModel
from evals.cases.overlap import TrainedOn, keep_training_texts

AT = datetime(2026, 3, 4, tzinfo=UTC)


def parse(*arguments: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_cases_parser(parser.add_subparsers(dest="action"))
    return parser.parse_args(["cases", *map(str, arguments)])


async def told(capsys: pytest.CaptureFixture[str], settings: Settings, *arguments: object) -> Any:
    await run(parse(*arguments, "--json"), settings)
    return json.loads(capsys.readouterr().out.splitlines()[-1])


async def test_a_case_is_added_with_its_gold_and_listed(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    added = await told(
        capsys,
        settings,
        *("add", "Who", "approves", "leave?", "--id", "c1", "--expected-doc", "hr/a.md"),
        *("--expected-doc", "hr/b.md", "--must-contain", "manager", "--tag", "pilot"),
        *("--expected-outcome", "answered", "--split", "test", "--audience", "public"),
    )
    assert added["id"] == "c1"
    assert added["notes"] == []
    listed = await told(capsys, settings, "list")
    assert listed["problems"] == []
    assert listed["cases"] == [
        {
            "id": "c1",
            "user_question": "Who approves leave?",
            "audience": ["public"],
            "expected_docs": ["hr/a.md", "hr/b.md"],
            "must_contain": ["manager"],
            "expected_outcome": "answered",
            "tags": ["pilot"],
            "split": "test",
        }
    ]
    assert await run(parse("list"), settings) == 0
    assert capsys.readouterr().out.split()[:4] == ["c1", "test", "answered", "Who"]


async def test_a_case_is_made_of_a_stored_answer(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "leave.md").write_text("# Leave\n\nParental leave is 16 weeks for every parent.\n")
    async with open_engine(settings) as engine:
        await engine.ingestion.run(str(tmp_path / "leave.md"), (), lambda _: None)
        trace = await engine.pipeline.run(
            Question(id="1", text="How long is parental leave?"),
            tenant=settings.tenant,
            audience=FULL_MEMBER,
            budget=Budget(max_cost_usd=0),
        )
        await engine.traces.save(trace)
    await told(capsys, settings, "add", "--trace", trace.trace_id, "--expected-answer", "16 weeks")
    (case,) = (await told(capsys, settings, "list"))["cases"]
    assert case["user_question"] == "How long is parental leave?"
    assert case["audience"] == list(trace.audience)
    assert case["expected_outcome"] == trace.outcome.value == "answered"
    assert case["expected_docs"] == ["leave.md"]
    assert case["expected_answer"] == "16 weeks"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("add",), "give a question, such as"),
        (("add", "--trace", "none"), "there is no trace none"),
        (("add", "x", "--expected-outcome", "good"), "the case has a wrong expected_outcome"),
        (("add", "x", "--audience", "all"), "the case has a wrong audience"),
        ((), "say what to do: deskhand eval cases add|from-reviews|list|check"),
    ],
)
async def test_wrong_use_is_one_sentence_and_saves_nothing(
    settings: Settings, arguments: tuple[str, ...], why: str
) -> None:
    with pytest.raises(WrongUse) as raised:
        await run(parse(*arguments), settings)
    assert str(raised.value).startswith(why)
    assert not (settings.home / "evals").exists()


async def test_a_case_that_the_triage_model_was_trained_on_is_not_saved(
    settings: Settings,
) -> None:
    async with open_engine(settings) as engine:
        texts = [("line 4", "who approves leave")]
        model = StoredModel(name="triage", version="v", made_at=AT, card={}, body=b"")
        tenant = settings.tenant
        await keep_training_texts(engine.models, tenant, TrainedOn.TRIAGE, "v", texts, AT)
        await engine.models.save(tenant, model)
    with pytest.raises(WrongUse, match="the triage model was trained on: c1 and line 4"):
        await run(parse("add", "Who approves leave?", "--id", "c1"), settings)
    assert not (settings.home / "evals").exists()


async def test_checking_a_file_names_its_broken_lines_and_fails(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"id": "1", "user_question": "x", "kind": "pilot"}\n')
    assert await run(parse("check", path), settings) == 0
    assert capsys.readouterr().out.startswith("1 cases can be asked, 1 pilot; hash ")
    path.write_text('{"id": "1", "user_question": "x"}\n{"id": "2"}\n')
    assert await run(parse("check", path), settings) == 1
    assert capsys.readouterr().out.startswith(f"{path}: line 2 asks nothing")
    assert await run(parse("check", path, "--json"), settings) == 1
    assert json.loads(capsys.readouterr().out)["cases"] == 1
