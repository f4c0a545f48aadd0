"""Several tests at once: p-values adjusted so that a family of them keeps its level."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values, in the order given; empty for none.

    With them sorted ascending, p'_i = max over j <= i of min(1, (m - j + 1) p_j): a family with
    any p' below alpha by chance happens with a probability of at most alpha, however the tests
    depend on each other.
    Source: Holm, A simple sequentially rejective multiple test procedure (1979).
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for place, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[i]))
        adjusted[i] = highest
    return adjusted


def family_of(least_p_values: Sequence[float], alpha: float) -> list[int]:
    """The places of the tests that a family should hold, given the smallest p each could give.

    A test that cannot reach its share of alpha only makes the others weaker. K is the smallest
    number such that at most K tests can reach alpha / K; those are the family. What a test could
    give at least must not depend on which run was the baseline, so that choosing by it is fair.
    Source: Tarone, A modified Bonferroni method for discrete data (1990).
    """
    for share in range(1, len(least_p_values) + 1):
        able = [i for i, least in enumerate(least_p_values) if least <= alpha / share]
        if len(able) <= share:
            return able
    return []
