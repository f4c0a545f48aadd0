from __future__ import annotations

import asyncio

import aiohttp
import pytest

from bot.ability import Ability
from bot.telemetry.metrics import counted
from engine.adapters.telemetry.meters import Meters
from engine.errors import StorageUnavailable
from tests.bot.app.conftest import Scene, Stage
from tests.bot.app.conftest import _published_pages as _published_pages
from tests.bot.app.conftest import knowledge as knowledge
from tests.bot.app.conftest import stage as stage


class Part:
    def __init__(self) -> None:
        self.asked = 0
        self.fault: Exception | None = None

    async def look(self) -> None:
        self.asked += 1
        if self.fault is not None:
            raise self.fault


async def test_each_part_that_does_not_answer_is_named_and_asked_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database, index = Part(), Part()
    ability = Ability({"the database": database.look, "the index": index.look})
    assert await asyncio.gather(*(ability.why_not() for _ in range(5))) == [""] * 5
    assert database.asked == 1
    database.fault, index.fault = StorageUnavailable("down", retryable=True), ValueError("odd")
    assert await ability.why_not() == ""
    monkeypatch.setattr("bot.ability._GOOD_FOR_S", 0.0)
    assert await ability.why_not() == "the database and the index cannot be reached"
    database.fault = index.fault = None
    assert await ability.why_not() == ""


async def test_a_part_that_takes_long_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.ability._WITHIN_S", 0.01)
    ability = Ability({"the index": lambda: asyncio.sleep(60)})
    assert await ability.why_not() == "the index cannot be reached"


@pytest.mark.slow
async def test_a_bot_whose_database_is_gone_is_not_ready(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.ability._GOOD_FOR_S", 0.0)
    with counted() as meters:
        async with stage(errors=True) as scene, aiohttp.ClientSession() as session:
            await _loses_its_database(scene, session, meters, monkeypatch)


async def _loses_its_database(
    scene: Scene, session: aiohttp.ClientSession, meters: Meters, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = scene.bot.show_metrics(meters)
    assert b"\ndeskhand_ready 1.0\n" in (await page.render())[0]
    url = f"http://127.0.0.1:{scene.bot.port}/readyz"
    async with session.get(url) as ready:
        assert (ready.status, await ready.text()) == (200, "ready")

    async def gone(_: str) -> int:
        raise StorageUnavailable("the database is gone", retryable=True)

    monkeypatch.setattr(type(scene.bot.engine.documents), "revision", lambda _, t: gone(t))
    async with session.get(url) as not_ready:
        said = await not_ready.text()
        assert (not_ready.status, said) == (503, "the database cannot be reached")
    assert b"\ndeskhand_ready 0.0\n" in (await page.render())[0]
    async with session.get(url.replace("readyz", "healthz")) as alive:
        assert alive.status == 200
    monkeypatch.undo()
