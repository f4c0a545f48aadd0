from __future__ import annotations

import numpy as np
import pytest

from engine.answerability.calibration import Calibration, fit_calibration
from engine.answerability.model import PRIOR


def drawn(n: int, slope: float, offset: float, seed: int = 3) -> tuple[list[float], list[bool]]:
    """Stated confidences and outcomes whose true log odds are slope x stated + offset."""
    rng = np.random.default_rng(seed)
    stated = rng.uniform(0.05, 0.95, n)
    true = Calibration(slope=slope, offset=offset).probabilities(stated)
    return stated.tolist(), (rng.uniform(size=n) < true).tolist()


def test_a_bend_is_found_again() -> None:
    found = fit_calibration(*drawn(4_000, 0.5, -1.0))
    assert found.slope == pytest.approx(0.5, abs=0.1)
    assert found.offset == pytest.approx(-1.0, abs=0.1)


def test_no_verdicts_change_nothing() -> None:
    assert fit_calibration([], []) == Calibration()


def test_a_few_verdicts_move_it_little() -> None:
    found = fit_calibration([0.9, 0.8], [False, False])
    assert 0.5 < found.probability(0.9) < 0.9


@pytest.mark.parametrize("right", [True, False])
def test_one_kind_alone_stays_finite(right: bool) -> None:
    found = fit_calibration([0.01, 0.5, 0.99] * 200, [right] * 600)
    assert 0 < found.probability(0.5) < 1
    assert found.slope > 0


def test_order_is_never_turned_round() -> None:
    stated, _ = drawn(500, 1.0, 0.0)
    found = fit_calibration(stated, [confidence < 0.5 for confidence in stated])
    assert found.probability(0.9) > found.probability(0.1)


def test_calibrations_compose() -> None:
    first, second = Calibration(slope=0.7, offset=0.3), Calibration(slope=1.4, offset=-0.2)
    both = second.after(first)
    for p in (0.1, 0.5, 0.93):
        assert both.probability(p) == pytest.approx(second.probability(first.probability(p)))


def test_a_calibrated_model_gives_the_calibrated_probability() -> None:
    change = Calibration(slope=0.6, offset=-0.4)
    model = change.applied_to(PRIOR, name="changed")
    for sentence in (0.2, 0.5, 0.8):
        features = {"sentence": sentence, "gap": 0.1, "focus": 0.5}
        assert model.probability(features) == pytest.approx(
            change.probability(PRIOR.probability(features)), abs=1e-6
        )
    assert model.probability({}) == 0.0
