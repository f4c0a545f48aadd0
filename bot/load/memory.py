"""The bot's memory over an hour of questions, answered as fast as it can."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.chaos.crowd import Crowd
from bot.load.stand import Stand, sample_questions, workspace_of
from bot.workspace import LocalWorkspace, ManualClock
from engine.storage.overview import OverviewStore
from evals.corpora import SAMPLE

_PEOPLE, _CHANNELS = 100, 30
_UNDER_WAY = 8
"""Questions without an answer at a time."""
_SAMPLES = 60
_WARM_UP = 1 / 3
"""Share of the questions after which caches are taken to be full."""
MOST_GROWTH_MIB = 10.0
"""Per 1,000 questions after the warm-up; less is the allocator's and the samples' noise."""
_STUCK_S = 60.0
_EVER = datetime.fromtimestamp(0, UTC)


async def measure_memory(
    questions: int,
    *,
    seed: int,
    tell: Callable[[str], None],
    knowledge: Path = SAMPLE / "knowledge",
) -> tuple[dict[str, Any], bool]:
    """Figures, and whether every question was answered and memory stopped growing.

    In the workspace's time the questions are one second apart; its clock is moved on as soon as
    fewer than eight of them wait. In threads, direct messages, public and private channels.
    """
    tell(f"memory over {questions} questions")
    clock = ManualClock(time.time() - questions)
    with tempfile.TemporaryDirectory(prefix="deskhand-load-") as folder:
        async with workspace_of("socket", seed=seed, clock=clock) as workspace:
            home = Path(folder)
            stand = Stand(
                workspace=workspace,
                home=home,
                transport="socket",
                database_url=None,
                knowledge=knowledge,
            )
            async with stand.bot(stale_after_s="1000000") as process:
                crowd = Crowd.gather(
                    workspace,
                    people=_PEOPLE,
                    channels=_CHANNELS,
                    texts=sample_questions(home),
                    seed=seed + 1,
                )
                samples: list[tuple[int, float]] = []
                every = max(1, questions // _SAMPLES)
                async with stand.database() as (settings, database):
                    overview = OverviewStore(database)

                    async def waiting() -> int:
                        return await overview.waiting(settings.tenant)

                    started = time.monotonic()
                    for number in range(1, questions + 1):
                        await clock.advance(1.0)
                        crowd.ask()
                        await fewer_wait(workspace, waiting, _UNDER_WAY - 1)
                        if number % every == 0:
                            samples.append((number, resident_mib(process.pid)))
                        if number % (10 * every) == 0:
                            tell(f"{number} questions: {samples[-1][1]:.1f} MiB")
                    await fewer_wait(workspace, waiting, 0)
                    seconds = time.monotonic() - started
                    ended = await overview.outcomes(settings.tenant, _EVER)
    steady = [sample for sample in samples if sample[0] > questions * _WARM_UP]
    growth = slope(steady) * 1000
    last = [sample for sample in samples if sample[0] >= questions * (1 - _WARM_UP)]
    lost = questions - sum(ended.values())
    figures = {
        "questions": questions,
        "unanswered": lost,
        "answers_per_s": round(questions / seconds, 2),
        "rss_first_mib": samples[0][1],
        "rss_after_warm_up_mib": steady[0][1],
        "rss_last_mib": samples[-1][1],
        "rss_most_mib": max(mib for _, mib in samples),
        "growth_after_warm_up_mib": round(steady[-1][1] - steady[0][1], 1),
        "growth_per_1000_questions_mib": round(growth, 2),
        "growth_in_last_third_mib": round(last[-1][1] - last[0][1], 1),
    }
    return figures, lost == 0 and growth <= MOST_GROWTH_MIB


async def fewer_wait(
    workspace: LocalWorkspace, waiting: Callable[[], Awaitable[int]], most: int
) -> int:
    """Waits until at most so many questions want their answer, or nothing moves; how many do."""
    await workspace.settled(_STUCK_S)
    moved, left = time.monotonic(), await waiting()
    while left > most and time.monotonic() - moved < _STUCK_S:
        await asyncio.sleep(0.01)
        before, left = left, await waiting()
        if left < before:
            moved = time.monotonic()
    return left


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the line of least squares through the points; 0 for fewer than two."""
    if len(points) < 2:
        return 0.0
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0


def resident_mib(pid: int, *, of: str = "VmRSS") -> float:
    """Resident memory of a process and of those it started.

    of: as proc(5) names it: `RssAnon` leaves out the pages of files, which come and go as SQLite
    reads the database that it maps, and which the system takes back when it needs them.

    Raises: OSError where the system does not tell (only Linux does).
    """
    total = 0
    for one in (pid, *_children(pid)):
        for line in Path(f"/proc/{one}/status").read_text().splitlines():
            if line.startswith(f"{of}:"):
                total += int(line.split()[1])
    return round(total / 1024, 1)


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *_children(int(child))]
    return found
