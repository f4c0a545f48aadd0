"""A day's report as files."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from evals.continuous.as_html import day_html
from evals.continuous.as_markdown import day_markdown
from evals.continuous.trend_chart import trend_chart
from evals.continuous.watch_report import DayReport, render_day
from evals.reports.canvas import draw
from evals.reports.files import ReportFiles, replace_file


async def write_day(report: DayReport, folder: Path) -> ReportFiles:
    """Writes report.json, report.md, report.html and trend.png into the folder.

    The folder is made where it is missing; a picture of an earlier report there is removed.

    Raises: OSError.
    """
    return await asyncio.to_thread(_write, report, folder)


def _write(report: DayReport, folder: Path) -> ReportFiles:
    chart = trend_chart(report)
    picture = None if chart is None else draw(chart)
    folder.mkdir(parents=True, exist_ok=True)
    trend = folder / "trend.png"
    if picture is None:
        trend.unlink(missing_ok=True)
    else:
        replace_file(trend, picture.png)
    made = ReportFiles(
        json=folder / "report.json",
        markdown=folder / "report.md",
        html=folder / "report.html",
        pngs=() if picture is None else (trend,),
        alts=() if picture is None else (picture.chart.alt,),
    )
    text = json.dumps(render_day(report), ensure_ascii=False, indent=1) + "\n"
    replace_file(made.html, day_html(report, picture).encode("utf-8", "replace"))
    replace_file(made.markdown, day_markdown(report).encode("utf-8", "replace"))
    replace_file(made.json, text.encode("utf-8", "backslashreplace"))
    return made
