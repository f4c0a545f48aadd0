"""A report's files: each written whole or not at all, and old reports removed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.reports.as_html import report_html
from evals.reports.as_json import report_json
from evals.reports.as_markdown import report_markdown
from evals.reports.canvas import draw
from evals.reports.confidence_charts import confidence_charts, curves_of
from evals.reports.figure_charts import figure_charts
from evals.reports.summary import summarize
from evals.run_record import RunRecord
from evals.statistics.comparison import Comparison

_JSON, _MARKDOWN, _HTML = "report.json", "report.md", "report.html"
_PICTURES = ("against-baseline", "figures", "slices", "trend", "calibration", "risk-coverage")
_OURS = frozenset({_JSON, _MARKDOWN, _HTML, *(f"{name}.png" for name in _PICTURES)})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiles:
    """What was written.

    pngs: pictures for where no SVG is shown, most important first; alts: what is to be seen in
    each, in words.
    """

    json: Path
    markdown: Path
    html: Path
    pngs: tuple[Path, ...]
    alts: tuple[str, ...]


async def write_report(
    record: RunRecord,
    folder: Path,
    *,
    comparison: Comparison | None = None,
    history: Sequence[RunRecord] = (),
) -> ReportFiles:
    """Writes a run's report into the folder, which is made where it is missing.

    comparison: with the baseline; None where there is none. history: earlier runs in any order,
    for the trend; those of other data sets are left out, their results are not looked at. The
    same arguments give the same bytes; pictures of an earlier report there are removed.

    Raises: OSError.
    """
    return await asyncio.to_thread(_write, record, folder, comparison, history)


def _write(
    record: RunRecord, folder: Path, comparison: Comparison | None, history: Sequence[RunRecord]
) -> ReportFiles:
    summary = summarize(record, comparison, history)
    charts = (*figure_charts(summary), *confidence_charts(curves_of(record.results)))
    pictures = [draw(chart) for chart in charts]
    folder.mkdir(parents=True, exist_ok=True)
    pngs = tuple(folder / f"{picture.chart.name}.png" for picture in pictures)
    for path, picture in zip(pngs, pictures, strict=True):
        replace_file(path, picture.png)
    for path in {folder / f"{name}.png" for name in _PICTURES}.difference(pngs):
        path.unlink(missing_ok=True)
    replace_file(folder / _HTML, report_html(summary, pictures).encode())
    replace_file(folder / _MARKDOWN, report_markdown(summary).encode())
    # A lone surrogate has no UTF-8; what a backslash makes of it is its escape in JSON.
    replace_file(folder / _JSON, report_json(summary).encode("utf-8", "backslashreplace"))
    return ReportFiles(
        json=folder / _JSON,
        markdown=folder / _MARKDOWN,
        html=folder / _HTML,
        pngs=pngs,
        alts=tuple(picture.chart.alt for picture in pictures),
    )


def replace_file(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all.  Raises: OSError."""
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(content)
    temporary.replace(path)


async def prune_reports(root: Path, keep: int) -> int:
    """Removes all but the newest `keep` reports among the folders in `root`; how many it removed.

    A folder counts as a report by its `report.json`. Only files that `write_report` writes are
    removed, and the folder where nothing else is left in it; links are not followed.

    Raises: OSError; ValueError for a negative `keep`.
    """
    return await asyncio.to_thread(_prune, root, keep)


def _prune(root: Path, keep: int) -> int:
    if keep < 0:
        raise ValueError("keep must be 0 or more")
    if not root.is_dir():
        return 0
    folders = [f for f in root.iterdir() if f.is_dir() and not f.is_symlink()]
    found = [(f / _JSON, f) for f in folders if (f / _JSON).is_file()]
    found.sort(key=lambda pair: (pair[0].stat().st_mtime_ns, pair[1].name), reverse=True)
    for marker, folder in found[keep:]:
        for path in folder.iterdir():
            if path != marker and path.name.removeprefix(".").removesuffix(".part") in _OURS:
                path.unlink()
        marker.unlink()  # last, so that an interrupted removal is taken up again
        if not any(folder.iterdir()):
            folder.rmdir()
    return len(found[keep:])
