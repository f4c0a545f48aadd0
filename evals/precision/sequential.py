"""Whether the share of right answers has fallen below a target, looked at as often as one likes.

A bet against "each answer is right with at least the target's probability m, whatever came before":
the stake grows by 1 + s (m - x) with each answer x (1 right, 0 wrong). While that holds, the stake
is a supermartingale whatever s in [0, 1/(1 - m)) is, so that with probability at most 1/k
it ever reaches k (Ville, 1939). The bet is spread over several s, and over when the fall began,
with shares that sum to 1; a sum of such bets is one. It is therefore tested after every answer, and
the probability of any false alarm, ever, is at most `FALSE_ALARM_RATE`.
Source: Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting (2024); the
spread over beginnings as in Shin, Ramdas and Rinaldo, E-detectors (2023).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

FALSE_ALARM_RATE = 0.01
_STAKES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Of the largest that can be staked."""
_BLOCK = 5
"""Answers between two beginnings."""


def fell_below(
    right: Sequence[bool], target: float, *, false_alarm_rate: float = FALSE_ALARM_RATE
) -> int | None:
    """After how many answers it is certain enough that fewer than the target are right; None where
    it is not. right: in the order in which they were judged."""
    if not right:
        return None
    wealth = log_wealth(right, target)
    reached = np.flatnonzero(wealth >= np.log(1 / false_alarm_rate))
    return int(reached[0]) + 1 if reached.size else None


def log_wealth(
    right: Sequence[bool], target: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Logarithm of the stake after each answer."""
    x = np.asarray(right, dtype=np.float64)
    count = len(x)
    starts = np.arange(0, count, _BLOCK)
    # Shares 1/(j (j + 1)) of beginnings sum to 1; those still to come hold their stake unchanged.
    share = np.log(1.0 / ((np.arange(len(starts)) + 1.0) * (np.arange(len(starts)) + 2.0)))
    columns = [_to_come(len(starts), count)]
    for stake in _STAKES:
        steps = np.log1p(stake / (1 - target) * (target - x))
        total = np.concatenate([[0.0], np.cumsum(steps)])
        grown = total[1:, None] - total[starts][None, :] + share[None, :]
        begun = np.arange(1, count + 1)[:, None] > starts[None, :]
        columns.append(
            np.where(begun, grown, -np.inf).max(axis=1)
            + np.log(_relative(np.where(begun, grown, -np.inf)))
            - np.log(len(_STAKES))
        )
    every = np.stack(columns)
    top = every.max(axis=0)
    found: np.ndarray[tuple[int], np.dtype[np.float64]] = top + np.log(np.exp(every - top).sum(0))
    return found


def _relative(
    logs: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Sum of each row's exponentials, in units of its largest."""
    return np.asarray(np.exp(logs - logs.max(axis=1, keepdims=True)).sum(axis=1))


def _to_come(starts: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Logarithm of what is kept for beginnings that have not come: 1/(j + 1) after j of them."""
    begun = np.minimum((np.arange(count) // _BLOCK) + 1, starts)
    return np.asarray(-np.log(begun + 1.0))
