"""The judge that a run names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from engine.compose import Engine
from engine.errors import WrongUse
from engine.settings import Settings
from evals.judging.judge import Judge
from evals.judging.local import LocalJudge
from evals.running.request import LOCAL


@asynccontextmanager
async def open_judge(named: str, engine: Engine, settings: Settings) -> AsyncIterator[Judge]:
    """The judge of that name, closed when left.

    Raises: WrongUse for another name.
    """
    if named != LOCAL:
        raise WrongUse(f"{named[:60]!r} is no judge; use local, or openai:MODEL")
    # The relevance model was fitted with the shipped embedder.
    local = LocalJudge(engine.embedder if settings.embedder == LOCAL else None)
    try:
        yield local
    finally:
        await local.aclose()
