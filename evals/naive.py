"""The pipeline most people would write first: fixed-size chunks, dense search, always an answer.

Chunks of 1,000 characters that overlap by 200, the sizes tutorials use; the five with the highest
cosine are handed on as the answer's sources, whatever the question. It embeds with the engine's
embedder and reads the text the engine's parser made, so that only the method differs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.compose import Engine

CHUNK_CHARS = 1_000
OVERLAP_CHARS = 200
TOP = 5
_EMBEDDED_AT_A_TIME = 512
_MOST_REPEATED = 2
"""Sentences that a passage takes over from the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveAnswer:
    """ranked: documents by their best chunk. sources: documents of the five chunks, best first.
    text: the five chunks, all that a model would have been given. confidence: the first's cosine.
    """

    ranked: tuple[str, ...]
    sources: tuple[str, ...]
    text: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NaivePipeline:
    """names: of the documents. document_of: each chunk's position in `names`. texts: the chunks.
    vectors: float32 unit rows, one a chunk.
    """

    names: tuple[str, ...]
    document_of: NDArray[np.int64]
    texts: tuple[str, ...]
    vectors: NDArray[np.float32]

    def answer(self, vector: NDArray[np.float32], k: int) -> NaiveAnswer:
        """Its answer to a question; `k` documents are ranked. Empty where there are no chunks."""
        cosines = self.vectors @ vector
        order = np.argsort(-cosines, kind="stable")
        ranked = dict.fromkeys(self.names[self.document_of[i]] for i in order)
        top = order[:TOP]
        return NaiveAnswer(
            ranked=tuple(ranked)[:k],
            sources=tuple(self.names[self.document_of[i]] for i in top),
            text="\n".join(self.texts[i] for i in top),
            confidence=float(cosines[top[0]]) if len(top) else 0.0,
        )


def fixed_size_chunks(text: str) -> list[str]:
    """Pieces of `CHUNK_CHARS` characters, each beginning with the last `OVERLAP_CHARS` of the one
    before; nothing for a text without words.
    """
    step = CHUNK_CHARS - OVERLAP_CHARS
    last = max(len(text) - OVERLAP_CHARS, 1)
    pieces = (text[start : start + CHUNK_CHARS] for start in range(0, last, step))
    return [piece for piece in pieces if piece.strip()]


def joined(passages: Iterable[tuple[str, Sequence[str]]]) -> str:
    """A document's text from its passages in order, each with its sentences.

    The sentences that a passage repeats from the end of the one before are taken once.
    """
    out: list[str] = []
    before: Sequence[str] = ()
    for text, sentences in passages:
        repeated = next(
            (
                n
                for n in range(min(len(before), len(sentences), _MOST_REPEATED), 0, -1)
                if list(before[-n:]) == list(sentences[:n])
            ),
            0,
        )
        for sentence in sentences[:repeated]:
            at = text.find(sentence)
            text = text[at + len(sentence) :] if at >= 0 else text
        out.append(text.strip())
        before = sentences
    return "\n".join(piece for piece in out if piece)


async def build_naive(
    engine: Engine, cache: Path, watch: Callable[[int, int], None]
) -> NaivePipeline:
    """The naive pipeline over an engine's live documents; `watch` is told chunks done and all.

    cache: folder in which the vectors are kept, by what the documents hold.

    Raises: StorageUnavailable, ModelUnavailable.
    """
    tenant = engine.settings.tenant
    names, document_of, texts = [], [], []
    for position, known in enumerate((await engine.documents.known(tenant)).values()):
        names.append(known.name)
        chunks = fixed_size_chunks(joined(await _passages(engine, known.version)))
        document_of += [position] * len(chunks)
        texts += chunks
    revision = await engine.documents.revision(tenant)
    content = await engine.documents.content_fingerprint(tenant, revision)
    path = cache / f"naive-{engine.embedder.version}-{content[:16]}.npy"
    vectors = await asyncio.to_thread(_read_vectors, path, len(texts), engine.embedder.dimension)
    if vectors is None:
        vectors = await _embed(engine, texts, watch)
        await asyncio.to_thread(np.save, path, vectors)
    return NaivePipeline(
        names=tuple(names),
        document_of=np.array(document_of, np.int64),
        texts=tuple(texts),
        vectors=vectors,
    )


async def _passages(engine: Engine, version: str) -> list[tuple[str, list[str]]]:
    tenant = engine.settings.tenant
    ids = [row[0] for row in await engine.passages.ids_of_version(tenant, version)]
    live = await engine.passages.live(tenant, ids)
    found = []
    for passage in (live[i].passage for i in ids if i in live):
        spans = [passage.text[s.start : s.end] for s in passage.sentences]
        found.append((passage.text, spans))
    return found


async def _embed(
    engine: Engine, texts: Sequence[str], watch: Callable[[int, int], None]
) -> NDArray[np.float32]:
    rows = [np.empty((0, engine.embedder.dimension), np.float32)]
    for start in range(0, len(texts), _EMBEDDED_AT_A_TIME):
        rows.append(await engine.embedder.embed_many(texts[start : start + _EMBEDDED_AT_A_TIME]))
        watch(min(start + _EMBEDDED_AT_A_TIME, len(texts)), len(texts))
    return np.concatenate(rows).astype(np.float32)


def _read_vectors(path: Path, rows: int, dimension: int) -> NDArray[np.float32] | None:
    try:
        found: NDArray[np.float32] = np.load(path, allow_pickle=False)
    except (OSError, ValueError):
        return None
    return found if found.shape == (rows, dimension) else None
