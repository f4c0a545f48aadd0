"""How well a question is known again, measured on few."""

from __future__ import annotations

from pathlib import Path

from evals.entries.__main__ import Asked, broken_promises, drawn, hits, keep, measure_written
from evals.entries.written import Written, read_written
from evals.home import open_home
from evals.terminal import Ticker

BADGE = "Where do I get a replacement badge when I have lost mine?"
PRINTER = "Which printer on floor 3 prints in color?"


def test_no_question_is_an_entry_and_an_other_one() -> None:
    texts = [f"Question {n}?" for n in range(9)] + ["question  1?"]
    kept, others = drawn(texts, size=None, seed=7)
    assert (len(kept), len(others)) == (4, 4)
    assert set(kept).isdisjoint(others)
    assert drawn(texts, size=2, seed=7) == (kept[:2], drawn(texts, size=2, seed=7)[1])


async def test_own_and_false_hits_are_counted(tmp_path: Path) -> None:
    async with open_home(tmp_path / "home") as engine:
        await engine.make_ready()
        await keep(engine, [BADGE, PRINTER])
        asked = [
            Asked(text=f"Hi all, {BADGE}", own=BADGE),
            Asked(text=PRINTER, own=BADGE),  # finds one that is not its own
            Asked(text=PRINTER, own=None),
            Asked(text="Which printer on floor 4 prints in color?", own=None),
        ]
        found = await hits(engine, asked, Ticker("asked"))
        assert (found["asked"], found["own"]["count"], found["false"]["count"]) == (4, 1, 2)
        assert found["false"]["share"] == 0.5


async def test_a_near_miss_that_finds_an_entry_breaks_the_promise(tmp_path: Path) -> None:
    row = Written(question=PRINTER, paraphrases=(PRINTER,), near_misses=(PRINTER,))
    async with open_home(tmp_path / "home") as engine:
        await engine.make_ready()
        found = await measure_written(engine, [row])
    assert broken_promises("written", found) == [
        "written: more than 5% of near_misses find an entry"
    ]


def test_each_question_of_ours_has_two_of_either_kind() -> None:
    rows = read_written()
    assert len({row.question for row in rows}) == len(rows) >= 20
    assert all(len(row.paraphrases) == len(row.near_misses) == 2 for row in rows)
