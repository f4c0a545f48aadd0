"""Secrets in a question reach no table, card, form, log or mirror; numbers that identify the asker
no card and no mirror."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.bot.app.conftest import Stage, shown
from tests.bot.app.test_mirrored_answers import lower, until
from tests.mirror_services import SERVICES, running

pytestmark = pytest.mark.slow

SECRETS = (
    "sk-proj-Ab3dEf6hIj9kLm2nOp5q",
    "Hunter2-x9!",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "4111 1111 1111 1111",
)
NUMBERS = ("DE89 3704 0044 0532 0130 00", "+49 30 901820")
MAIL = "ann@example.com"
ASKED = (
    "Why is my badge refused at the vault? My key is {}, password: {} and {}, token {}, card {}. "
    "Pay me at {}, call {}, or write to {}."
).format(*SECRETS, *NUMBERS, MAIL)


def stored(home: Path) -> str:
    """Every byte of every file, as SQLite and its log have them."""
    files = [file for file in home.rglob("*") if file.is_file()]
    return "".join(file.read_bytes().decode("utf-8", "replace") for file in files)


@pytest.mark.parametrize("name", SERVICES)
async def test_secrets_and_numbers_of_a_question_stay_where_they_were_written(
    stage: Stage, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with running(name) as service:
        more = {"mirror__sample_rate": "1", **lower(service.environment)}
        async with stage(**more) as scene:
            workspace, rita = scene.workspace, scene.reviewer
            ann = workspace.join("ann")
            asked = ann.say(ann.dm, ASKED)
            await scene.answer(asked)  # that it does not know
            card = await scene.card()
            assert (await rita.click(card, "case:answer")).acked
            await workspace.until(lambda: workspace.modal(rita) is not None)
            for seen in (shown(card), shown(workspace.modal(rita))):
                assert "badge refused at the vault" in seen
                assert MAIL in seen
                for hidden in (*SECRETS, *NUMBERS):
                    assert hidden not in seen
            ann.edit(asked, f"{ASKED} It is urgent.")
            await workspace.until(lambda: "It is urgent" in shown(card), 30)
            await until(lambda: len(service.roots()) == 2)
            told = service.everything()
            assert "badge refused at the vault" in told
            for hidden in (*SECRETS, *NUMBERS, MAIL):
                assert hidden not in told
            kept = await asyncio.to_thread(stored, scene.settings.home)
            assert "badge refused at the vault" in kept
            for hidden in SECRETS:
                assert hidden not in kept
            for hidden in (*SECRETS, *NUMBERS, MAIL):
                assert hidden not in caplog.text
