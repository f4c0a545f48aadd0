from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.audience import FULL_MEMBER
from engine.question import Question, Role, Turn
from engine.trace import Outcome
from evals import quality
from evals.case import Case, EvalSet

DOCUMENTS = {
    "vpn.md": "# VPN\n\nInstall the client from the software centre. The VPN gateway is "
    "vpn.tern.example. Sessions end after 12 hours.\n",
    "leave.md": "# Annual leave\n\nEveryone has 27 days of annual leave a year. Up to 5 days may "
    "be carried over until 31 March.\n",
    "expenses.md": "# Expenses\n\nHand in receipts within 30 days. Claims over 500 euros need the "
    "approval of a director.\n",
    "badges.md": "# Badges\n\nA lost badge is blocked by the reception. A new badge costs 15 "
    "euros and is ready the next day.\n",
    "printers.md": "# Printers\n\nThe printer on floor 2 prints in colour. Toner is kept in room "
    "2.14.\n",
}


def _case(number: int, text: str, gold: str | None, *facts: str, history: str = "") -> Case:
    return Case(
        question=Question(
            id=str(number),
            text=text,
            history=(Turn(role=Role.USER, text=history),) if history else (),
        ),
        audience=FULL_MEMBER,
        kind="answerable" if gold else "unanswerable",
        gains={gold: 1.0} if gold else {},
        answerable=gold is not None,
        expected_outcome=Outcome.ANSWERED if gold else Outcome.ESCALATED,
        must_contain=facts,
    )


@pytest.fixture
def world(tmp_path: Path) -> EvalSet:
    folder = tmp_path / "world"
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text)
    return EvalSet(
        name="sample",
        source=str(folder),
        cases=(
            _case(1, "How many days of annual leave do I have?", "leave.md", "27 days"),
            _case(2, "What does a new badge cost?", "badges.md", "15 euros"),
            _case(3, "Where is the toner kept?", "printers.md", "2.14"),
            _case(4, "How many may I carry over?", "leave.md", history="How much annual leave?"),
            _case(5, "Who won the football match in Lisbon yesterday?", None),
        ),
        note="made in a test",
    )


@pytest.mark.slow
async def test_a_small_world_is_ingested_asked_and_scored(world: EvalSet, tmp_path: Path) -> None:
    found = await quality.evaluate(world, tmp_path / "home", seed=7)
    assert found["documents"] == 5
    assert found["documents_failed"] == 0
    assert found["questions"] == 5
    assert found["ranked_questions"] == 4
    assert found["engine_hit_at_1"] == 1.0
    assert found["engine_recall_at_5"] == 1.0
    assert set(found["hit_at_1_minus_convex_interval_95"]) <= {0.0, 0.25, 0.5, 0.75, 1.0}
    assert found["follow_up_questions"] == 1
    assert found["confidence_auroc"] is not None
    assert sum(found["outcomes"].values()) == 5
    assert found["engine_p50_ms"] > 0
    again = await quality.evaluate(world, tmp_path / "home", seed=7)
    assert again["ingested_passages"] == 0
    assert again["engine_ndcg_at_10"] == found["engine_ndcg_at_10"]


@pytest.mark.slow
async def test_the_last_line_on_standard_output_is_the_figures(
    world: EvalSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def load(name: str, **_: object) -> EvalSet | None:
        return world if name == "sample" else None

    monkeypatch.setattr(quality, "load_set", load)
    plots = tmp_path / "plots"
    args = ["--only", "sample", "handbook", "--home", str(tmp_path / "homes")]
    args += ["--plots", str(plots)]
    assert await quality.run(quality.parse_arguments(args)) == 0
    shown = capsys.readouterr()
    figures = json.loads(shown.out.splitlines()[-1])
    assert figures["holds"] is True
    assert figures["skipped"] == ["handbook"]
    assert figures["sets"]["sample"]["questions"] == 5
    assert "handbook: skipped" in shown.err
    assert [path.name for path in plots.iterdir()] == ["sample.svg"]
    assert "asked_back_clear" not in figures["sets"]["sample"]


def test_a_set_below_the_convex_fusion_is_named() -> None:
    found = {
        "ranked_questions": 9,
        "engine_hit_at_1": 0.5,
        "convex_hit_at_1": 0.6,
        "engine_ndcg_at_10": 0.7,
        "convex_ndcg_at_10": 0.7,
    }
    assert quality.below_convex("x", found) == ["x: hit_at_1 is 0.5, convex has 0.6"]
    assert quality.below_convex("x", {**found, "ranked_questions": 0}) == []


def test_a_set_that_could_not_be_read_is_named() -> None:
    found = {"documents": 1, "documents_failed": 399}
    assert quality.mostly_unread("x", found) == ["x: 399 documents could not be read"]
    assert quality.mostly_unread("x", {"documents": 399, "documents_failed": 1}) == []


def test_the_command_line_refuses_a_set_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        quality.parse_arguments(["--only", "nothing"])
    assert ended.value.code == 2
    with pytest.raises(SystemExit):
        quality.parse_arguments(["--size", "0"])
