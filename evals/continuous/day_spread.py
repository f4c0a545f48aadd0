"""Whether a day stands out among days, which differ more than their questions alone explain.

Colleagues ask about the same thing on the same day, and Mondays are not Fridays. A test that takes
each question for itself would call such days changed. So the spread of the reference's days is
estimated, and the day is held against it; with few days the bounds are wide, because the spread is
hardly known.
Source of scaling by the days' own spread: Laney, Improved control charts for attributes (2002);
as a quasi-likelihood F test: McCullagh and Nelder, Generalized linear models (1989), 4.5 and 9.2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evals.continuous.day_sample import DaySample, Values, pooled_counts
from evals.continuous.two_sample import aligned, chi_square

_NONE = 1e-12


def mean_spread_p(today: Values, days: Sequence[Values]) -> float:
    """p of the day's mean, the dispersion phi of the days' means put in place of 1.

    phi = sum n_d (mean_d - mean)² / (sigma² (k - 1)) over k days; (mean_0 - mean)² over
    sigma² phi (1/n_0 + 1/n) is F(1, k - 1). 0 where the reference's days are all the same.
    """
    k, whole = len(days), np.concatenate(days)
    middle = whole.mean()
    between = sum(len(d) * (d.mean() - middle) ** 2 for d in days) / (k - 1)
    difference = (today.mean() - middle) ** 2 / (1 / len(today) + 1 / len(whole))
    return _f_tail(float(difference), float(between), 1, k - 1)


def mix_spread_p(today: DaySample, days: Sequence[DaySample]) -> float:
    """p of the day's mix: chi-square against the reference, over that of the reference's days."""
    reference = pooled_counts(days)
    counts, pooled = aligned(today.counts, reference)
    free = max(1, int((pooled > 0).sum()) - 1)
    held = sum(count > 0 for count in reference.values())
    within = 0.0
    total = np.array([reference[label] for label in sorted(reference)], np.int64)
    for day in days:
        own = np.array([day.counts.get(label, 0) for label in sorted(reference)], np.int64)
        # Against the whole and not the rest: these add up to the statistic of the whole table.
        share = chi_square(own, total) * (1 - own.sum() / total.sum())
        within += float(share)
    among = max(1, (held - 1) * (len(days) - 1))
    return _f_tail(float(chi_square(counts, pooled)) / free, within / among, free, among)


def outlier_p(today: float, days: Sequence[float]) -> float:
    """One-sided p that a positive statistic of a new day is as high, given those of other days.

    Student's prediction of one more observation, on logarithms. 0 where the days are all the same.
    """
    from scipy.stats import t

    logs = np.log(np.maximum(np.asarray(days, np.float64), _NONE))
    spread = float(logs.std(ddof=1)) * np.sqrt(1 + 1 / len(logs))
    above = float(np.log(max(today, _NONE))) - float(logs.mean())
    if spread <= _NONE:
        return 0.0 if above > 0 else 1.0
    return float(t.sf(above / spread, len(logs) - 1))


def _f_tail(value: float, scale: float, free: int, among: int) -> float:
    if scale <= _NONE:
        return 0.0
    from scipy.stats import f

    return float(f.sf(value / scale, free, among))
