"""Ingestion against the embedder alone on the very same texts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.compose import Overrides
from engine.retrieval.embedder import Embedder
from evals.benchmarks.timing import ratio, timed
from evals.home import ingest_all, open_home
from evals.terminal import say


class RecordingEmbedder:
    """The port `engine.retrieval.embedder.Embedder`: `real`, noting the texts it embeds."""

    def __init__(self, real: Embedder) -> None:
        self._real = real
        self.name, self.version = real.name, real.version
        self.dimension, self.max_tokens = real.dimension, real.max_tokens
        self.texts: list[str] = []

    async def embed_query(self, text: str) -> NDArray[np.float32]:
        """See the port."""
        return await self._real.embed_query(text)

    async def embed_many(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See the port."""
        self.texts += texts
        return await self._real.embed_many(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See the port."""
        return self._real.count_tokens(texts)

    async def aclose(self) -> None:
        """See the port; `real` is its opener's to close."""


async def measure_ingestion(root: Path, source: str, *, rounds: int) -> dict[str, Any]:
    """`Ingestion.run` into fresh homes and the embedder alone, in turn; a warm-up goes before.

    The parser's processes and the model are warm in both: the promise is about steady work.

    Raises: DeskhandError.
    """
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(open_home(root / "warm-up"))
        embedder = RecordingEmbedder(first.embedder)
        parser = first.ingestion.parser
        overrides = Overrides(embedder=embedder, parser=parser)
        ingest_s, bare_s, passages = [], [], 0
        texts: list[str] = []
        for number in range(rounds + 1):
            embedder.texts = []
            async with open_home(root / f"round-{number}", overrides) as engine:
                summary = await ingest_all(engine, source, lambda _: None)
            texts, passages = embedder.texts, summary.passages
            took_ms, _ = await timed(partial(first.embedder.embed_many, texts))
            say(f"  ingested {passages:,} in {summary.seconds:.1f} s, bare {took_ms / 1000:.1f} s")
            if number:
                ingest_s.append(summary.seconds)
                bare_s.append(took_ms / 1000)
        return {
            "ingest_passages": passages,
            "ingest_texts": len(texts),
            "ingest_passages_per_s": round(passages / median(ingest_s), 2),
            "embedder_passages_per_s": round(passages / median(bare_s), 2),
            "ingest_ratio": ratio(median(bare_s), median(ingest_s)),
        }
