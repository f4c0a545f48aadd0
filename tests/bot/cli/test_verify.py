from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli.main import main

pytestmark = pytest.mark.slow  # every test starts the command

GOOD = {"id": "a", "claim": "A refund can be had for two weeks after delivery.",
        "evidence": "You can get a refund for 14 days after delivery."}  # fmt: skip
BAD = {
    "id": 2,
    "claim": "Refunds take 30 days.",
    "evidence": ["Refunds take 14 days.", "So it is."],
}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(f"{r if isinstance(r, str) else json.dumps(r)}\n" for r in rows))
    return path


def test_each_line_gets_one_line_in_order(tmp_path: Path) -> None:
    source, sink = write(tmp_path / "in.jsonl", GOOD, BAD), tmp_path / "out.jsonl"
    assert main(["verify", "--input", str(source), "--output", str(sink)]) == 0
    good, bad = map(json.loads, sink.read_text().splitlines())
    assert (good["id"], good["supported"], bad["id"], bad["supported"]) == ("a", True, 2, False)
    assert 0 <= bad["support"] < 0.5 <= good["support"] <= 1
    assert "14 days, not 30 days" in bad["why"]
    assert set(good) == {"id", "support", "supported", "why"}


def test_a_line_that_is_no_claim_says_why_and_the_others_are_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write(
        tmp_path / "in.jsonl",
        "nope",
        {"id": "x"},
        {"claim": "a", "evidence": [1]},
        "[1]",
        "NaN",
        GOOD,
    )
    assert main(["verify", "--input", str(source), "--json"]) == 0
    *rows, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert [row["id"] for row in rows] == ["1", "x", "3", "4", "5", "a"]
    assert all(row["support"] is None and row["error"] in row["why"] for row in rows[:5])
    assert rows[2]["error"] == "`evidence` must be a text or a list of texts"
    del summary["seconds"]
    assert summary == {"checked": 1, "supported": 1, "not_supported": 0, "errors": 5}


@pytest.mark.parametrize("arguments", [["verify"], ["verify", "--input", "absent.jsonl"]])
def test_wrong_use_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code: object = main(arguments)
    except SystemExit as done:
        code = done.code
    assert code == 2
    assert capsys.readouterr().err.startswith("deskhand: ")


def test_the_input_is_never_overwritten(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", GOOD)
    assert main(["verify", "--input", str(source), "--output", str(source)]) == 2
    assert json.loads(source.read_text()) == GOOD


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["verify", "--help"])
    assert "deskhand verify --input claims.jsonl" in capsys.readouterr().out
