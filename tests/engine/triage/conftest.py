"""Small made-up examples with vectors that say what they are about."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.triage.examples import Example

TOPICS = {
    "it": ["laptop screen", "printer toner", "vpn tunnel", "broken keyboard", "wifi password"],
    "hr": ["parental leave", "salary slip", "holiday request", "sick note", "training budget"],
    "billing": ["invoice copy", "refund amount", "card declined", "annual plan", "tax number"],
    "out_of_scope": ["carrot cake", "football cup", "poem about rain", "stars at night", "chess"],
}

Made = tuple[list[Example], NDArray[np.float32]]


@pytest.fixture(scope="session")
def make_examples() -> Callable[..., Made]:
    """Examples of the topics and unit vectors near their topic's direction."""

    def make(*topics: str, rows: int = 12, priority: bool = True, seed: int = 1) -> Made:
        rng = np.random.default_rng(seed)
        directions = {t: np.random.default_rng(n).normal(size=16) for n, t in enumerate(TOPICS)}
        examples, vectors = [], []
        for topic in topics:
            for row in range(rows):
                words = TOPICS[topic]
                text = f"{words[row % 5]} and {words[(row + row // 5 + 1) % 5]}, case {row}"
                examples.append(
                    Example(
                        text=text,
                        category=topic,
                        priority=("low", "high")[row % 2] if priority else None,
                    )
                )
                vectors.append(directions[topic] + rng.normal(size=16) * 0.4)
        rows_made = np.array(vectors, np.float32)
        return examples, rows_made / np.linalg.norm(rows_made, axis=1, keepdims=True)

    return make
