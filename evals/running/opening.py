"""Opens what a run works with: the stores of runs, and the engine that is asked."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from engine.audience import FULL_MEMBER
from engine.compose import Engine, Overrides, connect_database, open_engine
from engine.errors import WrongUse
from engine.knowledge.progress import Progress
from engine.settings import OpenAiSettings, Settings
from engine.storage.database import Database
from engine.storage.evaluation_answers import EvaluationAnswers
from engine.storage.evaluations import EvaluationStore
from engine.storage.migrate import migrate
from evals.home import bring_up_to_date, open_home
from evals.judging.judge import Judge
from evals.judging.opening import LOCAL, open_judge
from evals.running.progress import Preparing, Watch
from evals.running.targets import Target

_LOCK_PAUSE_S = 0.25


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database that the settings name, with every table.

    Raises: SettingsInvalid, StorageUnavailable.
    """
    async with AsyncExitStack() as stack:
        database = connect_database(settings, stack)
        await migrate(database, only_safe=True)
        yield database


@asynccontextmanager
async def open_evaluations(
    settings: Settings,
) -> AsyncIterator[tuple[EvaluationStore, EvaluationAnswers]]:
    """The stores of runs and answers, where the settings keep their state.

    Raises: SettingsInvalid, StorageUnavailable.
    """
    async with open_database(settings) as database:
        yield EvaluationStore(database), EvaluationAnswers(database)


@asynccontextmanager
async def open_target(
    target: Target,
    settings: Settings,
    watch: Watch,
    *,
    models: bool,
    overrides: Overrides | None = None,
) -> AsyncIterator[Engine]:
    """The engine that a target's questions are asked of, its knowledge in place.

    models: False leaves out the hosted models that the settings name.

    Raises: WrongUse where the live knowledge is empty; what ingesting raises.
    """
    if target.home is None:
        # The embedder stays: the index was built with it.
        local = {"openai": OpenAiSettings(), "verifier": "local"}
        chosen = settings if models else settings.model_copy(update=local)
        async with open_engine(chosen, overrides) as engine:
            if await engine.documents.count(settings.tenant) == 0:
                raise WrongUse(
                    "the knowledge base is empty; ingest documents first, with `deskhand ingest`"
                )
            await engine.make_ready()
            yield engine
        return
    async with open_home(target.home, overrides, settings=settings if models else None) as engine:
        async with _alone(target.home, watch):
            await _prepare(engine, target, watch)
        yield engine


@asynccontextmanager
async def open_the_judge(
    named: str, engine: Engine, settings: Settings, *, limit_usd: float
) -> AsyncIterator[tuple[Judge, float]]:
    """The judge, and how much of the run's limit is its own.

    A model that judges has half of it, or all of it where nothing else costs money. Its
    calibration lies with the live knowledge, whichever engine is asked.

    Raises: WrongUse, SettingsInvalid, StorageUnavailable.
    """
    if named == LOCAL:
        async with open_judge(named, engine, limit_usd=0.0) as judge:
            yield judge, 0.0
        return
    paid = engine.settings.openai.api_key or engine.settings.openai.base_url
    share = limit_usd / 2 if paid else limit_usd
    async with (
        open_engine(settings) as live,
        open_judge(named, live, limit_usd=share) as judge,
    ):
        yield judge, share


async def _prepare(engine: Engine, target: Target, watch: Watch) -> None:
    def tell(progress: Progress) -> None:
        listed = f"{progress.listed:,}" if progress.complete else f"{progress.listed:,} or more"
        watch(Preparing(what=f"read {progress.done:,} of {listed} documents"))

    summary = await bring_up_to_date(engine, target.dataset.sources, tell)
    if target.fits and (summary.added or summary.changed or summary.removed):
        watch(Preparing(what="learning what the documents answer"))
        await engine.answerability.refit(engine.settings.tenant, FULL_MEMBER)


@asynccontextmanager
async def _alone(home: Path, watch: Watch) -> AsyncIterator[None]:
    """Lets one process at a time change what a home holds."""
    descriptor = os.open(home / "evaluation.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _try_lock(descriptor):
            watch(Preparing(what="waiting for another run that reads the same documents"))
            await asyncio.sleep(_LOCK_PAUSE_S)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
