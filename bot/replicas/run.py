"""One run: questions, faults between them, and the wait for the last answer."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.chaos.crowd import Crowd
from bot.chaos.verdict import Verdict
from bot.replicas.faults import Faults, Kind
from bot.replicas.stage import Scenery, Tell, staged
from engine.role import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What happens. seconds: over which the questions are asked; faults: how many, of `kinds` in
    turns."""

    scenery: Scenery
    questions: int = 1000
    webs: int = 3
    workers: int = 2
    faults: int = 36
    kinds: tuple[Kind, ...] = tuple(Kind)
    seconds: float = 400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """verdict: of the questions. faults: how many of each kind befell them. starts: of processes.
    takeover_s: the longest from a leader's death to the next one; None where none died."""

    verdict: Verdict
    faults: dict[str, int]
    starts: int
    takeover_s: float | None


async def replicas(plan: Plan, *, tell: Tell) -> Found:
    """Runs it.

    Raises: PostgresAbsent.
    """
    async with staged(plan.scenery) as stage:
        fleet = stage.fleet
        roles = [Role.WEB] * plan.webs + [Role.WORKER] * plan.workers
        await asyncio.gather(*map(fleet.add, roles))
        await stage.deliver()
        rng = random.Random(plan.scenery.seed)  # noqa: S311 - repeatable
        faults = Faults(
            fleet=fleet,
            cluster=stage.cluster,
            home=stage.settings.home,
            disk=stage.disk,
            rng=rng,
        )
        await _storm(plan, stage.crowd, faults, rng, tell)
        verdict = await stage.verdict(tell)
        await asyncio.gather(*map(fleet.drain, fleet.replicas))
    return Found(
        verdict=verdict,
        faults=dict(sorted(faults.done.items())),
        starts=fleet.starts,
        takeover_s=max(faults.takeovers_s, default=None),
    )


async def _storm(plan: Plan, crowd: Crowd, faults: Faults, rng: random.Random, tell: Tell) -> None:
    """Questions at random moments; faults one after another beside them."""
    absent = faults.absent()
    for kind, why in absent.items():
        if kind in plan.kinds:
            tell(f"without {kind.value}: {why}")
    kinds = [kind for kind in plan.kinds if kind not in absent]
    wanted = [kinds[n % len(kinds)] for n in range(plan.faults if kinds else 0)]
    rng.shuffle(wanted)
    tell(f"asking {plan.questions} questions, with {len(wanted)} faults")
    asking = asyncio.create_task(ask_all(crowd, plan.questions, plan.seconds, rng.random))
    started = time.monotonic()
    try:
        for n, kind in enumerate(wanted):
            due = started + plan.seconds * (n + 0.5) / len(wanted)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            tell(f"{time.monotonic() - started:.0f} s: {kind.value}")
            await faults.befall(kind)
        await asking
    finally:
        asking.cancel()


async def ask_all(crowd: Crowd, count: int, seconds: float, draw: Callable[[], float]) -> None:
    """Asks so many questions at random moments within so many seconds."""
    started = time.monotonic()
    for moment in sorted(draw() * seconds for _ in range(count)):
        await asyncio.sleep(max(0.0, started + moment - time.monotonic()))
        crowd.ask()
