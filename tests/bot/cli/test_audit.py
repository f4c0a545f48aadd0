"""`deskhand audit` shows what changed what, and names a row that was tampered with."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bot.cli import auditing
from bot.cli.main import build_parser


@pytest.mark.parametrize(
    ("line", "deed"),
    [
        ("ingest docs s3://key:pass@nowhere/x?signature=abc", "deskhand ingest"),
        ("sources --remove docs", "deskhand sources --remove"),
        ("sources", None),
        ("ask hello", None),
        ("entries rollback 0190f3c2", "deskhand entries rollback"),
        ("entries list", None),
        ("triage retrain", "deskhand triage retrain"),
        ("triage retrain --measure-only", None),
        ("calibrate --rollback", "deskhand calibrate --rollback"),
        ("calibrate --measure-only", None),
        ("eval schedule add nightly own", "deskhand eval schedule add"),
        ("eval run sample", None),
        ("audit verify", None),
    ],
)
def test_only_what_changes_something_is_written_down(line: str, deed: str | None) -> None:
    words = line.split()
    if words[:3] == ["eval", "schedule", "add"]:
        words.append("0 3 * * *")
    args = build_parser().parse_args(words)
    assert auditing.deed_of(args) == deed
    if deed is not None:
        about = auditing.object_of(args)
        assert "pass" not in about
        assert "abc" not in about
        if "docs" in words:
            assert about.startswith(str(Path("docs").absolute()))


@pytest.mark.slow  # starts the command
def test_deeds_of_commands_are_shown_and_a_changed_row_is_named(knowing: Any) -> None:
    removed = knowing.json("sources")["sources"][0]["source"]
    knowing.run("sources", "--remove", removed)
    rows = knowing.json("audit", "--since", "1d")["rows"]
    assert [(row["action"], row["object"], row["outcome"]) for row in rows] == [
        ("deskhand ingest", removed, "accepted"),
        ("deskhand sources --remove", removed, "accepted"),
    ]
    assert rows[0]["who"].startswith("cli:")
    database = sqlite3.connect(knowing.home / "deskhand.db")
    with database:
        database.execute("DROP TRIGGER audit_keeps_rows")
        database.execute("UPDATE audit SET who = 'cli:eve' WHERE sequence = 2")
    database.close()
    broken = knowing.run("audit", "verify")
    assert (broken.returncode, broken.stderr) == (1, "")
    assert "broken at row 2: it was changed; 1 rows before it are whole" in broken.stdout
