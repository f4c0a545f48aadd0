from __future__ import annotations

import random

from engine.retrieval.embedder import Embedder
from engine.triage.examples import Example
from evals.caching.near_misses import near_misses
from evals.caching.swaps import long_words, near_miss


def test_a_near_miss_is_the_question_with_one_thing_changed() -> None:
    drawn = random.Random(1)
    asked = "Can I move 3 days before March?"
    made = {near_miss(asked, ["salary"], drawn) for _ in range(60)}
    assert asked not in made
    assert "Can I move 4 days before March?" in made
    assert "Can I not move 3 days before March?" in made
    assert "Must I move 3 days before March?".lower() in {text.lower() for text in made}
    assert near_miss("hm", ["salary"], drawn) == "hm"
    assert long_words(["move the salary", "the salary"]) == ["salary"]


async def test_what_is_taken_for_one_is_counted_by_hand(model: Embedder) -> None:
    examples = [
        Example(text="How do I reset my password?", category="reset"),
        Example(text="please tell me how to reset my password", category="reset"),
        Example(text="How do I reset my password", category="forgotten"),
        Example(text="When is the salary paid?", category="pay"),
    ]
    found = await near_misses(examples, model, 7)
    assert found["questions"] == 4
    assert found["near_misses"] == 3  # the three that lie close, each to one of another category
    assert found["false_hits"] == 3
    assert found["hit_rate"] == 0.5
    assert found["made"]["near_misses"] == 4
    assert found["made"]["false_hits"] == 0
