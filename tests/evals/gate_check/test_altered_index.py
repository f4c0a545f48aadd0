"""An index whose results are altered."""

from __future__ import annotations

from typing import cast

import numpy as np

from engine.retrieval.index import IndexAnswer, IndexQuery, RankedPoints, SearchIndex, SparseVector
from evals.gate_check.altered_index import AlteredIndex, all_but, any_passages

IDS = tuple(f"p{i}" for i in range(200))


class Listing:
    """Finds every passage in order, as far as it is asked to."""

    async def search(self, query: IndexQuery) -> IndexAnswer:
        ids = IDS[: query.limit]
        scores = np.linspace(1, 0, len(ids), dtype=np.float32)
        found = RankedPoints(ids=ids, scores=scores)
        return IndexAnswer(dense=(found,), sparse=(found,))


INNER = cast("SearchIndex", Listing())


def query(value: float) -> IndexQuery:
    return IndexQuery(
        tenant="t",
        audience=frozenset({"everyone"}),
        dense=(np.array([value], np.float32),),
        sparse=(SparseVector(indices=np.array([1], np.uint32), values=np.array([1], np.float32)),),
        limit=100,
    )


async def test_noise_loses_about_its_share_alike_in_every_search_of_a_question() -> None:
    index = AlteredIndex(INNER, all_but(0.1), seed=1)
    found = await index.search(query(0.5))
    assert 80 <= len(found.dense[0].ids) <= 97
    assert found.dense[0].ids == found.sparse[0].ids
    places = [IDS.index(name) for name in found.dense[0].ids]
    assert places == sorted(places)
    assert list(found.dense[0].scores) == sorted(found.dense[0].scores, reverse=True)
    again = await index.search(query(0.5))
    assert again.dense[0].ids == found.dense[0].ids
    assert (await index.search(query(0.6))).dense[0].ids != found.dense[0].ids
    other = AlteredIndex(INNER, all_but(0.1), seed=2)
    assert (await other.search(query(0.5))).dense[0].ids != found.dense[0].ids


async def test_a_broken_retriever_takes_any_of_all_passages() -> None:
    index = AlteredIndex(INNER, any_passages(10), seed=1, least_limit=1000)
    found = (await index.search(query(0.5))).dense[0].ids
    assert len(found) == 10
    assert any(IDS.index(name) >= 100 for name in found)
