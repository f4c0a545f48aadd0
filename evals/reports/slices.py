"""Figures broken down by what the cases are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from evals.run_record import CaseResult, Figure
from evals.suites.figures import figures
from evals.suites.metric import Metric

MOST_METRICS = 4
_ORDER = ("kind", "category", "tag", "source", "channel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The cases with one value of a dimension.

    with_problems: how many have any. figures: by metric; absent where they say nothing of it.
    """

    dimension: str
    value: str
    cases: int
    with_problems: int
    figures: dict[str, Figure]


def slice_rows(
    results: Sequence[CaseResult], metrics: Sequence[Metric], seed: int
) -> tuple[Slice, ...]:
    """Every slice, by dimension and then by size; a dimension with a single value is left out.

    Blocks for seconds where there are many cases.
    """
    found = []
    for dimension in _dimensions(results):
        by_value: dict[str, list[CaseResult]] = defaultdict(list)
        for result in results:
            for value in dict.fromkeys(result.slices.get(dimension, ())):
                by_value[value].append(result)
        if len(by_value) < 2:
            continue
        for value, cases in sorted(by_value.items(), key=lambda item: (-len(item[1]), item[0])):
            found.append(
                Slice(
                    dimension=dimension,
                    value=value,
                    cases=len(cases),
                    with_problems=sum(bool(case.problems) for case in cases),
                    figures={f.metric: f for f in figures(cases, metrics, seed)},
                )
            )
    return tuple(found)


def slice_metrics(metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """Those of the metrics that slices are broken down by: means, since few cases say little."""
    return tuple(metric for metric in metrics if metric.is_mean)[:MOST_METRICS]


def _dimensions(results: Sequence[CaseResult]) -> list[str]:
    held = {dimension for result in results for dimension in result.slices}
    return sorted(held, key=lambda d: (_ORDER.index(d) if d in _ORDER else len(_ORDER), d))
