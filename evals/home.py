"""A home of the engine's own for an evaluation: opened, and brought up to date with a source."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path

from engine.compose import Engine, Overrides, open_engine
from engine.errors import DocumentUnreadable, IndexMismatch
from engine.knowledge.progress import Summary, Watch
from engine.knowledge.source import normalise
from engine.settings import Settings, load_settings

TENANT = "evals"


def evaluation_settings(home: Path, settings: Settings | None = None) -> Settings:
    """Settings for a home of an evaluation's own: no database, index or parser elsewhere.

    So an evaluation never writes where production lives. settings: of the models that are to be
    measured; None means those that are shipped, with no model server at all.

    Raises: SettingsInvalid.
    """
    chosen = (settings or load_settings()).local(home).model_copy(update={"tenant": TENANT})
    if settings is None:
        return chosen
    models = {name: getattr(settings, name) for name in ("embedder", "verifier", "openai")}
    return chosen.model_copy(update=models)


@asynccontextmanager
async def open_home(
    home: Path, overrides: Overrides | None = None, *, settings: Settings | None = None
) -> AsyncIterator[Engine]:
    """An engine in this folder, made where it is missing; closed when left.

    settings: see `evaluation_settings`.

    Raises: SettingsInvalid, StorageUnavailable.
    """
    async with open_engine(evaluation_settings(home, settings), overrides) as engine:
        yield engine


async def ingest_all(engine: Engine, source: str, watch: Watch) -> Summary:
    """Ingests a source of which most documents have to be read, or there is nothing to measure.

    Raises: DocumentUnreadable with the first reason when half of them could not be; what
    `Ingestion.run` raises.
    """
    summary = await engine.ingestion.run(source, (), watch)
    if len(summary.failed) > summary.added + summary.changed + summary.unchanged:
        raise DocumentUnreadable(
            f"{len(summary.failed):,} documents of {source} could not be read; the first: "
            f"{summary.failed[0].reason}"
        )
    return summary


async def bring_up_to_date(engine: Engine, sources: str | Sequence[str], watch: Watch) -> Summary:
    """Makes the home hold these sources and nothing else; what has not changed costs nothing.

    A home that another version of the chunker or the embedder built is emptied first.

    Raises: SourceUnreadable, IndexUnavailable, StorageUnavailable, ModelUnavailable.
    """
    wanted = [sources] if isinstance(sources, str) else list(sources)
    tenant, uris = engine.settings.tenant, {normalise(source) for source in wanted}
    for known in await engine.sources.all(tenant):
        if known.uri not in uris:
            await engine.ingestion.forget(known.id)
    try:
        return await _ingest_each(engine, wanted, watch)
    except IndexMismatch:
        await engine.index.clear()
        for known in await engine.sources.all(tenant):
            ids = await engine.documents.ids_of_source(tenant, known.id)
            await engine.documents.remove(tenant, ids)
        return await _ingest_each(engine, wanted, watch)


async def _ingest_each(engine: Engine, sources: Sequence[str], watch: Watch) -> Summary:
    whole = Summary()
    for source in sources:
        summary = await engine.ingestion.run(source, (), watch)
        for each in fields(Summary):
            setattr(whole, each.name, getattr(whole, each.name) + getattr(summary, each.name))
    return whole
