"""Small runs of real processes that are killed, cut off and replaced for real."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.replicas.deploying import before_the_newest_tables, checkout, deploy
from bot.replicas.faults import Kind
from bot.replicas.run import Plan, replicas
from bot.replicas.stage import Scenery
from bot.workspace.method_facts import PUBLISHED
from engine.errors import WrongUse
from engine.storage.migrate import HEAD
from evals.corpora import SAMPLE
from evals.postgres import PostgresAbsent

pytestmark = pytest.mark.slow
FEW = Scenery(
    people=6, channels=3, seed=23, calm_s=2.0, knowledge=SAMPLE / "knowledge" / "accounts"
)


@pytest.fixture(autouse=True)
def _published_pages() -> None:
    if not (PUBLISHED / "methods").is_dir():
        pytest.skip(f"Slack's published pages are absent from {PUBLISHED}")


async def test_no_question_is_lost_or_doubled_while_replicas_fail() -> None:
    plan = Plan(
        scenery=FEW,
        questions=20,
        webs=2,
        workers=1,
        faults=2,
        kinds=(Kind.KILL, Kind.DATABASE_RESTART),
        seconds=4.0,
    )
    told: list[str] = []
    try:
        found = await replicas(plan, tell=told.append)
    except PostgresAbsent as absent:
        pytest.skip(str(absent))
    assert found.verdict.holds, (found, told)
    assert (found.verdict.asked, found.verdict.visible) == (20, 20)
    assert found.faults == {"database_restart": 1, "kill": 1}


async def test_the_code_before_the_newest_tables_works_on_them_and_is_replaced() -> None:
    before = before_the_newest_tables()
    if before is None:
        pytest.skip("the history is not here")
    told: list[str] = []
    with checkout(before) as old:
        try:
            done = await deploy(old, FEW, questions=12, seconds=4.0, webs=1, tell=told.append)
        except PostgresAbsent as absent:
            pytest.skip(str(absent))
    assert done.verdict.holds, (done, told)
    assert done.before < done.after == HEAD


def test_a_commit_that_is_not_there_is_named() -> None:
    with pytest.raises(WrongUse, match="no commit 'nowhere'"), checkout("nowhere") as _:
        raise AssertionError(Path.cwd())
