from __future__ import annotations

import math

import numpy as np
import pytest

from engine.retrieval.passage import Candidate, DocumentVectors, PassageVectors
from engine.retrieval.query import QueryTerms
from engine.retrieval.ranking import RankingQuery, rank
from engine.retrieval.weights import TermWeights
from engine.trust import Trust

WHOLE = 0.60 + 0.10 + 0.30 + 0.15 + 0.15 + 0.10 + 0.10
"""The most that the seven shares can add up to."""

EAST, NORTH = (1.0, 0.0), (0.0, 1.0)
SLANTED = (0.6, 0.8)


def query(
    vector: tuple[float, float] = EAST,
    sequence: tuple[int, ...] = (),
    idf: dict[int, float] | None = None,
    in_documents: dict[int, float] | None = None,
    focus: tuple[int, ...] | None = None,
    absent_idf: float = 3.0,
    mean_document_terms: float = 4.0,
) -> RankingQuery:
    ids = sorted(set(sequence))
    idf = idf or {}
    in_documents = idf if in_documents is None else in_documents
    return RankingQuery(
        vector=np.array(vector, np.float32),
        terms=QueryTerms(
            sequence=np.array(sequence, np.uint32),
            ids=np.array(ids, np.uint32),
            weights=np.ones(len(ids), np.float32),
            in_focus=np.array([focus is None or i in focus for i in ids], bool),
        ),
        weights=TermWeights(
            terms=np.array(ids, np.uint32),
            in_passages=np.array([idf.get(i, 0.0) for i in ids], np.float32),
            in_documents=np.array([in_documents.get(i, 0.0) for i in ids], np.float32),
            absent_idf=absent_idf,
            mean_document_terms=mean_document_terms,
        ),
    )


def passage(
    dense: tuple[float, float] = NORTH,
    terms: tuple[int, ...] = (),
    title: tuple[int, ...] = (),
    sentences: tuple[tuple[float, float], ...] = (NORTH,),
    document: str = "d",
    name: str = "p",
    trust: Trust = Trust.TEAM,
) -> Candidate:
    return Candidate(
        trust=trust,
        id=name,
        document_id=document,
        ordinal=0,
        audience=("everyone",),
        category=None,
        vectors=PassageVectors(
            dense=np.array(dense, np.float16),
            sentences=np.rint(np.array(sentences) * 127).astype(np.int8).reshape(-1, 2),
            terms=np.array(terms, np.uint32),
            title_terms=np.array(title, np.uint32),
        ),
    )


def document(
    centroid: tuple[float, float] = NORTH,
    counts: dict[int, int] | None = None,
    title: tuple[int, ...] = (),
) -> DocumentVectors:
    counts = counts or {99: 4}
    return DocumentVectors(
        centroid=np.array(centroid, np.float16),
        terms=np.array(sorted(counts), np.uint32),
        counts=np.array([counts[t] for t in sorted(counts)], np.uint16),
        title_terms=np.array(sorted(title), np.uint32),
    )


def scores(queries: list[RankingQuery], *pairs: tuple[Candidate, DocumentVectors]) -> list[float]:
    """Scores in the order given."""
    candidates = {c.id: c for c, _ in pairs}
    ranked = rank(queries, candidates, {c.document_id: d for c, d in pairs})
    by_id = dict(zip(ranked.ids, ranked.scores.tolist(), strict=True))
    return [by_id[c.id] for c, _ in pairs]


def close(value: float) -> object:
    return pytest.approx(value, abs=2e-3)


def test_the_passages_cosine_counts_sixty() -> None:
    assert scores([query()], (passage(dense=EAST), document())) == [close(0.60 / WHOLE)]
    assert scores([query()], (passage(dense=SLANTED), document())) == [close(0.36 / WHOLE)]


def test_a_tier_below_the_best_one_found_counts_a_twentieth_of_the_whole() -> None:
    tiers = [passage(dense=EAST, name=tier, trust=tier) for tier in Trust]
    best = 0.60 / WHOLE
    pairs = [(each, document()) for each in tiers]
    assert scores([query()], *pairs) == [close(best), close(best - 0.05), close(best - 0.10)]
    assert scores([query()], *pairs[1:]) == [close(best), close(best - 0.05)]
    assert scores([query()], pairs[2]) == [close(best)]


