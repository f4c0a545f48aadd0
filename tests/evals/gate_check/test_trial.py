"""Runs under conditions, against the shipped sample."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evals.gate_check.__main__ import BREAKAGES, GateJudge
from evals.gate_check.trial import SUITES, Condition, Trials
from evals.home import bring_up_to_date, open_home
from evals.running.targets import load_target
from evals.statistics.compare import compare
from evals.statistics.comparison import Verdict
from evals.statistics.gate import gate
from evals.suites.catalogue import METRICS

pytestmark = pytest.mark.slow

CASES = 60
GATED = [metric for metric in METRICS if metric.in_gate]


async def trials_in(home: Path) -> Trials:
    sample = load_target("sample", home, SUITES).dataset
    async with open_home(home) as engine:
        await bring_up_to_date(engine, sample.sources, lambda _: None)
    return Trials(home, sample.cases[:CASES], GateJudge())


async def test_the_gate_tells_a_broken_part_from_the_same_again(tmp_path: Path) -> None:
    trials = await trials_in(tmp_path)
    whole = await trials.run(Condition(), "whole")
    again = await trials.run(Condition(), "again")
    found = compare(whole, again, 7, GATED)
    assert gate(found, again).passed
    assert found.flips == ()

    blind = await trials.run(replace(BREAKAGES["retriever"].broken, seed=3), "random passages")
    found = compare(whole, blind, 7, GATED)
    assert "recall_at_5" in {row.metric for row in found.of(Verdict.WORSE)}
    assert not gate(found, blind).passed

    breakage = BREAKAGES["verifier"]
    checked = await trials.run(breakage.whole, "checked")
    unchecked = await trials.run(breakage.broken, "unchecked")
    found = compare(checked, unchecked, 7, GATED)
    assert "citation_precision" in {row.metric for row in found.of(Verdict.WORSE)}
    assert not gate(found, unchecked).passed
