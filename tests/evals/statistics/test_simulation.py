"""The comparison against made-up runs of which the truth is known."""

from __future__ import annotations

import json

import pytest

from evals.metrics import wilson
from evals.statistics.__main__ import main
from evals.statistics.comparison import ALPHA
from evals.statistics.simulation import simulate


@pytest.mark.slow
def test_unchanged_runs_are_called_changed_as_rarely_as_stated() -> None:
    called = sum(simulate(60, 0.0, seed).called for seed in range(60))
    assert wilson(called, 60)[0] <= ALPHA


@pytest.mark.slow
def test_a_tenth_of_the_cases_broken_mostly_fails_the_gate_and_a_fifth_always() -> None:
    assert sum(simulate(300, 0.1, seed).failed for seed in range(6)) >= 5
    assert all(simulate(300, 0.2, seed).failed for seed in range(3))


@pytest.mark.slow
def test_the_command_writes_shares_with_their_intervals(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--size", "1"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["holds"] is True
    assert [row["broken_share"] for row in figures["measured"]][:4] == [0.0, 0.03, 0.05, 0.1]
    assert len(figures["measured"][0]["gate_failed_interval_95"]) == 2


def test_the_size_has_to_be_a_number_above_zero() -> None:
    with pytest.raises(SystemExit) as wrong:
        main(["--size", "0"])
    assert wrong.value.code == 2
