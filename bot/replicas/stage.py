"""What every run stands on: a workspace with people, PostgreSQL, knowledge, and a fleet."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.chaos.bot_process import ingest
from bot.chaos.crowd import Crowd
from bot.chaos.outcome import CALM_S, questions_of, settled
from bot.chaos.verdict import Verdict
from bot.load.stand import Stand, sample_questions, workspace_of
from bot.replicas.disk import small_disk
from bot.replicas.fleet import Fleet
from engine.compose import connect_database
from engine.settings import Settings, load_settings
from engine.storage.database import Database
from engine.storage.leases import LeaseStore
from evals.corpora import SAMPLE
from evals.postgres import PostgresCluster, postgres_cluster

Tell = Callable[[str], None]
_FOR_RUNS = {"lease_s": "5", "request_timeout_s": "2", "attempts": "20"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenery:
    """patience_s, calm_s: of the wait for the last answer. code: the checkout that reads the
    knowledge, and so makes the tables; None: this one. more: of the environment."""

    people: int = 40
    channels: int = 20
    seed: int = 7
    patience_s: float = 420.0
    calm_s: float = CALM_S
    knowledge: Path = SAMPLE / "knowledge"
    code: Path | None = None
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One, with nobody on it yet. disk: PostgreSQL's own; None where it cannot be filled."""

    scenery: Scenery
    crowd: Crowd
    fleet: Fleet
    cluster: PostgresCluster
    database: Database
    disk: Path | None
    folder: Path
    environment: Mapping[str, str]
    settings: Settings

    async def deliver(self) -> None:
        """Slack's events go to whichever replica is ready from now on."""
        await self.crowd.workspace.deliver_to(self.fleet.balancer.url)

    async def verdict(self, tell: Tell) -> Verdict:
        """Once nothing more comes. Where it does not hold, what the processes said is kept."""
        scenery = self.scenery
        async with questions_of(dict(self.environment), self.crowd) as names:
            found = await settled(
                self.crowd, tell, names, patience_s=scenery.patience_s, calm_s=scenery.calm_s
            )
        if not found.holds:
            tell(f"the processes' logs are kept in {keep_logs(self.folder)}")
        return found


def keep_logs(folder: Path) -> Path:
    """Where what the processes said stays."""
    kept = Path(tempfile.mkdtemp(prefix="deskhand-replicas-failed-"))
    for log in folder.glob("*.log"):
        (kept / log.name).write_bytes(log.read_bytes())
    return kept


@asynccontextmanager
async def staged(scenery: Scenery) -> AsyncIterator[Stage]:
    """A stage; every process of it has ended behind it.

    Raises: PostgresAbsent.
    """
    async with AsyncExitStack() as stack:
        disk = stack.enter_context(small_disk())
        cluster = stack.enter_context(postgres_cluster(durable=True, within=disk))
        await asyncio.to_thread(cluster.sql, "create database replicas")
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="deskhand-replicas-")))
        workspace = await stack.enter_async_context(workspace_of("http", seed=scenery.seed))
        crowd = Crowd.gather(
            workspace,
            people=scenery.people,
            channels=scenery.channels,
            texts=await asyncio.to_thread(sample_questions, folder),
            seed=scenery.seed + 2,
        )
        escalations = workspace.public("escalations", workspace.join("reviewer"))
        stand = Stand(
            workspace=workspace,
            home=folder,
            transport="http",
            database_url=cluster.address("replicas"),
            knowledge=scenery.knowledge,
        )
        given = stand.environment(**_FOR_RUNS, escalation_channel=escalations.id)
        environment = {**given, **scenery.more}
        await ingest(environment, scenery.knowledge, code=scenery.code)
        settings = load_settings(environment)
        database = connect_database(settings, stack)
        fleet = Fleet(folder, environment, cluster.sockets, LeaseStore(database))
        await stack.enter_async_context(fleet.running())
        try:
            yield Stage(
                scenery=scenery,
                crowd=crowd,
                fleet=fleet,
                cluster=cluster,
                database=database,
                disk=disk,
                folder=folder,
                environment=environment,
                settings=settings,
            )
        except Exception as error:
            error.add_note(f"the processes' logs are kept in {keep_logs(folder)}")
            raise
