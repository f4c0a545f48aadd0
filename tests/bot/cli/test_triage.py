from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.compose import open_engine
from engine.errors import WrongUse
from engine.settings import load_settings
from evals.cases.case_line import parse_case
from evals.cases.overlap import refuse_trained_cases
from evals.cases.own import add_case, own_cases_path

pytestmark = pytest.mark.slow  # every test starts the command

WORDS = {
    "garden": ["roses", "hedge", "lawn mower", "compost", "tulip bulbs", "greenhouse"],
    "kitchen": ["oven", "soup pot", "bread knife", "fridge", "dish washer", "frying pan"],
    "garage": ["engine oil", "winter tyres", "brake pads", "car jack", "battery", "exhaust"],
}
CONTRACT = (
    "id",
    "category",
    "category_confidence",
    "priority",
    "priority_confidence",
    "out_of_scope",
)


def write_examples(path: Path, *, priority: bool = True) -> Path:
    header = "text,category,priority" if priority else "text,category"
    rows = [header]
    for category, words in WORDS.items():
        for n in range(12):
            level = (",low", ",high")[n % 2] if priority else ""
            text = f"{'URGENT ' if n % 2 else ''}the {words[n % 6]} needs care in week {n}"
            rows.append(f"{text},{category}{level}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_train_predict_evaluate_and_card(deskhand: Any) -> None:
    path = write_examples(deskhand.folder / "examples.csv")
    summary = deskhand.json("triage", "train", path)
    assert summary["rows"] == 36
    assert summary["categories"] == {"garden": 12, "kitchen": 12, "garage": 12}
    assert summary["out_of_scope_learned_from"] == "categories held out"
    assert {"accuracy", "ece", "brier", "seconds", "version"} <= set(summary)

    lines = [
        '{"id": "a", "text": "the lawn mower is broken"}',
        "no json",
        '{"id": 7, "text": "   "}',
        '{"id": "d", "subject": "URGENT", "body": "brake pads are worn"}',
    ]
    source, sink = deskhand.folder / "in.jsonl", deskhand.folder / "out.jsonl"
    source.write_text("\n".join(lines), encoding="utf-8")
    done = deskhand.run("triage", "predict", "--input", source, "--output", sink)
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line) for line in sink.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in found] == ["a", "2", 7, "d"]
    assert [row["category"] for row in found] == ["garden", None, None, "garage"]
    assert tuple(found[0]) == CONTRACT
    assert found[1]["error"] == "line 2 is no JSON object"
    assert found[2]["error"] == "line 3 has no text"
    assert (found[0]["priority"], found[3]["priority"]) == ("low", "high")
    assert all(0 <= found[0][name] <= 1 for name in CONTRACT if name.endswith(("nce", "scope")))

    evaluated = deskhand.json("triage", "evaluate", path)
    assert evaluated["trained_on_this_file"]
    assert evaluated["category"]["accuracy"] == 1.0
    assert {"baseline", "over_baseline", "category"} <= set(evaluated["retrained"])
    assert deskhand.json("triage", "evaluate")["of"] == "held_out"
    assert "held out" in deskhand.run("triage", "evaluate").stdout
    card = deskhand.json("triage", "card")
    assert (card["version"], card["shipped"]) == (summary["version"], False)


def test_without_a_model_of_ones_own_the_shipped_one_sorts(deskhand: Any) -> None:
    assert deskhand.json("triage", "card")["shipped"]
    done = deskhand.run(
        "triage", "predict", "--input", "-", stdin='{"id": 1, "text": "my laptop is broken"}\n'
    )
    assert json.loads(done.stdout)["category"] == "it"


def test_without_priorities_none_is_given(deskhand: Any) -> None:
    deskhand.json(
        "triage", "train", write_examples(deskhand.folder / "examples.csv", priority=False)
    )
    done = deskhand.run("triage", "predict", "--input", "-", stdin='{"id": 1, "text": "the oven"}')
    found = json.loads(done.stdout)
    assert (found["category"], found["priority"], found["priority_confidence"]) == (
        "kitchen",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("text,category\nhi,x\n,x\n", "line 3 has no text"),
        ("text,category\n" + "".join(f"a{n},x\n" for n in range(9)), "only one category"),
        ("text,category\na,x\nb,y\n", "too few rows"),
        ("title,label\n", "no column text"),
    ],
)
def test_a_bad_file_is_wrong_use(
    deskhand: Any, refused: Callable[..., None], content: str, words: str
) -> None:
    path = deskhand.folder / "examples.csv"
    path.write_text(content, encoding="utf-8")
    refused(deskhand.run("triage", "train", path), 2, words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("triage",), "name an action"),
        (("triage", "train"), "FILE"),
        (("triage", "predict"), "--input"),
        (("triage", "train", "absent.csv"), "cannot be read"),
        (("triage", "predict", "--input", "absent.jsonl"), "cannot be read"),
    ],
)
def test_wrong_use_is_one_sentence(
    deskhand: Any, refused: Callable[..., None], arguments: tuple[str, ...], words: str
) -> None:
    refused(deskhand.run(*arguments), 2, words)


@pytest.mark.parametrize("action", ["train", "evaluate", "predict", "card"])
def test_every_action_has_help_with_an_example(deskhand: Any, action: str) -> None:
    done = deskhand.run("triage", action, "--help")
    assert done.returncode == 0
    assert f"example:\n  deskhand triage {action}" in done.stdout


def test_answering_imports_no_scikit_learn() -> None:
    code = "import sys, bot.cli.ask, engine.compose\n"
    code += "from engine.adapters.minilm.embedder import MiniLmEmbedder\n"
    code += "from engine.triage.judge import starter_judge\n"
    code += "e = MiniLmEmbedder(); starter_judge((e.name, e.version))\n"
    code += "print({m.partition('.')[0] for m in sys.modules} & {'sklearn', 'skops', 'scipy'})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_training_refuses_saved_cases_and_its_texts_are_refused_as_cases(deskhand: Any) -> None:
    path = write_examples(deskhand.folder / "examples.csv")
    case = {"id": "c1", "user_question": "The fridge needs care, in week 3?"}
    add_case(deskhand.home, case)
    refused = deskhand.run("triage", "train", path)
    assert refused.returncode == 2
    assert "saved evaluation cases: line 17 and c1 (line 1)" in refused.stderr
    own_cases_path(deskhand.home).unlink()
    assert deskhand.json("triage", "train", path)["rows"] == 36
    asked, _ = parse_case(case)

    async def check() -> None:
        settings = load_settings({"DESKHAND_HOME": str(deskhand.home)})
        async with open_engine(settings) as engine:
            await refuse_trained_cases(engine.models, settings.tenant, [asked])

    with pytest.raises(WrongUse, match="the triage model was trained on: c1 and line 17"):
        asyncio.run(check())
