from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import WrongUse
from evals.half_year.__main__ import all_arms, broken_promises, compare_arms
from evals.half_year.chart import draw
from evals.half_year.week import Answer, week_figures
from evals.half_year.world import World, read_world

THINGS = ["badge", "laptop", "printer", "parking card", "headset", "projector", "monitor", "desk"]


@pytest.fixture
def datasets(tmp_path: Path) -> Path:
    folder = tmp_path / "tech_support_qa"
    folder.mkdir()
    documents, questions = [], []
    for n, thing in enumerate(THINGS):
        text = f"To replace a broken {thing}, write to the {thing} desk. It takes {n + 2} days."
        documents.append({"_id": f"d{n}", "title": f"Broken {thing}", "text": text})
        questions.append(
            {
                "id": f"q{n}",
                "question": f"What do I do when my {thing} is broken?",
                "answer": f"Write to the {thing} desk; it takes {n + 2} days.",
                "gold_ids": [f"d{n}"],
                "unanswerable": False,
            }
        )
    questions.append(
        {
            "id": "nobody",
            "question": "Who won the chess cup last year?",
            "answer": "",
            "gold_ids": [],
            "unanswerable": True,
        }
    )
    for name, rows in (("corpus.jsonl", documents), ("queries.jsonl", questions)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / name).write_text(lines, encoding="utf-8")
    return tmp_path


def world_of(datasets: Path) -> World:
    return read_world("tech_support_qa", datasets, seed=7)


def test_half_of_the_documents_are_missing_and_the_questions_are_not(datasets: Path) -> None:
    world = world_of(datasets)
    there = {row["_id"] for row in world.documents}
    assert len(world.withheld) == 4
    assert not there & world.withheld
    assert there | world.withheld == {f"d{n}" for n in range(8)}
    assert len(world.questions) == 9
    assert world == world_of(datasets)


def test_the_same_seed_asks_the_same_and_says_what_is_new(datasets: Path) -> None:
    world = world_of(datasets)
    weeks = world.traffic(weeks=4, a_week=10, seed=3)
    assert weeks == world.traffic(weeks=4, a_week=10, seed=3)
    assert weeks != world.traffic(weeks=4, a_week=10, seed=4)
    assert [len(week) for week in weeks] == [10] * 4
    asked = [each for week in weeks for each in week]
    assert sum(each.first for each in asked) == len({each.known.id for each in asked})
    assert all(each.known.text in each.text for each in asked)


def test_what_is_absent_or_unknown_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="no set with answers"):
        read_world("handbook", tmp_path, seed=7)
    with pytest.raises(WrongUse, match="is not at"):
        read_world("cloud_docs_qa", tmp_path, seed=7)


def answer(
    *, shown: bool, right: bool, escalated: bool = False, confidence: float = 0.75
) -> Answer:
    return Answer(
        week=1,
        first=True,
        answerable=True,
        shown=shown,
        escalated=escalated,
        right=right,
        learned=False,
        confidence=0.75,
    )


def test_a_weeks_figures_are_shares_of_all_its_questions() -> None:
    found = week_figures(
        [
            answer(shown=True, right=True),
            answer(shown=True, right=False),
            answer(shown=False, right=True, escalated=True),
            answer(shown=False, right=False),
        ]
    )
    assert (found["questions"], found["escalated"]) == (4, 0.25)
    assert (found["wrong_shown"], found["covered"], found["precision"]) == (0.25, 0.25, 0.5)
    assert found["calibration_error"] == pytest.approx(0.75 - 2 / 3)
    assert week_figures([]) == {"questions": 0}


def test_more_wrong_answers_break_the_promise() -> None:
    still = [[answer(shown=False, right=False, escalated=True)] * 20] * 4
    wrong = [[answer(shown=True, right=False)] * 20] * 4
    right = [[answer(shown=True, right=True)] * 20] * 4
    good = compare_arms({"still": still, "cautious": still, "learning": right})
    assert broken_promises("x", good) == []
    bad = compare_arms({"still": still, "cautious": still, "learning": wrong})
    assert len(broken_promises("x", bad)) == 2
    same = compare_arms({"still": still, "cautious": still, "learning": still})
    assert broken_promises("x", same) == ["x: escalations are not lower with learning"]


@pytest.mark.slow
async def test_what_people_answer_is_answered_alone_afterwards(
    datasets: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    world = world_of(datasets)
    arms = await all_arms(world, work, weeks=4, a_week=12, seed=7, target=0.9)
    assert {arm: [len(w) for w in weeks] for arm, weeks in arms.items()} == {
        arm: [12] * 4 for arm in ("still", "cautious", "learning")
    }
    learned = [a for week in arms["learning"] for a in week if a.learned]
    assert learned
    assert all(a.shown and a.right for a in learned)
    assert not any(a.learned for arm in ("still", "cautious") for w in arms[arm] for a in w)
    figures = {arm: [week_figures(week) for week in weeks] for arm, weeks in arms.items()}
    draw("made", figures, tmp_path / "plot.svg")
    assert "<svg" in (tmp_path / "plot.svg").read_text(encoding="utf-8")
