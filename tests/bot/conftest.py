"""The command `deskhand` as a process of its own, with a home and an environment of its own."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest

from bot.page.knowledge_home import copy_home
from bot.workspace import LocalWorkspace
from bot.workspace.method_facts import PUBLISHED

COMMAND = Path(sys.executable).with_name("deskhand")
LIMIT_S = 240
"""Far beyond what any command needs, for machines that others keep busy."""

_SMALL_GROUPS = """
import engine.knowledge.publisher as publisher
publisher._GROUP_PASSAGES = 4
from bot.cli.main import entry
entry()
"""
"""The command, publishing four passages at a time, so that there is a middle to be caught in."""


def _heed_ctrl_c() -> None:
    """A gate that runs in the background hands its children an ignored SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass
class Deskhand:
    """Runs the command line in `folder` on the home `folder/home`."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def run(self, *arguments: str | Path, stdin: str | bytes = b"") -> subprocess.CompletedProcess:
        """Runs to the end; output as text."""
        done = subprocess.run(
            [COMMAND, *map(str, arguments)],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            env=self._environment(),
            cwd=self.folder,
            timeout=LIMIT_S,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    def start(
        self,
        *arguments: str | Path,
        small_groups: bool = False,
        stdout: int | IO[str] = subprocess.PIPE,
    ) -> subprocess.Popen[str]:
        """Starts it with pipes on its streams, and with no vectors that other tests made: it is to
        be met in the middle of its work.
        """
        command = [sys.executable, "-c", _SMALL_GROUPS] if small_groups else [str(COMMAND)]
        return subprocess.Popen(
            [*command, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=self._environment()
            | {
                "PYTHONPATH": str(COMMAND.parents[2]),
                "DESKHAND_EMBEDDING_CACHE": str(self.folder / "vectors"),
            },
            cwd=self.folder,
            text=True,
            preexec_fn=_heed_ctrl_c,
        )

    def json(self, *arguments: str | Path, stdin: str = "") -> Any:
        """The object on the last line of a command that succeeds."""
        done = self.run(*arguments, "--json", stdin=stdin)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def batch(self, *lines: str | bytes) -> list[dict[str, Any]]:
        """Answers to the lines of an input file."""
        source, sink = self.folder / "in.jsonl", self.folder / "out.jsonl"
        raw = [line if isinstance(line, bytes) else line.encode() for line in lines]
        source.write_bytes(b"\n".join(raw))
        done = self.run("ask", "--input", source, "--output", sink)
        assert (done.returncode, done.stderr) == (0, "")
        return [json.loads(line) for line in sink.read_text(encoding="utf-8").splitlines()]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of the database; none before it has its tables."""
        path = self.home / "deskhand.db"
        if not path.exists():
            return []
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as db:
                return db.execute(statement).fetchall()
        except sqlite3.OperationalError:
            return []

    def wait_for(self, condition: Callable[[], bool], process: subprocess.Popen[str]) -> bool:
        """Polls until the condition holds (true) or the process ended before (false)."""
        give_up_at = time.monotonic() + LIMIT_S
        while not condition():
            if process.poll() is not None:
                return condition()
            assert time.monotonic() < give_up_at, "waited in vain"
            time.sleep(0.005)
        return True

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "DESKHAND_HOME": str(self.home),
            "DESKHAND_EMBEDDING_CACHE": os.environ["DESKHAND_EMBEDDING_CACHE"],
            **self.settings,
        }


@pytest.fixture
def deskhand(tmp_path: Path) -> Deskhand:
    """On an empty home."""
    return Deskhand(tmp_path)


DOCUMENTS = {
    "leave.md": "# Parental leave\n\nParental leave is 16 weeks for every parent.\n\n"
    "Tell HR three months before.\n",
    "wifi.md": "# Wifi\n\nThe guest wifi is called DeskNet. Its password changes on Mondays.\n",
    "bonus.md": "---\naudience: [group:S0LEADS]\n---\n\n# Bonus\n\n"
    "The leads' bonus is 20 percent.\n",
}


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with documents and the home that `deskhand ingest` made of them."""
    folder = tmp_path_factory.mktemp("filled")
    (folder / "docs").mkdir()
    for name, text in DOCUMENTS.items():
        (folder / "docs" / name).write_text(text, encoding="utf-8")
    assert Deskhand(folder).json("ingest", "docs")["added"] == len(DOCUMENTS)
    return folder


@pytest.fixture
def knowing(filled: Path, tmp_path: Path) -> Deskhand:
    """On a copy of a home that holds `DOCUMENTS`; its source is a folder they all share."""
    copy_home(filled / "home", tmp_path / "home")
    return Deskhand(tmp_path)


def assert_refused(done: subprocess.CompletedProcess, code: int, *words: str) -> None:
    """One sentence on standard error, none on standard output, no traceback."""
    assert done.returncode == code, (done.stdout, done.stderr)
    assert done.stdout == ""
    assert done.stderr.startswith("deskhand: ")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


@pytest.fixture
def refused() -> Callable[..., None]:
    """`refused(done, code, *words)`: asserts a refusal in one sentence."""
    return assert_refused


SLACK_NAMES = "SLACK_BOT_TOKEN SLACK_APP_TOKEN SLACK_SIGNING_SECRET SLACK_CLIENT_ID".split()
PROXIES = "HTTP_PROXY HTTPS_PROXY http_proxy https_proxy".split()


@pytest.fixture
async def workspace(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalWorkspace]:
    """A local Slack; skipped where Slack's published pages, by which it answers, are absent."""
    if not (PUBLISHED / "methods").is_dir():
        pytest.skip(f"Slack's published pages are absent from {PUBLISHED}")
    for name in (*SLACK_NAMES, *PROXIES):  # the SDKs take these up without a word
        monkeypatch.delenv(name, raising=False)
    async with LocalWorkspace(seed=7) as opened:
        yield opened
