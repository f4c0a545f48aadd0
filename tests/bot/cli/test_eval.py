from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.cli.main import build_parser, main
from bot.evals.cron import next_due
from engine.errors import WrongUse
from tests.evals.running.worlds import make_world

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "name an action"),
        (["baseline"], "deskhand eval baseline --help"),
        (["run", "nonsense"], "'nonsense' is nothing to evaluate; there are sample"),
        (["run", "sample", "--suite", "speeed"], "'speeed' is no suite"),
        (["run", "own"], "no case is saved yet"),
        (["show", "1234"], "there is no single run '1234'"),
        (["cancel", "1234"], "there is no single run '1234'"),
        (["compare", "a", "b"], "'a' is no baseline, run or file"),
        (["baseline", "set"], "no run has ended yet"),
        (["schedule", "add", "n", "sample", "every day"], "is no schedule"),
        (["schedule", "remove", "n"], "there is no schedule 'n'"),
        (["judge", "calibrate", "x.jsonl", "--judge", "local"], "'local' is no model"),
    ],
)
def test_wrong_use_is_one_sentence_and_exits_with_2(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert sentence in captured.err
    assert captured.err.count("\n") == 1


def test_amounts_and_numbers_that_are_none_are_refused() -> None:
    for option in (["--max-cost", "-1"], ["--max-cost", "inf"], ["--concurrency", "0"]):
        with pytest.raises(SystemExit) as ended:
            build_parser().parse_args(["eval", "run", "sample", *option])
        assert ended.value.code == 2


def test_a_schedule_is_added_listed_and_removed(capsys: pytest.CaptureFixture[str]) -> None:
    add = ["schedule", "add", "nightly", "sample", "30 3 * * mon-fri", "--timezone"]
    assert main(["eval", *add, "Europe/Berlin", "--suite", "retrieval", "--json"]) == 0
    added = said(capsys)
    assert added["target"] == "sample"
    assert main(["eval", "schedule", "list", "--json"]) == 0
    assert said(capsys) == {"schedules": [added]}
    assert main(["eval", "schedule", "list"]) == 0
    assert "nightly: sample at 30 3 * * mon-fri Europe/Berlin" in capsys.readouterr().out
    assert main(["eval", "schedule", "remove", "nightly"]) == 0
    capsys.readouterr()
    assert main(["eval", "schedule", "list", "--json"]) == 0
    assert said(capsys) == {"schedules": []}


def test_a_schedule_is_due_by_the_clock_of_its_zone() -> None:
    assert next_due("30 3 * * *", "UTC", NOW) == datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
    berlin = next_due("30 3 * * *", "Europe/Berlin", NOW)
    assert berlin == datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
    with pytest.raises(WrongUse, match="is no time zone"):
        next_due("30 3 * * *", "Europe/Nowhere", NOW)
    with pytest.raises(WrongUse, match="names no moment"):
        next_due("0 0 31 2 *", "UTC", NOW)


@pytest.mark.slow
def test_a_run_is_shown_compared_and_made_a_baseline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(make_world(tmp_path / "world"))
    run = ["eval", "run", folder, "--suite", "retrieval"]
    assert main([*run, "--json", "--report", "made"]) == 0
    first = said(capsys)
    assert (first["state"], first["cases"], first["cached"]) == ("done", 12, 0)
    assert (tmp_path / "made" / "report.html").is_file()
    run_id = str(first["run_id"])
    assert main(["eval", "baseline", "set", "release", run_id[:8], "--json"]) == 0
    assert said(capsys)["run_id"] == run_id
    assert main(["eval", "baseline", "set", "--file", "base.json"]) == 0
    capsys.readouterr()
    assert main(["eval", "baseline", "list"]) == 0
    assert f"release  run {run_id[:8]}" in capsys.readouterr().out
    assert main([*run, "--compare", "release", "--gate", "--json"]) == 0
    second = said(capsys)
    assert second["cached"] == 12
    assert second["gate"] == {"passed": True, "reasons": [], "notes": []} or second["passed"]
    assert main(["eval", "compare", "base.json", str(second["run_id"]), "--gate"]) == 0
    out = capsys.readouterr().out
    assert "12 cases are in both runs" in out
    assert "no metric differs significantly" in out
    assert main(["eval", "list"]) == 0
    assert capsys.readouterr().out.count("12 of 12 cases") == 2
    assert main(["eval", "show", run_id]) == 0
    assert "Recall@5" in capsys.readouterr().out
    assert main(["eval", "cancel", run_id]) == 2
    assert "is over already (done)" in capsys.readouterr().err
