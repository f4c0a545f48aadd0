from __future__ import annotations

import math

import pytest

from evals.suites.ranking import RANKING_COLUMNS, ranking_scores

RANKED = ["a", "b", "c", "d", "e", "f"]


def test_recall_and_hits_count_the_gold_names_within_the_first_five() -> None:
    found = ranking_scores(RANKED, {"b": 1, "f": 1, "x": 1})
    assert found["recall_at_5"] == pytest.approx(1 / 3)
    assert (found["hit_at_1"], found["hit_at_5"]) == (0.0, 1.0)
    assert ranking_scores(RANKED, {"f": 1})["hit_at_5"] == 0.0


def test_the_reciprocal_rank_is_one_over_the_first_gold_rank_within_ten() -> None:
    assert ranking_scores(RANKED, {"c": 1, "d": 1})["mrr_at_10"] == pytest.approx(1 / 3)
    far = [f"n{place}" for place in range(1, 12)]
    assert ranking_scores(far, {"n10": 1})["mrr_at_10"] == pytest.approx(1 / 10)
    assert ranking_scores(far, {"n11": 1})["mrr_at_10"] == 0.0


def test_binary_ndcg_matches_the_sum_by_hand() -> None:
    # gold at ranks 2 and 4, two gold names in all
    dcg = 1 / math.log2(3) + 1 / math.log2(5)
    ideal = 1 + 1 / math.log2(3)
    found = ranking_scores(RANKED, {"b": 1.0, "d": 1.0})["ndcg_at_10"]
    assert found == pytest.approx(dcg / ideal)
    assert found == pytest.approx(0.650921, abs=1e-6)


@pytest.mark.parametrize("scale", [1.0, 0.5, 2.0])
def test_graded_ndcg_weighs_the_gains_whatever_their_scale(scale: float) -> None:
    gains = {"a": 1.0 * scale, "c": 3.0 * scale, "x": 2.0 * scale}
    dcg = 1 / 1 + 3 / 2  # ranks 1 and 3: log2(2) = 1, log2(4) = 2
    ideal = 3 / 1 + 2 / math.log2(3) + 1 / 2
    assert ranking_scores(RANKED, gains)["ndcg_at_10"] == pytest.approx(dcg / ideal)


def test_the_order_given_is_the_order_scored() -> None:
    assert ranking_scores(["z", "a"], {"z": 1})["hit_at_1"] == 1.0
    assert ranking_scores(["a", "z"], {"z": 1})["hit_at_1"] == 0.0


def test_an_empty_ranking_scores_nothing_and_without_gold_nothing_is_said() -> None:
    assert ranking_scores([], {"a": 1}) == dict.fromkeys(RANKING_COLUMNS, 0.0)
    assert ranking_scores(RANKED, {}) == {}
    assert ranking_scores(RANKED, {"a": 0.0}) == {}
    assert ranking_scores(["x"], {"a": 1.0, "x": 0.0})["hit_at_1"] == 0.0


def test_names_of_any_kind_are_compared_as_they_are() -> None:
    odd = ["a b/c.md", "ä\tü", "x#1"]
    assert ranking_scores(odd, {"ä\tü": 1})["mrr_at_10"] == 0.5
