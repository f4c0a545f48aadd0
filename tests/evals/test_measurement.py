from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.measurement import Findings, at_least, measurement_parser


def test_the_options_that_all_measurements_share() -> None:
    parser = measurement_parser("evals.x", "Measures x.", "--only a", ("a", "b"))
    parser.add_argument("--size", type=at_least(200))
    args = parser.parse_args(["--only", "b", "--seed", "3", "--size", "200"])
    assert (args.only, args.seed, args.size) == (["b"], 3, 200)
    assert parser.parse_args([]).datasets.name == "datasets"
    for wrong in (["--only", "c"], ["--size", "199"], ["--size", "x"]):
        with pytest.raises(SystemExit) as ended:
            parser.parse_args(wrong)
        assert ended.value.code == 2


def test_the_last_line_and_the_exit_code_say_what_holds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    findings = Findings()
    findings.sets["a"] = {"auroc": 0.5}
    findings.skip("b", Path("/nowhere/b"))
    assert findings.finish(seed=7, more={"extra": 1}) == 0
    findings.broken.append("a: auroc is low")
    assert findings.finish(seed=7) == 1
    shown = capsys.readouterr()
    first, second = (json.loads(line) for line in shown.out.splitlines())
    assert (first["holds"], first["skipped"], first["extra"]) == (True, ["b"], 1)
    assert (second["holds"], second["not_held"]) == (False, ["a: auroc is low"])
    assert "not held: a: auroc is low" in shown.err
