"""`deskhand eval watch`: what production answered on a day, scored again and held against before.

$ deskhand eval watch
$ deskhand eval watch --day 2026-11-21 --json
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.cli.eval_progress import shown_progress
from engine.errors import WrongUse
from engine.settings import Settings
from evals.continuous.as_markdown import day_markdown
from evals.continuous.headline import reasons_of, title_of
from evals.continuous.watch import Watched, WatchRequest, watch
from evals.continuous.watch_report import Example, render_day
from evals.reports.wording import counted

_EXAMPLES = 5


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Watches a day; with `--gate` 1 where something changed for the worse."""
    started = time.monotonic()
    request = WatchRequest(
        day=_day(args.day),
        zone=_zone(args.timezone),
        sample=args.sample,
        false_alarm_rate=args.false_alarm_rate,
        reference_days=args.reference_days,
        include_texts=args.include_texts,
        folder=Path(args.report) if args.report else None,
    )
    with shown_progress() as tell:
        watched = await watch(request, settings, tell)
    if args.json:
        print(json.dumps(_rendered(watched, time.monotonic() - started), ensure_ascii=False))
    else:
        print(await asyncio.to_thread(day_markdown, watched.report))
        print(f"report: {watched.files.html}")
    return 1 if args.gate and watched.report.needs_attention else 0


def _rendered(watched: Watched, seconds: float) -> dict[str, object]:
    report, files = watched.report, watched.files
    found = render_day(report)
    found.pop("trend")  # in report.json
    return {
        "title": f"Answers of {report.day:%-d %B %Y}: {title_of(report)}",
        "lines": [
            f"{counted(report.asked, 'question')}, {report.sampled:,} scored again.",
            *reasons_of(report),
            *(_example(example) for example in report.examples[:_EXAMPLES]),
            *report.notes,
        ],
        "alarm": report.needs_attention,
        "pictures": [
            {"path": str(path), "alt": alt}
            for path, alt in zip(files.pngs, files.alts, strict=True)
        ],
        **found,
        "report": {
            "json": str(files.json),
            "markdown": str(files.markdown),
            "html": str(files.html),
            "pngs": [str(path) for path in files.pngs],
        },
        "seconds": round(seconds, 1),
    }


def _example(example: Example) -> str:
    """An example without any text of a question: whoever may read that finds it by its id."""
    return f"For example {example.trace_id}, {example.outcome}: {example.what}"


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"{text!r:.40} is no day; write it such as 2026-11-21") from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise WrongUse(f"{name!r:.60} is no time zone; give one such as Europe/Berlin") from None
