from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.corpora import default_datasets
from evals.verification.__main__ import coverage, main, not_held
from evals.verification.pair import Pair
from evals.verification.sets import SET_NAMES, load_claims


def test_absent_sets_are_skipped_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--datasets", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["skipped"] == list(SET_NAMES)
    assert found["holds"]


@pytest.mark.slow
def test_the_last_line_holds_the_figures_of_a_small_sample(
    capsys: pytest.CaptureFixture[str],
) -> None:
    if load_claims("summedits_sales_email", default_datasets()) is None:
        pytest.skip("faithfulness is absent")
    main(["--only", "summedits_sales_email", "--size", "30"])
    found = json.loads(capsys.readouterr().out.splitlines()[-1])["sets"]["summedits_sales_email"]
    assert found["claims"] == 30
    assert 0 <= found["auroc"] <= 1


def test_coverage_is_the_share_of_terms() -> None:
    pair = Pair(
        claim="Red apples grow", evidence=("An apple is red.",), supported=False, kind="", group=""
    )
    assert coverage(pair) == pytest.approx(2 / 3)


def test_a_figure_at_or_below_coverage_is_not_held() -> None:
    found = {
        "auroc": 0.7,
        "coverage_auroc": 0.7,
        "balanced_accuracy": 0.6,
        "coverage_best_balanced_accuracy": 0.5,
    }
    assert not_held("x", found) == ["x: auroc is 0.700, word coverage has 0.700"]
