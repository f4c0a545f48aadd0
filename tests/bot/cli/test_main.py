from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.main import build_parser, main

ROOT = Path(__file__).parents[3]
HEAVY = ("numpy", "sqlalchemy", "pydantic", "rich", "onnxruntime", "fsspec", "aiohttp", "asyncio")
COMMANDS = sorted(
    name
    for action in build_parser()._actions
    if isinstance(action, argparse._SubParsersAction)
    for name in action.choices
)


def exit_code(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def one_sentence(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("deskhand: ")
    assert captured.err.count("\n") == 1
    assert captured.err.endswith("\n")
    return captured.err


def test_there_are_commands() -> None:
    assert {"ingest", "ask", "chat", "demo", "migrate", "sources"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_shows_an_example(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code([command, "--help"]) == 0
    captured = capsys.readouterr()
    assert f"example:\n  deskhand {command}" in captured.out
    assert f"usage: deskhand {command}" in captured.out
    assert "--json" in captured.out
    assert captured.err == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_module_that_runs_it(command: str) -> None:
    module = __import__(f"bot.cli.{command}", fromlist=["run"])
    assert callable(module.run)
    assert f"deskhand {command}" in (module.__doc__ or "")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_of_every_command_is_a_line_it_takes(command: str) -> None:
    import shlex

    (choices,) = (
        a.choices for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction)
    )
    epilog = choices[command].epilog or ""
    line = shlex.split(epilog.partition("example:")[2])
    assert line[0] == "deskhand"
    assert build_parser().parse_args(line[1:]).command == command


def test_the_help_lists_every_command_and_the_exit_codes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert exit_code(["--help"]) == 0
    out = capsys.readouterr().out
    listed = [line.split()[0] for line in out.splitlines() if line.startswith("    ")]
    assert [command for command in COMMANDS if command not in listed] == []
    assert "exit codes: 0 done, 1 failed, 2 wrong use" in out
    assert "DESKHAND_HOME" in out


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("deskhand 0.")


def test_without_a_command_the_help_is_shown_and_this_is_wrong_use(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 2
    assert "usage: deskhand" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frobnicate"], "frobnicate"),
        (["--frobnicate"], "--frobnicate"),
        (["ask", "--frobnicate", "q"], "--frobnicate"),
        (["ask", "--input"], "--input"),
        (["migrate", "now"], "now"),
    ],
)
def test_a_command_line_that_is_not_understood_is_one_sentence_and_wrong_use(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(arguments) == 2
    sentence = one_sentence(capsys)
    assert said in sentence
    assert "--help`" in sentence


def test_a_command_names_itself_when_its_options_are_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert exit_code(["ask", "--input"]) == 2
    assert "deskhand ask --help" in one_sentence(capsys)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["ask", "q", "--input", "x"], 2, "either a question or --input"),
        (["ask", "q", "--output", "x"], 2, "--output needs --input"),
        (["ask", "--input", "none.jsonl"], 2, "none.jsonl cannot be read"),
        (["ask", "q", "--audience", "admins"], 2, "is not an audience tag"),
        (["ingest", "x", "--audience", "admins"], 2, "is not an audience tag"),
        (["ingest"], 2, "name a source"),
        (["ingest", "none"], 1, "none does not exist"),
        (["ingest", "nothing://x"], 1, "nothing:// cannot be read"),
        (["sources", "--remove", "none"], 2, "was not ingested"),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_what_cannot_be_done_is_one_sentence_with_its_exit_code(
    arguments: list[str],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path / "home"))
    assert main(arguments) == code
    assert said in one_sentence(capsys)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DESKHAND_TENNANT", "x", "did you mean DESKHAND_TENANT"),
        ("DESKHAND_RETRIEVAL__TOP_K", "hunter2", "DESKHAND_RETRIEVAL__TOP_K has a bad value"),
        ("OPENAI_BASE_URL", "hunter2", "OPENAI_BASE_URL is no address; use http://HOST"),
        ("DATABASE_URL", "mysql://u:hunter2@h/d", "DATABASE_URL names mysql"),
        ("DESKHAND_HOME", "/dev/null", "is not a folder"),
    ],
)
def test_a_wrong_setting_is_one_sentence_and_wrong_use(
    name: str,
    value: str,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(name, value)
    assert main(["migrate"]) == 2
    sentence = one_sentence(capsys)
    assert said in sentence
    assert "hunter2" not in sentence


def test_migrate_says_what_it_did_to_machines_and_to_people(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from engine.storage.migrate import HEAD

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path / "home"))
    assert main(["migrate", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"before": None, "after": HEAD}
    assert main(["migrate"]) == 0
    assert f"up to date ({HEAD})" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["--version"], ["bogus"]])
def test_nothing_heavy_is_imported_to_show_the_help(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom bot.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = set(done.stderr.split())
    assert "bot.cli.main" in loaded
    assert [name for name in HEAVY if name in loaded] == []


@pytest.mark.slow
@pytest.mark.parametrize("command", ["ingest", "sources", "ask", "fit", "triage"])
def test_what_works_without_slack_imports_nothing_of_it(command: str) -> None:
    code = f"import sys, bot.cli.{command}\n"
    code += "print({name.partition('.')[0] for name in sys.modules} & set(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, "slack_sdk", "slack_bolt", "aiohttp", "apscheduler"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "code"), [(["migrate", "--json"], 1), (["--help"], 0)])
def test_a_reader_that_goes_away_is_no_traceback(
    arguments: list[str], code: int, tmp_path: Path
) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli.main", *arguments],
        cwd=ROOT,
        stdout=write_end,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        env={"PATH": os.environ["PATH"], "DESKHAND_HOME": str(tmp_path)},
    )
    os.close(write_end)
    assert done.stderr == ""
    assert done.returncode == code
