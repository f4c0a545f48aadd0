"""A home that holds real documents, filled up with made-up passages to a given size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from engine.compose import Engine
from engine.knowledge.progress import Progress
from evals.benchmarks.real_documents import RealDocuments
from evals.benchmarks.synthetic import SyntheticEmbedder, SyntheticWorld, top_up
from evals.corpora import SAMPLE
from evals.terminal import Ticker


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """real_passages: of the documents that were read. documents_failed: those that were not."""

    real_passages: int
    documents_failed: int


async def fill_home(engine: Engine, real: RealDocuments, *, size: int, seed: int) -> Filled:
    """Ingests the real documents and adds synthetic passages up to `size` in all; makes ready.

    Raises: DeskhandError.
    """
    failed = 0
    for source in real.sources:
        summary = await engine.ingestion.run(source, (), partial(_tell, Ticker("ingesting")))
        failed += len(summary.failed)
    held = await engine.index.count(engine.settings.tenant)
    world = SyntheticWorld(SAMPLE / "knowledge", seed)
    await top_up(engine, SyntheticEmbedder(engine.embedder, seed), world, size - held)
    await engine.make_ready()
    return Filled(real_passages=held, documents_failed=failed)


def _tell(ticker: Ticker, progress: Progress) -> None:
    ticker.tick(f"{progress.passages:,} passages")
