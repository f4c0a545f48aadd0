"""`deskhand entries`."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.learning.keeping import DUE
from engine.compose import open_engine
from engine.settings import load_settings
from engine.storage.entry import NewEntry
from engine.storage.timers import TimerStore

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def entry(answer: str) -> NewEntry:
    return NewEntry(
        question="Where is the badge?",
        answer=answer,
        author="Rita\x1b[31m",
        owner="U1",
        audience=("everyone",),
    )


async def _two_versions() -> str:
    async with open_engine(load_settings()) as engine:
        at = datetime.now(UTC)
        tenant = engine.settings.tenant
        first = await engine.entries.publish(tenant, entry("Floor 2."), at=at, by="U1")
        assert first.entry is not None
        await engine.entries.publish(
            tenant, entry("Floor 5."), at=at, by="U1", entry_id=first.entry.id, after=1
        )
        return first.entry.id


async def _due(entry_id: str) -> datetime | None:
    """When a bot looks whether the entry still holds."""
    async with open_engine(load_settings()) as engine:
        return await TimerStore(engine.database).armed(engine.settings.tenant, DUE, entry_id)


def test_entries_are_listed_shown_rolled_back_and_exported(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = asyncio.run(_two_versions())
    assert main(["entries", "list"]) == 0
    listed = capsys.readouterr().out
    assert made[:8] in listed
    assert "\x1b" not in listed
    assert main(["entries", "show", made[:8]]) == 0
    assert "Floor 5." in capsys.readouterr().out
    assert main(["entries", "rollback", made[:8], "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"id": made, "ended": 2, "live": 1}
    assert asyncio.run(_due(made)) is not None
    assert main(["sources"]) == 0
    assert "deskhand://answers" in capsys.readouterr().out
    assert main(["sources", "--remove", "deskhand://answers"]) == 2
    assert "deskhand entries list" in capsys.readouterr().err
    assert main(["entries", "export", "--output", "entries.jsonl"]) == 0
    rows = [json.loads(line) for line in (home / "entries.jsonl").read_text().splitlines()]
    assert [(row["version"], row["state"]) for row in rows] == [(1, "live"), (2, "rolled_back")]
    capsys.readouterr()
    assert main(["entries", "show", "ffff"]) == 2
    assert "no such entry" in capsys.readouterr().err
