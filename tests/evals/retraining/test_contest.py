from __future__ import annotations

import numpy as np
import pytest

from evals.retraining.contest import LEVEL, contest


def test_a_clear_gain_is_better() -> None:
    found = contest(np.array([0.0] * 20 + [1.0] * 30), np.ones(50))
    assert found.is_better
    assert not found.is_worse
    assert (found.champion, found.challenger, found.rows) == (0.6, 1.0, 50)
    assert found.gain == pytest.approx(0.4)
    assert found.low is not None
    assert found.low > 0


def test_the_same_is_neither() -> None:
    same = np.array([0.0, 1.0] * 20)
    found = contest(same, same)
    assert (found.is_better, found.is_worse, found.gain) == (False, False, 0.0)


def test_a_gain_by_chance_is_not_promoted() -> None:
    """Challengers as good as the champion: at most half the level are taken for better ones."""
    rng = np.random.default_rng(5)
    better = 0
    for _ in range(200):
        champion = (rng.uniform(size=60) < 0.7).astype(float)
        challenger = (rng.uniform(size=60) < 0.7).astype(float)
        better += contest(champion, challenger).is_better
    assert better <= 200 * LEVEL / 2 + 7  # 3 standard deviations above the mean


def test_no_rows_are_no_contest() -> None:
    with pytest.raises(ValueError, match="at least one"):
        contest(np.array([]), np.array([]))
