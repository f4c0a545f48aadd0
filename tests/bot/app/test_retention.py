"""Each night the bot removes what is older than it may be; a missed night is made up for."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.retaining import KIND
from engine.clock import now
from engine.compose import open_engine
from engine.storage.schema import traces
from engine.storage.timers import TimerStore
from tests.bot.app.conftest import HOW_LONG, Stage
from tests.engine.storage.rows import put

pytestmark = pytest.mark.slow


async def test_a_missed_night_is_made_up_for_at_the_start(stage: Stage) -> None:
    async with stage(started=False, retention__traces_days=30) as scene:
        tenant = scene.settings.tenant
        async with open_engine(scene.settings) as engine:
            for days in (31, 29):
                at = now() - timedelta(days=days)
                await put(engine.database, traces, tenant=tenant, asked_at=at, body={})
            missed = now() - timedelta(hours=30)
            await TimerStore(engine.database).set(tenant, KIND, "daily", missed)
        await scene.start()
        engine = scene.bot.engine
        ann = scene.workspace.join("ann")
        await scene.answer(ann.say(ann.dm, HOW_LONG))
        async with asyncio.timeout(20):
            while await engine.traces.count(tenant) != 2:  # noqa: ASYNC110 - polls rows
                await asyncio.sleep(0.02)
            timers = TimerStore(engine.database)
            while (due := await timers.armed(tenant, KIND, "daily")) is None or due < now():  # noqa: ASYNC110 - polls rows
                await asyncio.sleep(0.02)
        assert due - now() <= timedelta(days=1)