def test_the_best_sentences_cosine_counts_ten() -> None:
    best = passage(sentences=(NORTH, SLANTED, (-1.0, 0.0)))
    assert scores([query()], (best, document())) == [close(0.06 / WHOLE)]


def test_the_documents_centroid_counts_thirty() -> None:
    assert scores([query()], (passage(), document(centroid=SLANTED))) == [close(0.18 / WHOLE)]


def test_bm25_of_a_passage_is_taken_over_the_best_match() -> None:
    # k1 1.2, b .75, average 128; lengths 2 and 4, title terms counted; tf 2 and 1.
    def bm25(tf: float, length: float) -> float:
        return tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * length / 128))

    asked = query(sequence=(7,), idf={7: 2.0}, in_documents={})
    often, once = scores(
        [asked],
        (passage(terms=(7,), title=(7,), name="a", document="a"), document()),
        (passage(terms=(7, 1, 2, 3), name="b", document="b"), document()),
    )
    assert often == close(0.15 / WHOLE)
    assert once == close(0.15 * bm25(1, 4) / bm25(2, 2) / WHOLE)


def test_bm25_of_a_document_uses_the_average_length_of_what_may_be_read() -> None:
    def bm25(tf: float, length: float) -> float:
        return tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * length / 10))

    asked = query(sequence=(7,), in_documents={7: 1.5}, mean_document_terms=10)
    dense, thin = scores(
        [asked],
        (passage(name="a", document="a"), document(counts={7: 4, 8: 6})),
        (passage(name="b", document="b"), document(counts={7: 1, 8: 19})),
    )
    assert dense == close(0.15 / WHOLE)
    assert thin == close(0.15 * bm25(1, 20) / bm25(4, 10) / WHOLE)


def test_words_of_the_title_count_by_their_idf() -> None:
    asked = query(sequence=(7, 8), idf={7: 3.0, 8: 1.0}, in_documents={})
    both, rare, common = scores(
        [asked],
        (passage(name="a", document="a"), document(title=(7, 8))),
        (passage(name="b", document="b"), document(title=(7,))),
        (passage(name="c", document="c"), document(title=(8,))),
    )
    assert [both, rare, common] == [close(0.1 * s / WHOLE) for s in (1.0, 0.75, 0.25)]


def test_pairs_that_stand_side_by_side_count_by_their_idf() -> None:
    # Pairs (1, 2) and (2, 3) weigh 1 + 2 and 2 + 3; BM25 is equal in both passages.
    asked = query(sequence=(1, 2, 3), idf={1: 1.0, 2: 2.0, 3: 3.0}, in_documents={})
    whole, second, none = scores(
        [asked],
        (passage(terms=(1, 2, 3), name="a", document="a"), document()),
        (passage(terms=(2, 3, 1), name="b", document="b"), document()),
        (passage(terms=(3, 2, 1), name="c", document="c"), document()),
    )
    assert whole == close((0.15 + 0.10) / WHOLE)
    assert second == close((0.15 + 0.10 * 5 / 8) / WHOLE)
    assert none == close(0.15 / WHOLE)


def test_a_pair_does_not_reach_from_one_passage_into_the_next() -> None:
    asked = query(sequence=(1, 2), idf={1: 1.0, 2: 1.0}, in_documents={})
    first, second = scores(
        [asked],
        (passage(terms=(5, 1), name="a", document="a"), document()),
        (passage(terms=(2, 5), name="b", document="b"), document()),
    )
    assert first == second == close(0.15 / WHOLE)


def test_a_perfect_passage_scores_one_and_an_opposite_one_zero() -> None:
    asked = query(sequence=(1, 2), idf={1: 1.0, 2: 2.0})
    perfect = passage(dense=EAST, sentences=(EAST,), terms=(1, 2), name="a", document="a")
    opposite = passage(dense=(-1, 0), sentences=((-1, 0),), name="b", document="b")
    best, worst = scores(
        [asked],
        (perfect, document(centroid=EAST, counts={1: 1, 2: 1}, title=(1, 2))),
        (opposite, document(centroid=(-1, 0))),
    )
    assert best == close(1.0)
    assert worst == 0.0


