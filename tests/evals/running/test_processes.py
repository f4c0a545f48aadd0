"""Runs as processes: killed, interrupted, cancelled from outside, started twice."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.evals.running.worlds import make_world

pytestmark = pytest.mark.slow  # every test starts the command

ROOT = Path(__file__).parents[3]
CASES = 600
ENDLESS = 6_000
"""More than a test waits for."""
Start = Callable[..., subprocess.Popen[str]]


def heed_ctrl_c() -> None:
    """A gate that runs in the background hands its children an ignored SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_world(tmp_path / "world", cases=CASES)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the command in a home of its own."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        made = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "bot.cli.main", "eval", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "DESKHAND_HOME": str(tmp_path / "home"),
            },
            preexec_fn=heed_ctrl_c,
        )
        started.append(made)
        return made

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def begin(start: Start, folder: Path, *more: str) -> subprocess.Popen[str]:
    arguments = ("--suite", "retrieval", "--concurrency", "1", "--json", *more)
    return start("run", str(folder), *arguments)


def rows(tmp_path: Path, statement: str) -> list[Any]:
    path = tmp_path / "home" / "deskhand.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute(statement).fetchall()


def wait_until_asked(tmp_path: Path, process: subprocess.Popen[str], least: int) -> None:
    """Until that many answers are stored and the run is not over."""
    while True:
        assert process.poll() is None, process.communicate()
        try:
            ((done,),) = rows(tmp_path, "SELECT count(*) FROM eval_answers")
        except sqlite3.OperationalError:
            done = 0
        if done >= least:
            return
        time.sleep(0.05)


def finish(process: subprocess.Popen[str], code: int) -> tuple[dict[str, Any], str]:
    out, err = process.communicate(timeout=300)
    assert process.returncode == code, err
    return (json.loads(out.splitlines()[-1]) if out else {}), err


def test_a_killed_run_is_gone_on_with(start: Start, folder: Path, tmp_path: Path) -> None:
    first = begin(start, folder)
    wait_until_asked(tmp_path, first, 5)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    ((run_id, state),) = rows(tmp_path, "SELECT id, state FROM eval_runs")
    assert state == "running"
    ((kept,),) = rows(tmp_path, "SELECT count(*) FROM eval_answers")
    with closing(sqlite3.connect(tmp_path / "home" / "deskhand.db")) as db:
        # The lease of the dead process would hold for a minute.
        db.execute("UPDATE eval_runs SET lease_until = '2026-01-01 00:00:00.000000'")
        db.commit()
    found, _ = finish(begin(start, folder), 0)
    assert (found["run_id"], found["state"], found["cases"]) == (run_id, "done", CASES)
    assert found["cached"] == kept
    assert 5 <= kept < CASES


def test_ctrl_c_ends_a_run_that_goes_on_later(start: Start, folder: Path, tmp_path: Path) -> None:
    first = begin(start, folder)
    wait_until_asked(tmp_path, first, 5)
    first.send_signal(signal.SIGINT)
    _, err = finish(first, 130)
    assert "stopped; what was done is kept" in err
    ((kept,),) = rows(tmp_path, "SELECT count(*) FROM eval_answers")
    second = begin(start, folder)
    wait_until_asked(tmp_path, second, kept + 1)
    second.send_signal(signal.SIGTERM)
    _, err = finish(second, 130)
    assert "stopped; what was done is kept" in err
    ((run_id,),) = rows(tmp_path, "SELECT id FROM eval_runs")
    found, _ = finish(begin(start, folder), 0)
    assert found["run_id"] == run_id
    assert kept < found["cached"] < CASES


def test_a_run_is_cancelled_and_refused_from_other_processes(start: Start, tmp_path: Path) -> None:
    folder = make_world(tmp_path / "world", cases=ENDLESS)
    first = begin(start, folder)
    wait_until_asked(tmp_path, first, 5)
    _, err = finish(begin(start, folder), 1)
    assert "is being evaluated already" in err
    assert err.count("deskhand: ") == 1
    ((run_id,),) = rows(tmp_path, "SELECT id FROM eval_runs")
    cancelled, _ = finish(start("cancel", run_id[:8], "--json"), 0)
    assert cancelled["run_id"] == run_id
    found, _ = finish(first, 1)
    assert (found["state"], found["passed"]) == ("cancelled", False)
    assert 5 <= found["cases"] < ENDLESS
    shown, _ = finish(start("show", run_id[:8], "--json"), 0)
    assert shown["state"] == "cancelled"
    assert shown["figures"]["recall_at_5"]["cases"] <= found["cases"]
