from __future__ import annotations

import pytest

from evals.triage.__main__ import broken_aims, parse_arguments

GOOD = {"ece": 0.02, "accuracy_gain": 0.02, "held_out_categories_auroc": 0.87}


def test_an_aim_that_is_missed_is_named() -> None:
    assert broken_aims("x", GOOD) == []
    for name, value in [
        ("ece", 0.021),
        ("accuracy_gain", 0.019),
        ("held_out_categories_auroc", 0.86),
        ("held_out_categories_auroc", None),
    ]:
        (sentence,) = broken_aims("x", GOOD | {name: value})
        assert sentence.startswith("x: ")


def test_a_size_too_small_is_wrong_use() -> None:
    with pytest.raises(SystemExit) as caught:
        parse_arguments(["--size", "10"])
    assert caught.value.code == 2
