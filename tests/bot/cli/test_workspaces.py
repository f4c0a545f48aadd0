from __future__ import annotations

import asyncio
import json
import sqlite3
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.cli.workspaces import open_installations
from engine.encryption import new_key
from engine.settings import load_settings
from engine.storage.installations import Installation

pytestmark = pytest.mark.slow

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TOKEN = "xoxb-of-acme"


@pytest.fixture
def installed(deskhand: Any) -> Any:
    """`deskhand` where the workspace T0ACME has installed the app."""
    deskhand.settings["DESKHAND_ENCRYPTION__KEYS"] = new_key()
    asyncio.run(_install(deskhand, "T0ACME"))
    return deskhand


async def _install(deskhand: Any, team: str, *, ended: bool = False) -> None:
    given = {"DESKHAND_HOME": str(deskhand.home), **deskhand.settings}
    async with open_installations(load_settings(given, working_directory=deskhand.folder)) as store:
        if ended:
            await store.ended(team, AT)
            return
        await store.save(
            Installation(
                tenant=team,
                name="Acme",
                app="A1",
                bot_user="U0BOT",
                scopes=("chat:write",),
                installed_by="U0RITA",
                installed_at=AT,
                token=TOKEN,
            )
        )


def test_a_workspace_has_documents_of_its_own(installed: Any) -> None:
    (installed.folder / "docs").mkdir()
    (installed.folder / "docs" / "leave.md").write_text("Parental leave is 16 weeks.\n")
    assert installed.json("--workspace", "T0ACME", "ingest", "docs")["added"] == 1
    asked = "How many weeks is parental leave?"
    assert "16" in installed.json("--workspace", "T0ACME", "ask", asked)["reply"]
    assert "16" not in (installed.json("ask", asked)["reply"] or "")


def test_settings_of_one_workspace_are_checked_shown_and_taken_back(
    installed: Any, refused: Any
) -> None:
    zone = "DESKHAND_REVIEW__TIMEZONE=Europe/Berlin"
    installed.json("workspaces", "set", "T0ACME", zone)
    shown = installed.run("workspaces", "list").stdout
    assert "T0ACME        Acme  installed 2026-11-23 by U0RITA" in shown
    assert zone in shown
    assert TOKEN not in shown
    for given, why in (
        ("DESKHAND_NONSENSE=1", "is no setting"),
        ("DESKHAND_DATABASE__URL=x", "same for all workspaces"),
        ("DESKHAND_HOME=/tmp", "same for all workspaces"),
        ("DESKHAND_OPENAI__API_KEY=sk-1", "is a secret"),
        ("DESKHAND_SLACK__BOT_TOKEN=xoxb-1", "is a secret"),
        ("DESKHAND_REVIEW__TIMEZONE", "NAME=VALUE"),
    ):
        refused(installed.run("workspaces", "set", "T0ACME", given), 2, why)
    bad = installed.run("workspaces", "set", "T0ACME", "DESKHAND_SLACK__WORKERS=none")
    refused(bad, 2, "DESKHAND_SLACK__WORKERS has a bad value")
    refused(installed.run("workspaces", "set", "T0OTHER", zone), 2, "never installed")
    refused(installed.run("--workspace", "T0OTHER", "stats"), 2, "never installed")
    refused(installed.run("--workspace", "T0ACME", "run"), 2, "leave --workspace out")
    unset = installed.json("workspaces", "unset", "T0ACME", "DESKHAND_REVIEW__TIMEZONE")
    assert unset["settings"] == {}


def test_tokens_change_to_a_new_key_by_two_commands(installed: Any, refused: Any) -> None:
    old = installed.settings["DESKHAND_ENCRYPTION__KEYS"]
    new = installed.json("keys", "new")["key"]
    installed.settings["DESKHAND_ENCRYPTION__KEYS"] = new
    assert "cannot be decrypted" in installed.run("workspaces", "list").stdout
    assert installed.run("keys", "rotate").returncode == 1
    installed.settings["DESKHAND_ENCRYPTION__KEYS"] = f"{new},{old}"
    assert installed.json("keys", "rotate") == {"encrypted": 1, "unreadable": 0}
    installed.settings["DESKHAND_ENCRYPTION__KEYS"] = new
    assert installed.json("keys", "rotate") == {"encrypted": 0, "unreadable": 0}
    assert TOKEN.encode() not in (installed.home / "deskhand.db").read_bytes()
    del installed.settings["DESKHAND_ENCRYPTION__KEYS"]
    refused(installed.run("workspaces", "list"), 2, "deskhand keys new")


def test_what_is_stored_of_a_workspace_goes_once_it_has_removed_the_app(
    installed: Any, refused: Any
) -> None:
    (installed.folder / "docs").mkdir()
    (installed.folder / "docs" / "leave.md").write_text("Parental leave is 16 weeks.\n")
    installed.json("--workspace", "T0ACME", "ingest", "docs")
    refused(installed.run("workspaces", "remove", "T0ACME"), 2, "remove it in Slack first")
    asyncio.run(_install(installed, "T0ACME", ended=True))
    gone = installed.json("workspaces", "remove", "T0ACME")
    assert gone["documents"] == 1
    assert gone["rows"] > 0
    assert not (installed.home / "workspaces" / "T0ACME").exists()
    assert installed.json("workspaces", "list")["workspaces"] == []


def test_removing_leaves_other_tenants_of_the_same_database_alone(installed: Any) -> None:
    url = f"sqlite:///{installed.folder / 'shared.db'}"
    installed.settings["DESKHAND_DATABASE__URL"] = url
    for team in ("T0ACME", "T0GLOBEX"):
        asyncio.run(_install(installed, team))
    (installed.folder / "docs").mkdir()
    (installed.folder / "docs" / "leave.md").write_text("Parental leave is 16 weeks.\n")
    for team in ("T0ACME", "T0GLOBEX"):
        installed.json("--workspace", team, "ingest", "docs")
    asyncio.run(_install(installed, "T0ACME", ended=True))
    installed.json("workspaces", "remove", "T0ACME")
    with sqlite3.connect(installed.folder / "shared.db") as db:
        assert db.execute("select distinct tenant from documents").fetchall() == [("T0GLOBEX",)]
    db.close()


def test_doctor_looks_at_the_app_that_many_install(installed: Any) -> None:
    installed.settings |= {
        "SLACK_CLIENT_ID": "100.200",
        "SLACK_CLIENT_SECRET": "secret",
        "SLACK_SIGNING_SECRET": "secret",
        "DESKHAND_SLACK__TRANSPORT": "http",
        "DESKHAND_SLACK__PUBLIC_URL": "http://deskhand.test",
        "DESKHAND_SLACK__API_URL": "http://127.0.0.1:9/api/",
    }
    found = {c["name"]: c for c in _checks(installed)}
    assert (found["installing"]["level"], found["tokens"]["level"]) == ("fail", "ok")
    assert "https" in found["installing"]["mend"]
    installed.settings["DESKHAND_ENCRYPTION__KEYS"] = new_key()
    found = {c["name"]: c for c in _checks(installed)}
    assert "T0ACME cannot be decrypted" in found["tokens"]["text"]


def _checks(installed: Any) -> list[dict[str, str]]:
    done = installed.run("doctor", "--json")
    checks: list[dict[str, str]] = json.loads(done.stdout.splitlines()[-1])["checks"]
    return checks
