from __future__ import annotations

import os
import pty
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

LIMIT_S = 240


@pytest.fixture
def docs(deskhand: Any) -> Path:
    folder = deskhand.folder / "docs"
    folder.mkdir()
    (folder / "leave.md").write_text("# Leave\n\nParental leave is 16 weeks for every parent.\n")
    return Path(folder)


@pytest.mark.slow
def test_the_demo_asks_through_the_workspace_and_ends_without_a_terminal(deskhand: Any) -> None:
    first = deskhand.run("demo")
    assert (first.returncode, first.stderr) == (0, "")
    assert "added " in first.stdout
    assert first.stdout.count("\nanswered, confidence") >= 3
    assert first.stdout.count("[1]") >= 3
    assert "http://127.0.0.1:" in first.stdout
    assert deskhand.json("sources") == {"sources": []}  # the demo has a home of its own

    # Again, for a machine, on the documents as they were read, with servers that must not be used.
    production = deskhand.folder / "production.db"
    deskhand.settings = {
        "DATABASE_URL": f"sqlite:///{production}",
        "QDRANT_URL": "http://127.0.0.1:9",
        "OPENAI_API_KEY": "sk-not-to-be-used",
        "SLACK_BOT_TOKEN": "xoxb-not-to-be-used",
    }
    whole = deskhand.json("demo")
    assert (whole["ingest"]["added"], whole["ingest"]["failed"]) == (0, [])
    assert whole["ingest"]["unchanged"] > 0
    assert [answer["id"] for answer in whole["answers"]] == ["1", "2", "3", "4", "5"]
    assert sum(answer["outcome"] == "answered" for answer in whole["answers"]) >= 3
    assert whole["answers"][0]["citations"][0]["n"] == 1
    assert whole["page"].startswith("http://127.0.0.1:")
    assert not production.exists()
    with closing(sqlite3.connect(deskhand.home / "demo" / "deskhand.db")) as db:
        assert db.execute("select count(*) from documents").fetchone()[0] > 0
        assert db.execute("select count(*) from inbox").fetchone()[0] == 0


@contextmanager
def on_a_terminal(deskhand: Any, *arguments: str | Path) -> Iterator[tuple[int, int, str]]:
    """The process, its terminal, and what it said until the page could be used."""
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover - the child is the command
        os.chdir(deskhand.folder)
        command = [str(Path(sys.executable).with_name("deskhand")), *map(str, arguments)]
        os.execve(command[0], command, deskhand._environment())
    said = b""
    try:
        give_up_at = time.monotonic() + LIMIT_S
        while b"Ctrl-C here" not in said:
            assert time.monotonic() < give_up_at, said
            try:
                said += os.read(terminal, 4096)
            except OSError:  # it has ended
                pytest.fail(said.decode())
        yield pid, terminal, said.decode()
    finally:
        os.close(terminal)


def children_of(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True)
    return [int(line) for line in listed.stdout.split()]


def is_gone(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def wait_until_gone(pids: list[int]) -> None:
    give_up_at = time.monotonic() + LIMIT_S
    while not all(is_gone(pid) for pid in pids):
        assert time.monotonic() < give_up_at, "a child is left behind"
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_on_a_terminal_it_stays_until_it_is_ended_with_all_it_started(
    deskhand: Any, docs: Path, how: signal.Signals
) -> None:
    terminal = on_a_terminal(deskhand, "demo", "--kb", docs, "--port", "0", "--no-browser")
    with terminal as (pid, typed, said):
        port = re.search(r"http://127\.0\.0\.1:(\d+)/", said)
        log = re.search(r"log: (\S+)", said)
        assert port is not None
        assert log is not None
        with socket.create_connection(("127.0.0.1", int(port[1]))) as page:
            page.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert b"Content-Security-Policy" in page.recv(4096)
        children = children_of(pid)
        assert children
        if how is signal.SIGINT:
            os.write(typed, b"\x03")  # Ctrl-C
        else:
            os.kill(pid, how)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        wait_until_gone(children)
        if how is signal.SIGKILL:
            return  # there was nobody left to tidy up
        assert status == 0
        assert not Path(log[1]).exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--kb", "nowhere"], 2, "there is no folder nowhere"),
        (["--kb", "a.md"], 2, "a.md is a file"),
        (["--kb", "empty"], 2, "the folder empty is empty"),
        (["--port", "99999"], 2, "--port 99999 is no port"),
    ],
)
def test_a_wrong_demo_is_one_sentence(
    deskhand: Any, arguments: list[str], code: int, said: str
) -> None:
    (deskhand.folder / "a.md").write_text("text")
    (deskhand.folder / "empty").mkdir()
    done = deskhand.run("demo", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(f"deskhand: {said}")
    assert done.stderr.count("\n") == 1