def test_a_follow_up_takes_forty_of_the_joined_turns_score() -> None:
    last, joined = query(vector=EAST), query(vector=NORTH)
    east, north = scores(
        [last, joined],
        (passage(dense=EAST, sentences=(EAST,), name="a", document="a"), document(EAST)),
        (passage(dense=NORTH, sentences=(NORTH,), name="b", document="b"), document(NORTH)),
    )
    assert east == close(0.6 * 1.0 / WHOLE)
    assert north == close(0.4 * 1.0 / WHOLE)


def test_cosines_and_coverage_of_a_follow_up_are_of_the_last_turn_alone() -> None:
    last, joined = query(vector=EAST, sequence=(1,), idf={1: 1.0}), query(vector=NORTH)
    ranked = rank([last, joined], {"p": passage(dense=SLANTED, terms=(1,))}, {"d": document()})
    assert ranked.cosines.tolist() == [close(0.6)]
    assert ranked.coverages.tolist() == [1.0]


def test_coverage_counts_a_term_that_stands_nowhere_at_its_own_weight() -> None:
    asked = query(sequence=(1, 2, 3), idf={1: 1.0, 2: 2.0}, absent_idf=5.0)
    ranked = rank([asked], {"p": passage(terms=(1,), title=(2,))}, {"d": document()})
    assert ranked.coverages.tolist() == [close(3 / 8)]


def test_sentence_cosines_stay_with_their_passage() -> None:
    ranked = rank(
        [query()],
        {
            "low": passage(sentences=(NORTH, NORTH, SLANTED), name="low"),
            "high": passage(dense=EAST, sentences=(EAST,), name="high"),
        },
        {"d": document()},
    )
    assert ranked.ids == ("high", "low")
    high, low = ranked.sentence_cosines
    assert high.tolist() == [close(1.0)]
    assert low.tolist() == [close(0.0), close(0.0), close(0.6)]


def test_features_are_the_best_sentence_the_gap_between_documents_and_the_focus() -> None:
    asked = query(sequence=(1, 2), idf={1: 1.0, 2: 3.0}, in_documents={}, focus=(2,))
    pairs = [
        (passage(dense=EAST, sentences=(SLANTED,), name="a", document="a"), document()),
        (passage(dense=EAST, terms=(2,), name="a2", document="a"), document()),
        (passage(dense=SLANTED, terms=(1,), name="b", document="b"), document()),
        (passage(dense=NORTH, name="c", document="c"), document()),
    ]
    ranked = rank([asked], {c.id: c for c, _ in pairs}, {c.document_id: d for c, d in pairs})
    first, second, third = 0.60 + 0.15, 0.36 + 0.15 / 3, 0.0
    assert ranked.features["sentence"] == close(0.6)
    assert ranked.features["gap"] == close(first - (second + third) / 2)
    assert ranked.features["focus"] == close(1.0)


def test_the_gap_of_a_single_document_is_its_score() -> None:
    ranked = rank([query()], {"p": passage(dense=EAST)}, {"d": document()})
    assert ranked.features["gap"] == close(0.60)


def test_candidates_of_an_unknown_document_are_left_out_and_nothing_gives_nothing() -> None:
    pairs = {"p": passage(), "q": passage(name="q", document="gone")}
    assert rank([query()], pairs, {"d": document()}).ids == ("p",)
    empty = rank([query()], pairs, {})
    assert (empty.ids, empty.features, len(empty.scores)) == ((), {}, 0)


def test_a_question_of_stop_words_alone_is_ranked_by_its_vector() -> None:
    ranked = rank([query()], {"p": passage(dense=EAST, terms=(1,))}, {"d": document()})
    assert all(math.isfinite(value) for value in ranked.features.values())
    assert ranked.coverages.tolist() == [0.0]


def test_equal_passages_keep_the_order_they_came_in() -> None:
    pairs = {name: passage(name=name) for name in "cab"}
    assert rank([query()], pairs, {"d": document()}).ids == ("c", "a", "b")
