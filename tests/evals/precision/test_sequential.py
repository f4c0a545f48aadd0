from __future__ import annotations

import math

import numpy as np
import pytest

from evals.precision.sequential import FALSE_ALARM_RATE, fell_below, log_wealth


def test_the_first_stake_as_computed_by_hand() -> None:
    # one wrong answer at target .9: half of the stake waits, the other half is spread over
    # five bets that grow by 1 + s * .9 / .1
    grown = np.mean([1 + s * 9 for s in (0.05, 0.1, 0.2, 0.4, 0.8)])
    assert log_wealth([False], 0.9)[0] == pytest.approx(math.log(0.5 + 0.5 * grown))


def test_right_answers_raise_no_alarm() -> None:
    assert fell_below([], 0.9) is None
    assert fell_below([True] * 500, 0.9) is None


@pytest.mark.slow
@pytest.mark.parametrize("target", [0.8, 0.9, 0.95])
def test_false_alarms_are_as_rare_as_stated_however_often_one_looks(target: float) -> None:
    random, trials = np.random.default_rng(7), 2_000
    alarms = sum(
        fell_below((random.random(300) < target).tolist(), target) is not None
        for _ in range(trials)
    )
    # 300 looks each; the bound is 20 of 2,000
    assert alarms <= trials * FALSE_ALARM_RATE


def test_a_fall_is_seen_soon_also_after_a_long_good_time() -> None:
    random = np.random.default_rng(7)
    took = []
    for _ in range(100):
        good, bad = random.random(200) < 0.96, random.random(100) < 0.3
        found = fell_below([*good.tolist(), *bad.tolist()], 0.9)
        assert found is not None
        took.append(found - 200)
    assert 0 < np.median(took) <= 20
