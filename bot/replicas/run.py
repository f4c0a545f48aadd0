"""One run: questions, faults between them, and the wait for the last answer."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bot.chaos.bot_process import ingest
from bot.chaos.crowd import Crowd
from bot.chaos.outcome import CALM_S, questions_of, settled
from bot.chaos.verdict import Verdict
from bot.load.stand import Stand, sample_questions, workspace_of
from bot.replicas.disk import small_disk
from bot.replicas.faults import Faults, Kind
from bot.replicas.fleet import Fleet
from engine.compose import connect_database
from engine.role import Role
from engine.settings import load_settings
from engine.storage.leases import LeaseStore
from evals.corpora import SAMPLE
from evals.postgres import postgres_cluster

Tell = Callable[[str], None]
_FOR_RUNS = {"LEASE_S": "5", "REQUEST_TIMEOUT_S": "2", "ATTEMPTS": "20"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What happens. seconds: over which the questions are asked; faults: how many, of `kinds` in
    turns; patience_s: after them; knowledge: the folder that is known."""

    questions: int = 1000
    people: int = 40
    channels: int = 20
    webs: int = 3
    workers: int = 2
    faults: int = 36
    kinds: tuple[Kind, ...] = tuple(Kind)
    seconds: float = 400.0
    patience_s: float = 420.0
    calm_s: float = CALM_S
    seed: int = 7
    knowledge: Path = SAMPLE / "knowledge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """verdict: of the questions. faults: how many of each kind befell them. starts: of processes.
    takeover_s: the longest from a leader's death to the next one."""

    verdict: Verdict
    faults: dict[str, int]
    starts: int
    takeover_s: float | None
    spread: dict[str, int] = field(default_factory=dict)


async def replicas(plan: Plan, *, tell: Tell) -> Found:
    """Runs it.

    Raises: PostgresAbsent.
    """
    async with AsyncExitStack() as stack:
        disk = stack.enter_context(small_disk())
        cluster = stack.enter_context(postgres_cluster(durable=True, within=disk))
        await asyncio.to_thread(cluster.sql, "create database replicas")
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="deskhand-replicas-")))
        workspace = await stack.enter_async_context(workspace_of("http", seed=plan.seed))
        crowd = Crowd.gather(
            workspace,
            people=plan.people,
            channels=plan.channels,
            texts=await asyncio.to_thread(sample_questions, home),
            seed=plan.seed + 2,
        )
        escalations = workspace.public("escalations", workspace.join("reviewer"))
        stand = Stand(
            workspace=workspace,
            home=home,
            transport="http",
            database_url=cluster.address("replicas"),
            knowledge=plan.knowledge,
        )
        environment = stand.environment(**_FOR_RUNS, escalation_channel=escalations.id)
        await ingest(environment, plan.knowledge)
        settings = load_settings(environment)
        database = connect_database(settings, stack)
        fleet = Fleet(home, environment, cluster.sockets, LeaseStore(database))
        async with fleet.running():
            roles = [Role.WEB] * plan.webs + [Role.WORKER] * plan.workers
            for role in roles:
                await fleet.add(role)
            await workspace.deliver_to(fleet.balancer.url)
            rng = random.Random(plan.seed)  # noqa: S311 - repeatable
            faults = Faults(fleet=fleet, cluster=cluster, home=settings.home, disk=disk, rng=rng)
            await storm(plan, crowd, faults, rng, tell)
            async with questions_of(environment, crowd) as names:
                verdict = await settled(
                    crowd, tell, names, patience_s=plan.patience_s, calm_s=plan.calm_s
                )
            if not verdict.holds:
                keep_logs(home, tell)
            for replica in fleet.replicas:
                await fleet.drain(replica)
        return Found(
            verdict=verdict,
            faults=dict(sorted(faults.done.items())),
            starts=fleet.starts,
            takeover_s=max(faults.takeovers_s, default=None),
            spread=dict(fleet.balancer.sent),
        )


async def storm(plan: Plan, crowd: Crowd, faults: Faults, rng: random.Random, tell: Tell) -> None:
    """Questions at random moments; faults one after another beside them."""
    absent = faults.absent()
    for kind, why in absent.items():
        if kind in plan.kinds:
            tell(f"without {kind.value}: {why}")
    kinds = [kind for kind in plan.kinds if kind not in absent]
    wanted = [kinds[n % len(kinds)] for n in range(plan.faults)]
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


def keep_logs(home: Path, tell: Tell) -> None:
    """Puts what the processes said where somebody may read it."""
    kept = Path(tempfile.mkdtemp(prefix="deskhand-replicas-failed-"))
    for log in home.glob("*.log"):
        (kept / log.name).write_bytes(log.read_bytes())
    tell(f"the processes' logs are kept in {kept}")
