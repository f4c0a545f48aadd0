"""A report's files: written whole or not at all, and old reports removed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.reports.as_json import report_json
from evals.run_record import RunRecord

_JSON, _MARKDOWN, _HTML = "report.json", "report.md", "report.html"
_OURS = (_JSON, _MARKDOWN, _HTML)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiles:
    """What was written.

    pngs: pictures for where no SVG is shown, most important first.
    """

    json: Path
    markdown: Path
    html: Path
    pngs: tuple[Path, ...]


async def write_report(
    record: RunRecord,
    folder: Path,
    *,
    comparison: Any | None = None,
    history: Sequence[RunRecord] = (),
) -> ReportFiles:
    """Writes a run's report into the folder, which is made where it is missing.

    comparison: with the baseline; None where there is none. history: earlier runs in any order,
    for the trend; their results are not looked at.

    Raises: OSError.
    """
    return await asyncio.to_thread(_write, record, folder, comparison, history)


def _write(
    record: RunRecord, folder: Path, comparison: Any | None, history: Sequence[RunRecord]
) -> ReportFiles:
    folder.mkdir(parents=True, exist_ok=True)
    written: Mapping[str, str] = {_JSON: report_json(record, comparison)}
    for name, text in written.items():
        _replace(folder / name, text.encode())
    return ReportFiles(
        json=folder / _JSON,
        markdown=folder / _MARKDOWN,
        html=folder / _HTML,
        pngs=(),
    )


def _replace(path: Path, content: bytes) -> None:
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
            if path != marker and path.name in _OURS:
                path.unlink()
        marker.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()
    return len(found[keep:])
