from __future__ import annotations

import numpy as np
import pytest

from evals.precision.bounds import p_at_most, share_of
from evals.precision.cut import (
    NOTHING,
    Basis,
    Judged,
    estimated_cut,
    fit_cut,
    isotonic,
    least_answers,
    proven_cut,
)


def test_an_exact_interval_as_computed_by_hand() -> None:
    # 10 of 10: low = 0.025 ** (1/10); none: the mirror image
    assert share_of(10, 10).low == pytest.approx(0.025**0.1)
    assert share_of(0, 10).high == pytest.approx(1 - 0.025**0.1)
    assert (share_of(0, 0).low, share_of(0, 0).high, share_of(0, 0).value) == (0.0, 1.0, 0.0)
    known = share_of(134, 140)
    assert (round(known.value, 2), round(known.low, 2), round(known.high, 2)) == (0.96, 0.91, 0.98)


def test_a_tail_as_computed_by_hand() -> None:
    assert p_at_most(0.9, 3, 3) == pytest.approx(0.729)
    assert p_at_most(0.5, 0, 4) == pytest.approx(1.0)
    assert p_at_most(0.5, 0, 0) == 1.0


def test_figures_are_those_of_scipy() -> None:
    from scipy.optimize import isotonic_regression
    from scipy.stats import beta, binom

    random = np.random.default_rng(7)
    for answers in (1, 7, 140, 1500):
        for right in {0, 1, answers // 2, answers - 1, answers}:
            found = share_of(right, answers)
            low = beta.ppf(0.025, right, answers - right + 1) if right else 0.0
            high = beta.ppf(0.975, right + 1, answers - right) if right < answers else 1.0
            assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)
            tail = binom.sf(right - 1, answers, 0.9)
            assert p_at_most(0.9, right, answers) == pytest.approx(tail, abs=1e-9)
    values = random.random(200)
    assert isotonic(values) == pytest.approx(isotonic_regression(values).x)


def answers(random: np.random.Generator, count: int, honest: float = 1.0) -> list[Judged]:
    """Whose confidence is the probability that they are right, raised to a power."""
    confidence = random.beta(4, 1, count)
    right = random.random(count) < confidence**honest
    return [Judged(confidence=c, right=bool(r)) for c, r in zip(confidence, right, strict=True)]


def test_few_answers_prove_nothing() -> None:
    least = least_answers(0.9)
    assert proven_cut([Judged(confidence=0.9, right=True)] * (least - 1), 0.9) is None
    assert proven_cut([Judged(confidence=0.9, right=True)] * least, 0.9) == 0.9


def test_a_proven_threshold_holds_as_often_as_it_says() -> None:
    random, target, missed, found = np.random.default_rng(7), 0.9, 0, 0
    for _ in range(300):
        cut = proven_cut(answers(random, 400), target)
        if cut is None:
            continue
        found += 1
        # E[p | p >= c] of Beta(4, 1): (4/5) (1 - c^5) / (1 - c^4)
        missed += 0.8 * (1 - cut**5) / (1 - cut**4) < target
    assert found > 200
    assert missed / 300 <= 0.1


def test_with_no_verdicts_the_engines_own_confidence_is_believed() -> None:
    assert estimated_cut([], [], 0.9) == pytest.approx(0.9)
    assert estimated_cut([], [], 0.99) == pytest.approx(0.99)
    seen = np.linspace(0.5, 0.975, 96).tolist()
    # the mean of those from c to .975 is (c + .975) / 2
    assert estimated_cut([], seen, 0.85) == pytest.approx(0.725, abs=0.01)


def test_verdicts_bend_the_estimate() -> None:
    wrong = [Judged(confidence=0.95 + n / 500, right=False) for n in range(20)]
    assert estimated_cut(wrong, [], 0.9) == NOTHING
    assert estimated_cut(wrong, [0.9] * 40, 0.9) == NOTHING
    right = [Judged(confidence=0.7 + n / 1000, right=True) for n in range(20)]
    assert estimated_cut(right, [], 0.9) < 0.75


def test_a_channel_goes_before_the_tenant_and_is_not_outvoted_by_it() -> None:
    random = np.random.default_rng(7)
    good = [Judged(confidence=c, right=True) for c in random.uniform(0.6, 1, 200)]
    bad = [Judged(confidence=c, right=False) for c in random.uniform(0.6, 1, 60)]
    few = good[:5]
    assert fit_cut(good, [*good, *bad], [], target=0.9).basis is Basis.CHANNEL
    pooled = fit_cut(few, good, [], target=0.9)
    assert (pooled.basis, pooled.share.answers) == (Basis.TENANT, 5)
    broken = fit_cut(bad, [*good, *bad], [0.8] * 50, target=0.9)
    assert (broken.basis, broken.confidence) == (Basis.ESTIMATE, NOTHING)
    assert fit_cut([], [], [], target=0.9).basis is Basis.ESTIMATE
