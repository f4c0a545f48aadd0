"""Backups and moves of a home in which workspaces keep databases of their own."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from evals.postgres import PostgresCluster
from tests.bot.cli.test_moving import told_by
from tests.bot.cli.test_workspaces import installed as installed
from tests.qdrant_server.server import QdrantServer

pytestmark = pytest.mark.slow

ASKED = "How many weeks is parental leave?"
OURS, THEIRS = (), ("--workspace", "T0ACME")


@pytest.fixture
def known(installed: Any) -> Any:
    """A home and a workspace in it, which know different things and count alike."""
    for weeks, whose in ((20, OURS), (16, THEIRS)):
        docs = installed.folder / f"docs{weeks}"
        docs.mkdir()
        (docs / "leave.md").write_text(f"Parental leave is {weeks} weeks.\n")
        installed.json(*whose, "ingest", docs)
    for home, tenant in ((installed.home, "default"), (theirs(installed.home), "T0ACME")):
        with closing(sqlite3.connect(home / "deskhand.db")) as db, db:
            db.executemany(
                "INSERT INTO channel_mode_changes (sequence, tenant, team, channel, at, after, "
                "evidence) VALUES (?, ?, 'T1', 'C1', '2026-11-22 09:00:00.000000', ?, '{}')",
                [(1, tenant, "draft"), (2, tenant, "auto")],
            )
    return installed


def theirs(home: Path) -> Path:
    return home / "workspaces" / "T0ACME"


def answers(known: Any) -> None:
    """Whether each knows what it knew."""
    assert "20 weeks" in known.json(*OURS, "ask", ASKED)["reply"]
    assert "16 weeks" in known.json(*THEIRS, "ask", ASKED)["reply"]


def test_a_backup_is_a_file_for_each_and_all_come_back(
    known: Any, tmp_path: Path, refused: Callable[..., None]
) -> None:
    kept = theirs(known.home) / "evals" / "cases.jsonl"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text('{"id": "a"}\n')
    backups = tmp_path / "backups"
    backups.mkdir()
    refused(known.run("backup", tmp_path / "one.backup"), 2, "1 workspace", "name a folder")
    done = known.json("backup", backups, "--rehearse")
    [workspace] = done["workspaces"]
    assert workspace["workspace"] == "T0ACME"
    assert workspace["file"].endswith("-T0ACME.backup")
    assert (done["files"], workspace["files"]) == (0, 1)
    for one in (done, workspace):
        assert one["rehearsal"]["questions"] == one["rehearsal"]["same"] >= 1
    shutil.rmtree(known.home)
    known.json("restore", done["file"])
    known.json(*THEIRS, "restore", workspace["file"])
    answers(known)
    assert kept.read_text() == '{"id": "a"}\n'


def test_a_move_takes_every_workspace_along(
    known: Any, postgres: PostgresCluster, tmp_path: Path, refused: Callable[..., None]
) -> None:
    name = f"moved_workspaces_{os.getpid()}"
    postgres.sql(f"CREATE DATABASE {name}")
    with QdrantServer(tmp_path / "qdrant").running() as server:
        move = ("move", "--to-database", postgres.address(name), "--to-qdrant", server.url)
        refused(known.run(*THEIRS, *move), 2, "leave --workspace out")
        moved = known.json(*move)
        assert moved["points"] == 2
        assert moved["questions"] == moved["same"] >= 2
        told = told_by(
            postgres, name, "SELECT tenant, after FROM channel_mode_changes ORDER BY sequence"
        )
        assert told.split() == ["default|draft", "default|auto", "T0ACME|draft", "T0ACME|auto"]
        known.settings |= {"DATABASE_URL": postgres.address(name), "QDRANT_URL": server.url}
        shutil.rmtree(known.home)
        answers(known)
