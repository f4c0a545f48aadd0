"""What `deskhand eval run` shows while it runs, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from evals.running.progress import Planned, Preparing, Progress, Watch, shown_duration
from evals.terminal import Ticker, say


@contextmanager
def shown_progress() -> Iterator[Watch]:
    """Something to tell of progress: a bar on a terminal, elsewhere a line every few seconds."""
    if not sys.stderr.isatty():
        yield _Lines().tell
        return
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Bar

    from bot.cli.terminal import console

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rest]}"),
    )
    with Bar(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None, rest="")

        def tell(event: Preparing | Planned | Progress) -> None:
            bar.update(task, **_bar(event))
            if isinstance(event, Planned):
                bar.console.print(plan_text(event))

        yield tell


def _bar(event: Preparing | Planned | Progress) -> dict[str, Any]:
    if isinstance(event, Preparing):
        return {"description": event.what}
    if isinstance(event, Planned):
        return {"description": "asking", "total": event.cases}
    return {"completed": event.done, "rest": _rest(event)}


def _rest(event: Progress) -> str:
    parts = [f"${event.cost_usd:.4f}"] if event.cost_usd else []
    if event.remaining_s is not None:
        parts.append(f"{shown_duration(event.remaining_s)} left")
    return ", ".join(parts)


def plan_text(event: Planned) -> str:
    """What is about to be asked, and what that may cost."""
    text = f"{event.cases:,} cases, {event.cached:,} of them unchanged since they were asked"
    if event.estimate_usd == 0:
        return f"{text}; this costs nothing"
    if event.estimate_usd is None:
        return f"{text}; what it costs is not known yet, the limit is ${event.limit_usd:.2f}"
    over = ", which will not be enough" if event.estimate_usd > event.limit_usd else ""
    return f"{text}; about ${event.estimate_usd:.4f}, the limit is ${event.limit_usd:.2f}{over}"


class _Lines:
    def __init__(self) -> None:
        self._preparing, self._asking = Ticker("preparing"), Ticker("asking")

    def tell(self, event: Preparing | Planned | Progress) -> None:
        if isinstance(event, Preparing):
            self._preparing.tick(event.what)
        elif isinstance(event, Planned):
            say(plan_text(event))
        else:
            rest = _rest(event)
            self._asking.tick(
                f"{event.done:,} of {event.total:,} cases{', ' + rest if rest else ''}"
            )
