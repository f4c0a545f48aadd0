"""Passages made up fast: plausible words and vectors, published as ingestion publishes them.

Words follow the frequencies of the sample's documents with a tail of invented ones, sentences of
a document share a subject, and texts of one subject have cosines around .5, of different ones
around 0. No model is run, so 100,000 passages take minutes and not hours.
"""

from __future__ import annotations

import random
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.compose import Engine
from engine.knowledge.document import Passage, RawDocument, Sentence, SentenceKind
from engine.knowledge.embedded_text import passage_text, sentence_text
from engine.knowledge.prepare import Chunked, assemble, embed_group
from engine.retrieval.embedder import Embedder
from evals.terminal import Ticker

_SUBJECTS = 256
_SPREAD = 1.0
_INVENTED_WORDS = 10_000
_PASSAGES_A_DOCUMENT = 8
_SENTENCES = 6
_WORDS = (8, 22)
_GROUP_PASSAGES = 4096
_WORD = re.compile(r"[a-z]{2,}")


class SyntheticEmbedder:
    """The port `engine.retrieval.embedder.Embedder` whose vectors follow a text's first word.

    It stands in for `real`, whose name and version it bears, so that an index takes both. A query
    is embedded by `real` too, for the time that takes, and answered with a synthetic vector.
    """

    def __init__(self, real: Embedder, seed: int) -> None:
        self._real = real
        self.name, self.version = real.name, real.version
        self.dimension, self.max_tokens = real.dimension, real.max_tokens
        self._random = np.random.default_rng(seed)
        self._centres = _unit(self._random.standard_normal((_SUBJECTS, self.dimension)))

    async def embed_query(self, text: str) -> NDArray[np.float32]:
        """See the port."""
        await self._real.embed_query(text)
        (vector,) = self._vectors([text])
        return np.asarray(vector, np.float32)

    async def embed_many(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See the port; costs no model's time."""
        return self._vectors(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See the port."""
        return self._real.count_tokens(texts)

    async def aclose(self) -> None:
        """See the port; `real` is its opener's to close."""

    def _vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        subjects = [_subject_of(text) for text in texts]
        noise = self._random.standard_normal((len(texts), self.dimension), np.float32)
        spread = noise * np.float32(_SPREAD / np.sqrt(self.dimension))
        return _unit(self._centres[subjects] + spread)


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / lengths, np.float32)


def _subject_of(text: str) -> int:
    first = text.split(maxsplit=1)[0] if text else ""
    return zlib.crc32(first.lower().encode()) % _SUBJECTS


class SyntheticWorld:
    """Documents and questions over one vocabulary; the same for the same seed."""

    def __init__(self, folder: Path, seed: int) -> None:
        """folder: of Markdown files whose words are used."""
        self._random = random.Random(seed)
        counts: Counter[str] = Counter()
        for file in sorted(folder.rglob("*.md")):
            counts.update(_WORD.findall(file.read_text(encoding="utf-8").lower()))
        tail = {f"{'kxqvz'[i % 5]}{i:04x}": 1 + 200 / (i + 1) for i in range(_INVENTED_WORDS)}
        words = {**counts, **tail}
        self._words = list(words)
        self._weights = list(accumulate(words.values()))
        self._subjects = [w for w, _ in counts.most_common(1500) if len(w) > 5]
        self._made = 0

    def questions(self, count: int) -> list[str]:
        """Questions that passages of this world bear on."""
        return [f"{self._subject()} {self._phrase(6)} {n}?" for n in range(count)]

    def documents(self, passages: int) -> Iterator[Chunked]:
        """Documents with this many passages in all, never the same twice."""
        while passages > 0:
            here = min(passages, _PASSAGES_A_DOCUMENT)
            passages -= here
            yield self._document(here)

    def _document(self, passages: int) -> Chunked:
        self._made += 1
        name, subject = f"synthetic/{self._made:06}.md", self._subject()
        title = f"{subject} {self._phrase(3)}"
        made = tuple(self._passage(ordinal, subject) for ordinal in range(passages))
        return Chunked(
            uri=f"/{name}",
            raw=RawDocument(name=name, content_hash=f"synthetic-{self._made}"),
            title=title,
            url=None,
            category=None,
            audience=("everyone",),
            passages=made,
            texts=tuple(
                (passage_text(title, p), *(sentence_text(p, s) for s in p.sentences)) for p in made
            ),
        )

    def _passage(self, ordinal: int, subject: str) -> Passage:
        text, sentences = "", []
        for _ in range(_SENTENCES):
            start = len(text)
            text += f"{subject} {self._phrase(self._random.randint(*_WORDS))}."
            sentences.append(
                Sentence(start=start, end=len(text), kind=SentenceKind.PROSE, group=ordinal)
            )
            text += " "
        return Passage(
            ordinal=ordinal,
            text=text.rstrip(),
            heading_path=(self._phrase(2),),
            sentences=tuple(sentences),
            tokens=len(text) // 5,
        )

    def _phrase(self, words: int) -> str:
        drawn = self._random.choices(self._words, cum_weights=self._weights, k=words)
        return " ".join(drawn)

    def _subject(self) -> str:
        return self._random.choice(self._subjects).capitalize()


async def top_up(
    engine: Engine, embedder: SyntheticEmbedder, world: SyntheticWorld, passages: int
) -> None:
    """Publishes this many synthetic passages through the stores and the index.

    Raises: IndexUnavailable, StorageUnavailable.
    """
    tenant, ticker, done = engine.settings.tenant, Ticker("making passages up"), 0
    await engine.index.start(engine.ingestion.index_record())
    source_id = await engine.sources.add(tenant, "synthetic://", (), at=engine.ingestion.clock())
    group: list[Chunked] = []
    for document in world.documents(passages):
        group.append(document)
        done += len(document.passages)
        if len(group) * _PASSAGES_A_DOCUMENT >= _GROUP_PASSAGES:
            await _publish(engine, embedder, source_id, group)
            group = []
            ticker.tick(f"{done:,} of {passages:,}")
    if group:
        await _publish(engine, embedder, source_id, group)


async def _publish(
    engine: Engine, embedder: SyntheticEmbedder, source_id: str, group: Sequence[Chunked]
) -> None:
    tenant = engine.settings.tenant
    embedded = await embed_group(tenant, group, embedder=embedder, store=engine.passages)
    prepared = assemble(embedded, source_id=source_id, ingested_at=engine.ingestion.clock())
    await engine.index.upsert(tenant, prepared.points)
    await engine.index.flush()
    await engine.documents.publish(tenant, prepared.versions)
