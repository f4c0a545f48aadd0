from __future__ import annotations

import numpy as np
import pytest

from evals.gaps.__main__ import pair_scores
from evals.gaps.clustering import MOST, centre_of, clustered
from evals.gaps.matching import matched
from evals.gaps.naming import names_of, representative


def unit(*degrees: float) -> np.ndarray:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_questions_that_point_the_same_way_are_one_cluster_and_single_ones_none() -> None:
    # Cosine distances: 1 - cos 10 = .015 within, 1 - cos 80 = .83 between.
    assert clustered(unit(0, 90, 10, 5, 100, 200)) == [[0, 2, 3], [1, 4]]
    assert clustered(unit(0)) == []
    assert clustered(np.zeros((0, 2), dtype=np.float32)) == []


def test_more_than_fit_into_memory_are_refused() -> None:
    with pytest.raises(ValueError, match="2000"):
        clustered(np.zeros((MOST + 1, 2), dtype=np.float32))


def test_a_cluster_is_called_by_the_words_that_others_lack() -> None:
    names = names_of(
        [
            ["Who waters the plants in Oslo?", "Are the plants watered in Oslo?"],
            ["Where is the parking in Oslo?", "Who pays for parking in Oslo?"],
        ],
        others=["When is lunch in Oslo?"],
    )
    assert names[0].startswith("plants")
    assert "parking" in names[1]
    assert not any("the" in name.split() for name in names)


def test_questions_without_words_have_no_name() -> None:
    assert names_of([["the?", "the!"]]) == [""]
    assert names_of([]) == []


def test_the_question_nearest_to_the_centre_stands_for_the_others() -> None:
    vectors = unit(0, 10, 20)
    assert representative(vectors, centre_of(vectors)) == 1


def test_this_weeks_clusters_are_last_weeks_by_their_centres() -> None:
    before = list(unit(0, 90))
    assert matched(list(unit(95, 180, 5)), before) == [1, None, 0]
    assert matched(list(unit(5, 2)), before) == [None, 0]  # the likest takes it
    assert matched([np.ones(3, dtype=np.float32)], before) == [None]
    assert matched([], before) == []


def test_pairs_are_scored_as_by_hand() -> None:
    # Pairs of one category: 0-1, 0-2, 1-2, 3-4. Joined: 0-1, 2-3. Both: 0-1.
    found = pair_scores([[0, 1], [2, 3]], ["a", "a", "a", "b", "b"])
    assert found["pair_precision"] == 0.5
    assert found["pair_recall"] == 0.25
    assert found["pair_f1"] == pytest.approx(1 / 3)
    assert found["in_a_cluster"] == 0.8
