from __future__ import annotations

import math

import numpy as np
import pytest

from engine.retrieval.lexical import document_vector, terms
from engine.retrieval.passage import PassageVectors
from evals.passage_pool import PassagePool, build_pool


def _passage(text: str, dense: list[float], title: str = "") -> PassageVectors:
    return PassageVectors(
        dense=np.array(dense, np.float16),
        sentences=np.zeros((0, 2), np.int8),
        terms=terms(text),
        title_terms=terms(title),
    )


@pytest.fixture
def pool() -> PassagePool:
    return build_pool(
        ["a", "b", "c"],
        [0, 1, 1, 2],
        [
            _passage("printer toner", [1.0, 0.0]),
            _passage("printer paper", [0.8, 0.6]),
            _passage("badge", [0.0, 1.0]),
            _passage("holiday", [0.6, 0.8], title="leave"),
        ],
        dimension=2,
    )


def test_bm25_is_idf_times_the_stored_weight(pool: PassagePool) -> None:
    scores = pool.bm25("printer printer toner")
    weight = float(document_vector(terms("printer toner")).values[0])
    printer, toner = math.log(1 + 2.5 / 2.5), math.log(1 + 3.5 / 1.5)  # N = 4, n = 2 and 1
    assert scores[0] == pytest.approx((printer + toner) * weight, rel=1e-5)
    assert scores[1] == pytest.approx(printer * weight, rel=1e-5)
    assert scores[2] == scores[3] == 0.0


def test_bm25_reads_titles_and_headings_too(pool: PassagePool) -> None:
    assert pool.bm25("leave")[3] > 0


def test_a_document_ranks_by_its_best_passage(pool: PassagePool) -> None:
    ranked = pool.rankings("printer", np.array([0.0, 1.0], np.float32), 3)
    assert ranked["dense"] == ["b", "c", "a"]  # 1, .8, 0
    assert ranked["bm25"] == ["a", "b"]  # equal scores keep their order; no match, no rank
    # convex: a .3; b max(.7 x .6 + .3, .7) = .72; c .56
    assert ranked["convex"] == ["b", "c", "a"]


def test_a_question_without_known_words_ranks_by_cosine_alone(pool: PassagePool) -> None:
    ranked = pool.rankings("zebra", np.array([1.0, 0.0], np.float32), 2)
    assert ranked == {"bm25": [], "dense": ["a", "b"], "convex": ["a", "b"]}


def test_an_empty_pool_ranks_nothing() -> None:
    empty = build_pool([], [], [], dimension=2)
    assert empty.rankings("x", np.array([1.0, 0.0], np.float32), 3)["convex"] == []
