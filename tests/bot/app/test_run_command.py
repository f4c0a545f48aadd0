"""`deskhand run` as a process: what it says when it cannot, and that it ends when told."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import dataclass

import pytest

from bot.workspace import Fault
from tests.bot.app.conftest import HOW_LONG, Scene, Stage
from tests.bot.telemetry.metrics_collector import Collector
from tests.http_thread import serving

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


async def started(scene: Scene, **environment: str) -> asyncio.subprocess.Process:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.cli.main",
        "run",
        "--json",
        env={**kept, **scene.environment, **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(process: asyncio.subprocess.Process) -> Ended:
    try:
        async with asyncio.timeout(120):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


@pytest.mark.parametrize(
    ("names", "code", "words"),
    [
        ({"DESKHAND_SLACK__BOT_TOKEN": "xoxb-wrong"}, 2, "SLACK_BOT_TOKEN"),
        ({"DESKHAND_SLACK__APP_TOKEN": "xapp-wrong"}, 1, "SLACK_APP_TOKEN"),
        ({"DESKHAND_SLACK__APP_TOKEN": "xoxb-local-bot"}, 2, "xapp-"),
        ({"DESKHAND_SLACK__BOT_TOKEN": ""}, 2, "SLACK_BOT_TOKEN is not set"),
        ({"DESKHAND_SLACK__APP_TOKEN": ""}, 2, "SLACK_APP_TOKEN is not set"),
        (
            {"DESKHAND_SLACK__TRANSPORT": "http", "DESKHAND_SLACK__SIGNING_SECRET": ""},
            2,
            "SLACK_SIGNING_SECRET is not set",
        ),
        ({"DESKHAND_SLACK__PORT": "no"}, 2, "DESKHAND_SLACK__PORT"),
        ({"DESKHAND_SLACK__ESCALATION_CHANNEL": "#help"}, 2, "ESCALATION_CHANNEL"),
    ],
)
async def test_what_is_wrong_is_said_in_one_sentence(
    stage: Stage, names: dict[str, str], code: int, words: str
) -> None:
    async with stage(started=False) as scene:
        done = await ended(await started(scene, **names))
        said = [line for line in done.err.splitlines() if line.startswith("deskhand: ")]
        assert done.code == code, done.err
        assert len(said) == 1, done.err
        assert words in said[0]
        assert "Traceback" not in done.err
        assert "wrong" not in said[0]
        assert done.out == ""


async def test_it_answers_sends_its_metrics_and_ends_when_told(stage: Stage) -> None:
    collector = Collector()
    with serving(collector.app) as port:
        sending = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
            "OTEL_METRIC_EXPORT_INTERVAL": "200",
        }
        async with stage(started=False) as scene:
            workspace = scene.workspace
            ann = workspace.join("ann")
            workspace.faults.add("apps.connections.open", Fault.SERVER_ERROR)
            process = await started(scene, **sending)
            assert process.stdout is not None
            async with asyncio.timeout(120):
                ready = await process.stdout.readline()
            assert b'"ready": true' in ready.replace(b'":t', b'": t')
            asked = ann.say(ann.dm, HOW_LONG)
            await workspace.until(lambda: scene.replies(asked), 60)
            process.send_signal(signal.SIGTERM)
            done = await ended(process)
            assert done.code == 0
            assert "Traceback" not in done.err
            for secret in (HOW_LONG, "16 weeks", workspace.bot_token, workspace.app_token):
                assert secret not in done.err
    assert collector.newest["deskhand.knowledge.documents"] == 3  # though nobody read /metrics
