from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from engine.audience import Audience
from engine.retrieval.weights import TermWeigher
from engine.storage.term_statistics import CorpusSize

PUBLIC = Audience(frozenset({"public"}))
MEMBERS = Audience(frozenset({"public", "everyone"}))


class Statistics:
    """Counts by exact audience, and how often they were asked for."""

    def __init__(self) -> None:
        self.corpus = {
            "everyone": CorpusSize(passages=8, documents=4, terms=100),
            "public": CorpusSize(passages=2, documents=1, terms=40),
            "channel:C1,public": CorpusSize(passages=5, documents=5, terms=10),
        }
        self.terms = {
            ("everyone", 1): (4, 2),
            ("public", 1): (1, 1),
            ("everyone", 2): (8, 4),
            ("channel:C1,public", 2): (5, 5),
        }
        self.asked: list[tuple[int, ...]] = []

    async def sizes(self, tenant: str) -> dict[str, CorpusSize]:
        return self.corpus

    async def counts(
        self, tenant: str, readers: Sequence[str], terms: Sequence[int]
    ) -> Mapping[int, tuple[int, int]]:
        self.asked.append(tuple(terms))
        found = {}
        for term in terms:
            rows = [self.terms[r, term] for r in readers if (r, term) in self.terms]
            if rows:
                found[term] = (sum(p for p, _ in rows), sum(d for _, d in rows))
        return found


def idf(count: int, total: int) -> float:
    return math.log(1 + (total - count + 0.5) / (count + 0.5))


@pytest.fixture
def statistics() -> Statistics:
    return Statistics()


@pytest.fixture
def weigher(statistics: Statistics) -> TermWeigher:
    return TermWeigher(statistics, 100)  # type: ignore[arg-type]  # the two methods it calls


TERMS = np.array([1, 2, 3], np.uint32)


async def test_idf_is_computed_within_what_the_audience_may_read(weigher: TermWeigher) -> None:
    weights = await weigher.weigh(TERMS, tenant="t", audience=MEMBERS, revision=1)
    # 8 + 2 + 5 passages, 4 + 1 + 5 documents, 150 terms
    assert weights.in_passages.tolist() == pytest.approx([idf(5, 15), idf(13, 15), 0.0])
    assert weights.in_documents.tolist() == pytest.approx([idf(3, 10), idf(9, 10), 0.0])
    assert weights.absent_idf == pytest.approx(math.log(1 + 15.5 / 0.5))
    assert weights.mean_document_terms == 15.0
    weights = await weigher.weigh(TERMS, tenant="t", audience=PUBLIC, revision=1)
    assert weights.in_passages.tolist() == pytest.approx([idf(1, 7), idf(5, 7), 0.0])
    assert weights.mean_document_terms == pytest.approx(50 / 6)


async def test_a_term_that_stands_everywhere_still_weighs_something(weigher: TermWeigher) -> None:
    members = Audience(frozenset({"everyone"}))
    weights = await weigher.weigh(TERMS, tenant="t", audience=members, revision=1)
    assert weights.in_passages[1] == pytest.approx(idf(8, 8))
    assert weights.in_passages[1] > 0


async def test_counts_are_kept_for_a_revision_an_audience_and_a_tenant(
    weigher: TermWeigher, statistics: Statistics
) -> None:
    for _ in range(2):
        await weigher.weigh(TERMS, tenant="t", audience=MEMBERS, revision=1)
    assert statistics.asked == [(1, 2, 3)]
    await weigher.weigh(TERMS, tenant="t", audience=PUBLIC, revision=1)
    await weigher.weigh(TERMS, tenant="t", audience=MEMBERS, revision=2)
    await weigher.weigh(TERMS, tenant="other", audience=MEMBERS, revision=1)
    assert statistics.asked == [(1, 2, 3)] * 4


async def test_an_audience_that_may_read_nothing_weighs_nothing(weigher: TermWeigher) -> None:
    nobody = Audience(frozenset({"user:U1"}))
    weights = await weigher.weigh(TERMS, tenant="t", audience=nobody, revision=1)
    assert weights.in_passages.tolist() == [0.0, 0.0, 0.0]
    assert weights.mean_document_terms == 0.0
    assert math.isfinite(weights.absent_idf)


async def test_a_question_without_terms_has_no_weights(weigher: TermWeigher) -> None:
    none = np.empty(0, np.uint32)
    weights = await weigher.weigh(none, tenant="t", audience=MEMBERS, revision=1)
    assert weights.in_passages.shape == (0,)
