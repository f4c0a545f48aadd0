"""`deskhand backup`, `restore` and `move` as processes, one of them killed in the middle."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import main
from evals.postgres import PostgresCluster
from tests.qdrant_server.server import QdrantServer

pytestmark = pytest.mark.slow  # every test starts the command

QUESTION = "How long is parental leave?"
MANY = 15_000


def with_many_rows(home: Path) -> None:
    """As many calls of models as take a second to copy."""
    columns = (
        "id, tenant, at, purpose, provider, model, prompt_tokens, completion_tokens, "
        "embedding_tokens, cost_usd, succeeded"
    )
    values = "'default', '2026-11-22 09:00:00.000000', 'answer', 'p', 'm', 1, 1, 0, 0.1, 1"
    with closing(sqlite3.connect(home / "deskhand.db")) as db, db:
        db.executemany(
            f"INSERT INTO usage ({columns}) VALUES (?, {values})",
            ((f"{n:036d}",) for n in range(MANY)),
        )


def test_a_backup_is_rehearsed_restored_elsewhere_and_answers_the_same(
    knowing: Any, tmp_path: Path, refused: Callable[..., None]
) -> None:
    asked = knowing.json("ask", QUESTION)
    (tmp_path / "backups").mkdir()
    done = knowing.json("backup", tmp_path / "backups", "--rehearse")
    told = done["rehearsal"]
    assert (told["rows"], told["points"]) == (done["rows"], 3)
    assert told["questions"] == told["same"] > 2
    assert list((tmp_path / "backups").iterdir()) == [Path(done["file"])]
    restored = knowing.json("restore", done["file"], "--into", "restored")
    assert (restored["rows"], restored["points"]) == (done["rows"], 3)
    knowing.settings["DESKHAND_HOME"] = str(tmp_path / "restored")
    again = knowing.json("ask", QUESTION)
    assert (again["reply"], again["outcome"]) == (asked["reply"], "answered")
    refused(knowing.run("restore", done["file"]), 2, "not empty", "--replace")
    assert knowing.json("restore", done["file"], "--replace")["rows"] == done["rows"]
    deeds = [row["action"] for row in knowing.json("audit")["rows"]]
    assert "deskhand restore" in deeds


def test_a_move_that_is_killed_goes_on_and_answers_the_same(
    knowing: Any,
    postgres: PostgresCluster,
    tmp_path: Path,
    refused: Callable[..., None],
) -> None:
    knowing.json("ask", QUESTION)
    with_many_rows(knowing.home)
    name = f"moved_{os.getpid()}"
    postgres.sql(f"CREATE DATABASE {name}")
    address = postgres.address(name)
    with QdrantServer(tmp_path / "qdrant").running() as server:
        command = ("move", "--to-database", address, "--to-qdrant", server.url)
        process = knowing.start(*command)
        assert knowing.wait_for(lambda: rows_in(postgres, name) > 1000, process)
        process.kill()
        process.communicate()
        begun = rows_in(postgres, name)
        assert 1000 < begun < MANY
        knowing.settings["DATABASE_URL"] = address
        refused(knowing.run("ask", QUESTION), 1, "cut off")
        del knowing.settings["DATABASE_URL"]
        moved = knowing.json(*command)
        assert moved["resumed"] >= begun
        assert moved["rows"] > MANY
        assert moved["points"] == 3
        assert moved["questions"] == moved["same"] > 2
        refused(knowing.run(*command), 2, "not empty", "--replace")
        shutil.rmtree(knowing.home)
        knowing.settings |= {"DATABASE_URL": address, "QDRANT_URL": server.url}
        assert "16 weeks" in knowing.json("ask", QUESTION)["reply"]
        knowing.settings["DESKHAND_QDRANT__SHARD_NUMBER"] = "6"
        checks = json.loads(knowing.run("doctor", "--json").stdout)["checks"]
        index = next(check for check in checks if check["name"] == "index")
        assert "shard_number is 1, not 6" in index["text"]
        assert "deskhand ingest --rebuild" in index["mend"]
        assert "deskhand move" in [row["action"] for row in knowing.json("audit")["rows"]]


async def test_neither_move_nor_restore_works_on_a_home_in_use(
    knowing: Any, refused: Callable[..., None], tmp_path: Path
) -> None:
    made = await asyncio.to_thread(knowing.json, "backup", tmp_path / "one.backup")
    chat = knowing.start("chat")
    assert chat.stdin is not None
    chat.stdin.write(QUESTION + "\n")
    chat.stdin.flush()
    lock = knowing.home / "index.lock"
    await asyncio.to_thread(
        knowing.wait_for, lambda: lock.exists() and '"socket": "' in lock.read_text(), chat
    )
    for command in (("restore", made["file"], "--replace"), ("move", "--to-qdrant", "http://q:1")):
        refused(await asyncio.to_thread(knowing.run, *command), 2, "another process works in")
    assert (await asyncio.to_thread(knowing.json, "backup", "--rehearse"))["rows"]
    chat.kill()
    await asyncio.to_thread(chat.communicate)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("backup",), "name a file or folder"),
        (("backup", "no/such/folder/x"), "there is no folder"),
        (("restore", "nothing.backup"), "there is no file"),
        (("move", "--to-database", "sqlite:///x.db"), "names a file"),
        (("move",), "name --to-database, --to-qdrant or both"),
        (("move", "--to-qdrant", "ftp://q"), "no http:// or https://"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path / "home"))
    assert main(arguments) == 2
    out, told = capsys.readouterr()
    assert (out, told.count("\n")) == ("", 1)
    assert said in told


def rows_in(postgres: PostgresCluster, database: str) -> int:
    """How many rows a copy has put into the table that takes longest; 0 before it was begun."""
    told = told_by(postgres, database, "SELECT rows FROM deskhand_copy WHERE name = 'usage'")
    return int(told or 0)


def told_by(postgres: PostgresCluster, database: str, statement: str) -> str:
    """What a database says; empty where it cannot."""
    psql, where = postgres.binaries / "psql", str(postgres.sockets)
    done = subprocess.run(
        [str(psql), "-h", where, "-U", "deskhand", "-d", database, "-qtAXc", statement],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd="/",
    )
    return done.stdout.strip() if done.returncode == 0 else ""
