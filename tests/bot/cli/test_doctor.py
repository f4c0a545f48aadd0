"""`deskhand doctor` as a process, against a local Slack."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bot.names import BOT_SCOPES
from bot.workspace import LocalWorkspace

pytestmark = pytest.mark.slow  # every test starts the command


def connected(deskhand: Any, workspace: LocalWorkspace, **more: str) -> Any:
    workspace.app.scopes = tuple(BOT_SCOPES)
    deskhand.settings.update(
        {
            "SLACK_BOT_TOKEN": workspace.bot_token,
            "SLACK_APP_TOKEN": workspace.app_token,
            "DESKHAND_SLACK__API_URL": workspace.api_url,
            "DESKHAND_SLACK__HOST": "127.0.0.1",
            "DESKHAND_SLACK__PORT": "0",
            **more,
        }
    )
    return deskhand


async def test_a_sound_installation_exits_0(workspace: LocalWorkspace, knowing: Any) -> None:
    channel = workspace.public("help-desk", workspace.join("alice"))
    sound = connected(
        knowing,
        workspace,
        DESKHAND_SLACK__ESCALATION_CHANNEL=channel.id,
        DESKHAND_REVIEW__ADMIN_CHANNEL=channel.id,
    )
    told = await asyncio.to_thread(sound.json, "doctor")
    assert (told["failed"], told["warnings"]) == (0, 0), told
    assert [c["name"] for c in told["checks"]] == (
        "settings,bot token,scopes,transport,port,escalation,admins,clock,disk,database,cases,"
        "knowledge,quarantine,index,trained,model"
    ).split(",")
    shown = await asyncio.to_thread(sound.run, "doctor")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.count("\n") == 16
    assert all(line.startswith("ok  ") for line in shown.stdout.splitlines())


async def test_what_is_wrong_is_shown_with_its_mend_and_without_secrets(
    workspace: LocalWorkspace, deskhand: Any
) -> None:
    secrets = {
        "SLACK_BOT_TOKEN": "xoxb-SECRET1",
        "SLACK_APP_TOKEN": "xapp-SECRET2",
        "SLACK_SIGNING_SECRET": "SECRET3",
        "DATABASE_URL": "postgresql://deskhand:SECRET4@127.0.0.1:9/deskhand",
        "OPENAI_API_KEY": "sk-SECRET5",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    }
    broken = connected(deskhand, workspace, **secrets)
    shown = await asyncio.to_thread(broken.run, "doctor")
    assert (shown.returncode, shown.stderr) == (1, "")
    assert "fail  bot token" in shown.stdout
    assert "mend: copy the token again" in shown.stdout
    machine = await asyncio.to_thread(broken.run, "doctor", "--json")
    assert machine.returncode == 1
    told = json.loads(machine.stdout)
    assert told["failed"] == sum(c["level"] == "fail" for c in told["checks"]) >= 4
    assert "SECRET" not in shown.stdout + machine.stdout


async def test_a_bad_setting_is_a_finding(deskhand: Any) -> None:
    deskhand.settings["DESKHAND_SLACK__PROT"] = "3000"
    done = await asyncio.to_thread(deskhand.run, "doctor", "--json")
    assert (done.returncode, done.stderr) == (1, "")
    check = json.loads(done.stdout)["checks"][0]
    assert (check["level"], check["mend"]) == ("fail", "did you mean DESKHAND_SLACK__PORT?")
