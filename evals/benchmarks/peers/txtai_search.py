"""txtai's hybrid search: dense (Faiss) and BM25 fused by its own defaults, vectors from outside.

Its distribution is `txtai_minimal`: the code of `txtai` without PyTorch, which searching given
vectors does not use; Faiss, the default index of `txtai`, is installed beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray
from txtai import Embeddings

from evals.benchmarks.peers.exchange import Exchange
from evals.benchmarks.peers.searching import Search


def open_txtai(exchange: Exchange, *, content: bool) -> Search:
    """content: whether texts are stored and come with each result, or only its id and score."""
    given = dict(zip(exchange.passages, exchange.passage_vectors, strict=True))
    given |= dict(zip(exchange.questions, exchange.question_vectors, strict=True))

    def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([given[text] for text in texts])

    embeddings = Embeddings(method="external", transform=vectors, hybrid=True, content=content)
    embeddings.index((n, text, None) for n, text in enumerate(exchange.passages))

    def find(position: int) -> list[int]:
        results = embeddings.search(exchange.questions[position], exchange.k)
        return [int(r["id"] if content else r[0]) for r in results]

    return Search(version=version("txtai_minimal"), find=find)
