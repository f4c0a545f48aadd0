"""A small chaos run, with a real bot that is killed for real."""

from __future__ import annotations

import pytest

from bot.chaos.run import Plan, chaos
from bot.workspace.method_facts import PUBLISHED

pytestmark = pytest.mark.slow


async def test_no_question_is_lost_or_doubled_while_the_bot_is_killed() -> None:
    if not (PUBLISHED / "methods").is_dir():
        pytest.skip(f"Slack's published pages are absent from {PUBLISHED}")
    plan = Plan(questions=30, people=8, channels=4, kills=3, seconds=12.0, seed=23)
    told: list[str] = []
    found, lives = await chaos(plan, tell=told.append)
    assert found.holds, (found, told)
    assert lives == 4
