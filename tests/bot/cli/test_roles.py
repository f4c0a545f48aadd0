"""`deskhand run --role`, as processes beside a local workspace."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from bot.app import open_bot
from bot.cli.main import main
from bot.credentials import refuse_missing
from bot.manifest import app_manifest
from bot.workspace import AppConfig, LocalWorkspace
from bot.workspace.method_facts import PUBLISHED
from engine.errors import SettingsInvalid
from engine.role import Role
from engine.settings import Settings, load_settings


def settings_of(workspace: LocalWorkspace, home: Path, role: str) -> Settings:
    return load_settings(
        {
            "DESKHAND_HOME": str(home),
            "DESKHAND_ROLE": role,
            "SLACK_BOT_TOKEN": workspace.bot_token,
            "SLACK_APP_TOKEN": workspace.app_token,
            "DESKHAND_SLACK__API_URL": workspace.api_url,
            "DESKHAND_SLACK__HOST": "127.0.0.1",
            "DESKHAND_SLACK__PORT": "0",
        },
        working_directory=home,
    )


async def test_a_web_leads_nothing_and_a_worker_hears_nothing(home_with_tables: Settings) -> None:
    if not (PUBLISHED / "methods").is_dir():
        pytest.skip(f"Slack's published pages are absent from {PUBLISHED}")
    home = home_with_tables.home
    async with LocalWorkspace(app=AppConfig(), manifest=app_manifest("socket")) as workspace:
        web, worker = (settings_of(workspace, home, role) for role in ("web", "worker"))
        async with open_bot(web) as one, one.running():
            assert len(workspace.sockets.sockets) == 1
            assert not one.leadership.leads
            assert not one.shared_files.runs
            async with open_bot(worker) as other, other.running():
                assert len(workspace.sockets.sockets) == 1
                assert other.leadership.leads
                assert other.shared_files.runs
                assert other.readiness.why_not() == ""
            assert not other.shared_files.runs


def test_a_worker_needs_no_token_by_which_events_come() -> None:
    given = load_settings({"SLACK_BOT_TOKEN": "xoxb-1"}).slack
    refuse_missing(given, Role.WORKER)
    with pytest.raises(SettingsInvalid, match="SLACK_APP_TOKEN"):
        refuse_missing(given, Role.WEB)


def test_the_command_worker_is_the_role(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def run(args: argparse.Namespace) -> int:
        asked.append(args.role)
        return 0

    monkeypatch.setattr("bot.cli.run.run", run)
    assert main(["worker"]) == 0
    assert asked == ["worker"]
