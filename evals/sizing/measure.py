"""The unit costs of a home: its rows in a PostgreSQL of its own, its vectors in an index of each
kind.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from engine.backup.samples import repeatable
from engine.compose import Engine, connect_database, open_engine
from engine.settings import Settings
from engine.storage.copying.copy import copy_rows
from engine.storage.copying.landing import open_landing
from engine.storage.copying.rows import database_rows
from engine.storage.copying.sampled import sampled_questions
from engine.storage.copying.sizes import table_bytes
from engine.storage.database import Database, database_url
from evals.passage_pool import PassagePool, load_pool
from evals.postgres import postgres_cluster
from evals.sizing.quantisation import measure_quantisation

KNOWLEDGE = frozenset(
    {
        "sources",
        "documents",
        "failures",
        "passages",
        "passage_vectors",
        "document_vectors",
        "term_counts",
        "corpus_sizes",
        "knowledge",
    }
)
"""Tables that grow with what was read; the others grow with what is asked."""
_QUERIES = 300
_POSTING_BYTES = 8
_PAYLOAD_BYTES = 150
_SPACE = 1.5
"""Qdrant's capacity planning, for payloads and their indexes as for vectors."""


async def measure_home(
    settings: Settings, *, seed: int, tell: Callable[[str], None], most: int
) -> dict[str, Any]:
    """Figures of the home that the settings name. most: vectors that are looked at."""
    figures: dict[str, Any] = {}
    async with open_engine(repeatable(settings)) as engine:
        tenant = engine.settings.tenant
        passages = await engine.documents.count_passages(tenant)
        questions = await engine.traces.count(tenant)
        tell(f"{passages:,} passages and {questions:,} questions into PostgreSQL")
        sizes, empty = await _in_postgresql(settings)
        grown = {name: size - empty.get(name, 0) for name, size in sizes.items()}
        knowledge = sum(size for name, size in grown.items() if name in KNOWLEDGE)
        asked = sum(size for name, size in grown.items() if name not in KNOWLEDGE)
        figures["passages"], figures["questions"] = passages, questions
        figures["passage_bytes"] = round(knowledge / passages) if passages else None
        figures["question_bytes"] = round(asked / questions) if questions else None
        if passages:
            tell("vectors into an index of each kind")
            pool = await load_pool(engine, lambda _: None)
            queries = await _queries(engine)
            vectors = pool.dense[:most]
            held = await asyncio.to_thread(measure_quantisation, vectors, queries, seed=seed)
            figures["sparse_bytes"] = _sparse_bytes(pool)
            figures["queries"] = len(queries)
            figures["quantisation"] = [asdict(one) for one in held]
    return figures


async def _in_postgresql(settings: Settings) -> tuple[dict[str, int], dict[str, int]]:
    """Bytes of each table with the home's rows, and without any."""
    with tempfile.TemporaryDirectory(prefix="deskhand-sizing-") as folder:
        async with AsyncExitStack() as stack:
            cluster = stack.enter_context(postgres_cluster(durable=False))
            cluster.sql("CREATE DATABASE sizing")
            target = Database(database_url(cluster.address("sizing"), Path(folder)))
            stack.push_async_callback(target.aclose)
            source = connect_database(settings, stack)
            async with database_rows(source, identity="sizing") as rows:
                landing = await open_landing(target, rows, replace=False)
                empty = await table_bytes(target)
                await copy_rows(landing, lambda *_: None)
                return await table_bytes(target), empty


async def _queries(engine: Engine) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Vectors of questions that were asked, and of titles."""
    texts = await sampled_questions(engine.database, engine.settings.tenant, most=_QUERIES)
    return np.asarray([await engine.embedder.embed_query(text) for text in texts], np.float32)


def _sparse_bytes(pool: PassagePool) -> float:
    """By formula: postings of a passage and the values it is filtered by."""
    postings = len(pool.postings_rows) / pool.passages
    return round(_SPACE * (postings * _POSTING_BYTES + _PAYLOAD_BYTES))
