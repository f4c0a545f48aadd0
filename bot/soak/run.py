"""The run: people ask at a steady pace, and the bot is looked at every few seconds."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.chaos.crowd import Crowd
from bot.load.memory import fewer_wait, resident_mib
from bot.load.stand import Stand, sample_questions, workspace_of
from bot.soak.samples import Sample, judge
from engine.storage.overview import OverviewStore
from evals.corpora import SAMPLE
from evals.trends.chart import Panel

_PEOPLE, _CHANNELS = 100, 30
_SAMPLES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Soaked:
    """How it went. growing: what grew. panels: for the picture."""

    figures: dict[str, Any]
    growing: list[str]
    panels: tuple[Panel, ...]


async def soak(
    questions: int,
    *,
    per_second: float,
    seed: int,
    tell: Callable[[str], None],
    database_url: str | None = None,
    knowledge: Path = SAMPLE / "knowledge",
) -> Soaked:
    """Asks so many questions at this pace, in threads, direct messages and channels."""
    samples: list[Sample] = []
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="deskhand-soak-"))
        home = Path(folder)
        workspace = await stack.enter_async_context(workspace_of("socket", seed=seed))
        workspace.slack.events.per_hour = 10 * questions + 30_000
        stand = Stand(
            workspace=workspace,
            home=home,
            transport="socket",
            database_url=database_url,
            knowledge=knowledge,
        )
        process = await stack.enter_async_context(stand.bot())
        texts = await asyncio.to_thread(sample_questions, home)
        crowd = Crowd.gather(
            workspace, people=_PEOPLE, channels=_CHANNELS, texts=texts, seed=seed + 1
        )
        settings, database = await stack.enter_async_context(stand.database())
        overview = OverviewStore(database)
        began, started = datetime.now(UTC), time.monotonic()

        async def look(asked: int) -> Sample:
            waiting = await overview.waiting(settings.tenant)
            found = await asyncio.to_thread(_held_by, process.pid)
            at_s = time.monotonic() - started
            samples.append(
                Sample(
                    at_s=at_s,
                    asked=asked,
                    resident_mib=found[0],
                    anonymous_mib=found[3],
                    open_files=found[1],
                    waiting=waiting,
                    cpu_s=found[2],
                )
            )
            return samples[-1]

        every = max(1, questions // _SAMPLES)
        for number in range(1, questions + 1):
            await asyncio.sleep(max(0.0, started + number / per_second - time.monotonic()))
            crowd.ask()
            if number % every == 0:
                seen = await look(number)
                if number % (20 * every) == 0:
                    tell(
                        f"{number} questions in {seen.at_s:.0f} s: {seen.resident_mib:.0f} MiB, "
                        f"{seen.waiting} wait"
                    )
        seconds = time.monotonic() - started
        await fewer_wait(workspace, lambda: overview.waiting(settings.tenant), 0)
        answered = await overview.answer_times(settings.tenant)
    latencies = [((asked - began).total_seconds(), took) for asked, took in answered]
    figures, growing = judge(samples, latencies, seed=seed)
    unanswered = questions - len(answered)
    whole = {
        "questions": questions,
        "unanswered": unanswered,
        "per_second": round(questions / seconds, 2),
        "seconds": round(seconds, 1),
        **figures,
    }
    panels = (
        Panel(
            title="resident memory, MiB", points=[(s.at_s / 60, s.resident_mib) for s in samples]
        ),
        Panel(
            title="of it its own, without pages of files, MiB",
            points=[(s.at_s / 60, s.anonymous_mib) for s in samples],
        ),
        Panel(title="questions that wait", points=[(s.at_s / 60, s.waiting) for s in samples]),
        Panel(
            title="seconds from question to outcome",
            points=[(at / 60, took) for at, took in latencies],
            dots=True,
        ),
    )
    return Soaked(
        figures=whole, growing=[*growing, *(["unanswered"] if unanswered else [])], panels=panels
    )


def _held_by(pid: int) -> tuple[float, int, float, float]:
    """Of the bot: resident MiB, open files, CPU seconds, and MiB that are no pages of files."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(after_name[11]) + int(after_name[12])  # utime and stime, proc_pid_stat(5)
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    own = resident_mib(pid, of="RssAnon")
    return resident_mib(pid), files, ticks / os.sysconf("SC_CLK_TCK"), own
