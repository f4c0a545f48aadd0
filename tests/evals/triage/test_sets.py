from __future__ import annotations

from pathlib import Path

import pytest

from engine.triage.examples import Example
from evals.triage.sets import Parts, cut, load_parts


def test_an_absent_set_is_none(tmp_path: Path) -> None:
    assert load_parts("banking77", tmp_path, 7) is None


def test_a_cut_keeps_whole_categories() -> None:
    fit = [Example(text=f"{c}{n}", category=str(c)) for c in range(20) for n in range(10)]
    parts = cut(Parts(fit=fit, judged=fit, outsiders=[]), 80, 7)
    names = {e.category for e in parts.fit}
    assert len(names) == 8
    assert len(parts.fit) == 80
    assert {e.category for e in parts.judged} == names


@pytest.mark.parametrize("name", ["banking77", "clinc150", "hwu64"])
def test_a_set_is_learned_from_one_part_and_judged_on_another(datasets: Path, name: str) -> None:
    parts = load_parts(name, datasets, 7)
    assert parts is not None
    assert {e.category for e in parts.judged} <= {e.category for e in parts.fit}
    assert bool(parts.outsiders) == (name == "clinc150")
