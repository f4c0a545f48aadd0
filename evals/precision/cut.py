"""From verdicts to a threshold: the least confidence from which on enough answers are right.

Three kinds of evidence, the first that says enough:

1. The channel's own verdicts. The answers are ordered by confidence, and sets of the most
   confident ones are tested, each against "at most the target is right" by the exact binomial
   test, from the smallest set that could pass to larger ones, ending at the first that fails. The
   sets' sizes follow from the confidences alone, so testing in this fixed order costs no
   correction; there are three starts, each at a third of the level. With probability at least 90%
   the share of right answers above the threshold is the target or more.
   Source: Angelopoulos et al., Learn then Test (2021), fixed sequence testing with several starts.
2. The tenant's verdicts, in the same way: other channels ask other questions, so this says less.
3. An estimate: the engine's calibrated confidence, bent to the verdicts that there are by isotonic
   regression. Of each twentieth of the confidence the calibration itself counts as one verdict,
   so that with few verdicts it stands as it is and with many it has no say. The threshold
   is the least from which the mean of the estimates is at the target, over the confidences that
   were seen; with too few seen, the least confidence whose own estimate is.

Verdicts are of answers that somebody judged. Where people judge mostly what is wrong, the share is
underestimated and the threshold too high: a person is asked too often rather than too rarely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from evals.precision.bounds import Share, p_at_most, share_of

LEVEL = 0.9
"""With which a proven threshold holds."""
NOTHING = 1.01
"""A threshold that no answer reaches."""
_STARTS = (1.0, 2.0, 4.0)
_GROWTH = 1.1
_LEAST_SEEN = 30
_PRIOR = np.arange(0.025, 1.0, 0.05)

Floats = NDArray[np.float64]


class Basis(StrEnum):
    """What a threshold rests on."""

    CHANNEL = "channel"
    TENANT = "tenant"
    ESTIMATE = "estimate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An answer that somebody judged."""

    confidence: float
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """confidence: the threshold; above 1 nothing is shown. share: of the channel's judged answers
    at or above it."""

    confidence: float
    basis: Basis
    share: Share


def fit_cut(
    channel: Sequence[Judged], tenant: Sequence[Judged], seen: Sequence[float], *, target: float
) -> Cut:
    """The threshold of a channel.

    tenant: of every channel, this one's too. seen: confidences of the channel's latest answers,
    judged or not. target: share that is to be right, in (0, 1).
    """
    found, basis = proven_cut(channel, target), Basis.CHANNEL
    if found is None:
        # What contradicts the target here is not outvoted by other channels.
        refuted = len(channel) >= least_answers(target) and not _may_hold(channel, target)
        found, basis = None if refuted else proven_cut(tenant, target), Basis.TENANT
    if found is None:
        known = channel if len(channel) >= least_answers(target) else tenant
        found, basis = estimated_cut(known, seen, target), Basis.ESTIMATE
    return Cut(confidence=found, basis=basis, share=share_above(channel, found))


def share_above(judged: Sequence[Judged], confidence: float) -> Share:
    """Of those at or above a confidence."""
    above = [each.right for each in judged if each.confidence >= confidence]
    return share_of(sum(above), len(above))


def least_answers(target: float, level: float = LEVEL) -> int:
    """How many answers prove a target at the least, if all are right."""
    alpha = (1 - level) / len(_STARTS)
    return int(np.ceil(np.log(alpha) / np.log(target)))


def proven_cut(judged: Sequence[Judged], target: float, level: float = LEVEL) -> float | None:
    """The threshold as in 1. above; None where the verdicts prove none."""
    count, least = len(judged), least_answers(target, level)
    if count < least:
        return None
    confidence, right = _sorted(judged)
    total, alpha = np.cumsum(right), (1 - level) / len(_STARTS)
    best: float | None = None
    for start in _STARTS:
        size = least * start
        while True:
            cut = confidence[min(round(size), count) - 1]
            taken = int(np.searchsorted(-confidence, -cut, side="right"))  # with all that are tied
            if p_at_most(target, int(total[taken - 1]), taken) > alpha:
                break
            best = cut if best is None else min(best, cut)
            if taken == count:
                break
            size = max(size, taken) * _GROWTH
        if least * start * 2 > count:
            break
    return None if best is None else float(best)


def estimated_cut(judged: Sequence[Judged], seen: Sequence[float], target: float) -> float:
    """The threshold as in 3. above."""
    confidence, right = _sorted(judged)
    at = np.concatenate([_PRIOR, confidence])
    order = np.argsort(at, kind="stable")
    values = np.concatenate([_PRIOR, right])[order]
    fitted = isotonic(values)
    bent = at[order]
    if len(seen) < _LEAST_SEEN:
        grid = np.arange(0.0, 1.0001, 0.01)
        good = grid[np.interp(grid, bent, fitted) >= target]
        return float(good[0]) if good.size else _own_estimate(bent, fitted, target)
    shown = np.sort(np.asarray(seen, dtype=np.float64))[::-1]
    means = np.cumsum(np.interp(shown, bent, fitted)) / np.arange(1, len(shown) + 1)
    enough = np.flatnonzero(means >= target)
    return float(shown[enough[-1]]) if enough.size else NOTHING


def isotonic(values: Floats) -> Floats:
    """The nearest numbers that never fall, by pooling neighbours that do.

    Source: Barlow et al., Statistical inference under order restrictions (1972).
    """
    means: list[float] = []
    sizes: list[int] = []
    for value in values:
        means.append(float(value))
        sizes.append(1)
        while len(means) > 1 and means[-2] > means[-1]:
            size = sizes[-2] + sizes[-1]
            means[-2:] = [(means[-2] * sizes[-2] + means[-1] * sizes[-1]) / size]
            sizes[-2:] = [size]
    return np.repeat(np.array(means, dtype=np.float64), sizes)


def _own_estimate(bent: Floats, fitted: Floats, target: float) -> float:
    """Beyond the last point of the calibration it goes on to 1, unless verdicts say otherwise."""
    ends_as_calibrated = bent[-1] == _PRIOR[-1] and fitted[-1] >= _PRIOR[-1]
    return target if ends_as_calibrated else NOTHING


def _may_hold(judged: Sequence[Judged], target: float) -> bool:
    """Whether the most confident ones do not speak against the target."""
    _, right = _sorted(judged)
    top = right[: least_answers(target)]
    return float(top.mean()) >= target


def _sorted(judged: Sequence[Judged]) -> tuple[Floats, Floats]:
    """Confidences from the highest, and 1.0 for each right one."""
    ordered = sorted(judged, key=lambda each: -each.confidence)
    return (
        np.array([each.confidence for each in ordered], dtype=np.float64),
        np.array([float(each.right) for each in ordered], dtype=np.float64),
    )
