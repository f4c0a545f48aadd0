"""Secrets that are exchanged while the bot runs: used without a restart, or left with a reason."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rotation import rotating
from bot.workspace.http_delivery import VerificationFailed
from bot.workspace.sockets import Disconnect
from engine.errors import DeskhandError
from tests.bot.app.conftest import HOW_LONG, Scene, Stage


def mount(scene: Scene, **secrets: str) -> None:
    """Gives the bot these secrets as files."""
    for name, value in secrets.items():
        setting = f"DESKHAND_SLACK__{name.upper()}"
        scene.environment.pop(setting, None)
        file = scene.folder / name
        file.write_text(value, encoding="utf-8")
        scene.environment[f"{setting}_FILE"] = str(file)


def exchange(folder: Path, name: str, value: str) -> None:
    """As the kubelet does: in one step, never half written."""
    (folder / f".{name}").write_text(value, encoding="utf-8")
    (folder / f".{name}").replace(folder / name)


async def signed_with(scene: Scene, secret: str) -> bool:
    """Whether the bot takes requests that are signed with it."""
    scene.workspace.app.signing_secret = secret
    try:
        await scene.workspace.deliver_to(f"http://127.0.0.1:{scene.bot.http.port}/slack/events")
    except VerificationFailed:
        return False
    return True


async def test_a_new_token_and_signing_secret_are_used_without_a_restart(stage: Stage) -> None:
    async with stage("http", started=False) as scene:
        app = scene.workspace.app
        mount(scene, bot_token=app.bot_token, signing_secret=app.signing_secret)
        await scene.start()
        ann = scene.workspace.join("ann")
        watched = rotating(
            scene.bot.renewal.use, scene.settings, lambda: scene.settings, every_s=0.05
        )
        async with watched:
            app.bot_token = "xoxb-second"
            exchange(scene.folder, "bot_token", "xoxb-second")
            exchange(scene.folder, "signing_secret", "another-signing-secret")
            async with asyncio.timeout(10):
                while not await signed_with(scene, "another-signing-secret"):  # noqa: ASYNC110 - asks it
                    await asyncio.sleep(0.05)
            assert not await signed_with(scene, "local-signing-secret")
            assert await signed_with(scene, "another-signing-secret")
            reply = await scene.answer(ann.say(ann.dm, HOW_LONG))
            assert "16 weeks" in reply.text


async def test_the_app_level_token_is_used_at_the_next_connection(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage("socket", started=False) as scene:
        app = scene.workspace.app
        mount(scene, app_token=app.app_token)
        await scene.start()
        watched = rotating(
            scene.bot.renewal.use, scene.settings, lambda: scene.settings, every_s=0.05
        )
        async with watched:
            app.app_token = "xapp-second"
            exchange(scene.folder, "app_token", "xapp-second")
            await scene.workspace.until(lambda: "secrets were read again" in caplog.text)
            before = len(scene.workspace.calls("apps.connections.open"))
            await scene.workspace.sockets.disconnect(Disconnect.REFRESH)
            ann = scene.workspace.join("ann")
            reply = await scene.answer(ann.say(ann.dm, HOW_LONG), timeout_s=60)
            assert "16 weeks" in reply.text
            assert len(scene.workspace.calls("apps.connections.open")) > before


async def test_what_slack_refuses_is_said_once_and_the_token_before_stays(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage("http", started=False) as scene:
        mount(scene, bot_token=scene.workspace.bot_token)
        await scene.start()
        ann = scene.workspace.join("ann")
        watched = rotating(
            scene.bot.renewal.use, scene.settings, lambda: scene.settings, every_s=0.02
        )

        def told() -> list[str]:
            lines = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
            return [line for line in lines if "secrets stay as they were" in line]

        async with watched:
            exchange(scene.folder, "bot_token", "xoxb-of-nobody")
            await scene.workspace.until(told)
            looks = len(scene.workspace.calls("auth.test"))
            await scene.workspace.until(lambda: len(scene.workspace.calls("auth.test")) > looks + 2)
            assert len(told()) == 1
            assert "Slack refuses SLACK_BOT_TOKEN (invalid_auth)" in told()[0]
            exchange(scene.folder, "bot_token", "")
            await scene.workspace.until(lambda: len(told()) == 2)
            exchange(scene.folder, "bot_token", scene.workspace.bot_token)
            reply = await scene.answer(ann.say(ann.dm, HOW_LONG))
            assert "16 weeks" in reply.text


async def test_the_token_of_another_bot_stays_out(stage: Stage) -> None:
    async with stage("http") as scene:
        renewal = scene.bot.renewal
        elsewhere = replace(renewal, identity=replace(renewal.identity, bot_user="U0SOMEBODY"))
        with pytest.raises(DeskhandError, match="another bot's, so the one before stays in use"):
            await elsewhere.use(scene.settings.slack)
