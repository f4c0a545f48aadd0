"""Everything a report says, computed once and rendered several times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.reports.failures import Failure, MissingDocument, frequent_failures, missing_documents
from evals.reports.headline import FigureRow, Headline, figure_rows, headline, headline_rows
from evals.reports.slices import Slice, slice_metrics, slice_rows
from evals.run_record import RunRecord
from evals.statistics.comparison import Comparison
from evals.suites.metric import Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A run as a report tells it.

    rows: all figures; first: those to look at first. sliced_by: the metrics of the slices.
    history: earlier runs, oldest first.
    """

    record: RunRecord
    comparison: Comparison | None
    headline: Headline
    rows: tuple[FigureRow, ...]
    first: tuple[FigureRow, ...]
    failures: tuple[Failure, ...]
    missing: tuple[MissingDocument, ...]
    slices: tuple[Slice, ...]
    sliced_by: tuple[Metric, ...]
    history: tuple[RunRecord, ...]

    @property
    def with_problems(self) -> int:
        """Cases that something is wrong with."""
        return sum(bool(result.problems) for result in self.record.results)


def summarize(
    record: RunRecord, comparison: Comparison | None, history: Sequence[RunRecord]
) -> Summary:
    """What a report says. Blocks for seconds where there are many cases."""
    rows = figure_rows(record, comparison)
    first = headline_rows(rows)
    sliced_by = slice_metrics([row.metric for row in first])
    earlier = [run for run in history if run.id != record.id and run.dataset == record.dataset]
    return Summary(
        record=record,
        comparison=comparison,
        headline=headline(record, comparison),
        rows=rows,
        first=first,
        failures=frequent_failures(record.results),
        missing=missing_documents(record.results),
        slices=slice_rows(record.results, sliced_by, record.seed),
        sliced_by=sliced_by,
        history=tuple(sorted(earlier, key=lambda run: run.started_at)),
    )
