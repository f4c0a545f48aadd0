"""A real Prometheus reads a real bot, to which the faults are done that alerts are for."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.telemetry import gauges
from bot.telemetry.metrics import counted
from bot.workspace import Fault
from engine.errors import StorageUnavailable
from engine.storage.gauges import GaugeStore
from evals.model_server.models import quoting
from evals.model_server.reply import Fault as ModelFault
from evals.model_server.reply import Received, Reply
from tests.bot.app.conftest import HOW_LONG, Scene, Stage
from tests.bot.app.conftest import _published_pages as _published_pages
from tests.bot.app.conftest import knowledge as knowledge
from tests.bot.app.conftest import stage as stage
from tests.manifests.prometheus_server import Prometheus, watching
from tests.manifests.test_alerts import RULES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="Prometheus is not installed"),
]


_COUNTED = re.compile(r"(?:rate|increase)\((deskhand_\w+_total(?:\{[^}]*\})?)\[")
COUNTED = sorted({each for rule in RULES.values() for each in _COUNTED.findall(rule["expr"])})
"""Counters in which alerts look for a rise, with the labels that they ask for."""


def breach(alert: str) -> str:
    return str(RULES[f"Deskhand{alert}"]["expr"])


@asynccontextmanager
async def watched(scene: Scene, folder: Path) -> AsyncIterator[Prometheus]:
    with counted() as meters:
        await scene.start()
        scene.bot.show_metrics(meters)
        async with watching(scene.bot.port, folder) as prometheus:
            yield prometheus


async def test_what_is_done_to_a_bot_breaks_the_condition_of_its_alert_and_of_no_other(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gauges, "_AT_MOST_EVERY_S", 0.1)
    away = False

    def model(received: Received) -> Reply:
        return Reply(fault=ModelFault.SERVER_ERROR) if away else quoting(received)

    settings = {"answer__cache_s": "0", "openai__first_token_s": "5"}
    async with (
        stage(model=model, started=False, errors=True, **settings) as scene,
        watched(scene, tmp_path) as prometheus,
    ):
        ann = scene.workspace.join("ann")

        async def broken(*expected: str) -> None:
            for alert in expected:
                await prometheus.until(breach(alert))
            found = {name for name, rule in RULES.items() if await prometheus.holds(rule["expr"])}
            assert found == {f"Deskhand{alert}" for alert in expected}

        for selector in COUNTED:  # before anything happened
            await prometheus.until(f"{selector} == 0")
        await scene.answer(ann.say(ann.dm, HOW_LONG))
        await prometheus.until('deskhand_questions_total{outcome="answered"} == 1')
        await broken()

        away = True
        await scene.answer(ann.say(ann.dm, "What is the guest wifi called?"))
        await broken("ModelDown", "ModelFails")
        away = False

        with monkeypatch.context() as patched:
            patched.setattr(GaugeStore, "standing", refusing)
            await broken("ModelDown", "ModelFails", "DatabaseAway")

        now = scene.bot.gauges.clock
        scene.workspace.faults.add("chat.postMessage", Fault.RATE_LIMITED, times=None, seconds=1)
        scene.bot.gauges.clock = lambda: now() + timedelta(minutes=3)  # nobody waits so long here
        ann.say(ann.dm, HOW_LONG)
        await broken("ModelDown", "ModelFails", "SlackLimits", "QueueOld")
        scene.bot.gauges.clock = now
        scene.workspace.faults.clear()
        await scene.idle()


async def refusing(*_: Any) -> Any:
    raise StorageUnavailable("the database is away")
