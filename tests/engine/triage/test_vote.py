from __future__ import annotations

import numpy as np
import pytest

from engine.knowledge.document import Passage
from engine.retrieval.hit import Hit
from engine.retrieval.passage import LivePassage
from engine.trace import TriageVerdict
from engine.triage.vote import vote


def hits(*votes: tuple[str | None, float]) -> list[Hit]:
    return [
        Hit(
            passage=LivePassage(
                id=str(n),
                passage=Passage(ordinal=0, text="", heading_path=(), sentences=(), tokens=0),
                document_id=str(n),
                document_name="d",
                title="t",
                url=None,
                category=category,
                audience=("everyone",),
            ),
            score=score,
            cosine=score,
            sentence_cosines=np.empty(0, dtype=np.float32),
            sentence_vectors=np.empty((0, 4), dtype=np.int8),
            coverage=0.0,
        )
        for n, (category, score) in enumerate(votes)
    ]


def test_the_category_with_the_most_squared_score_wins_with_its_share() -> None:
    verdict = vote(hits(("hr", 0.9), ("it", 0.6), ("it", 0.5)))
    # .81 against .36 + .25
    assert verdict == TriageVerdict(category="hr", category_confidence=round(0.81 / 1.42, 4))


def test_only_the_five_best_hits_vote() -> None:
    verdict = vote(hits(("hr", 0.5), ("hr", 0.5), *[("it", 0.3)] * 3, *[("it", 0.3)] * 20))
    assert verdict.category == "hr"


@pytest.mark.parametrize(
    "votes",
    [(), (("hr", 0.0),), ((None, 0.9), ("hr", 0.5)), ((None, 0.5),)],
    ids=["nothing found", "no score", "documents without a category win", "no category"],
)
def test_without_a_winner_nothing_is_said(votes: tuple[tuple[str | None, float], ...]) -> None:
    assert vote(hits(*votes)) == TriageVerdict()


def test_documents_without_a_category_lower_the_confidence() -> None:
    verdict = vote(hits(("hr", 0.8), (None, 0.6)))
    assert (verdict.category, verdict.category_confidence) == ("hr", 0.64)


def test_a_tie_goes_to_the_better_ranked() -> None:
    assert vote(hits(("it", 0.5), ("hr", 0.5))).category == "it"


def test_priority_is_never_known() -> None:
    verdict = vote(hits(("hr", 0.8)))
    assert verdict.priority is verdict.priority_confidence is None
