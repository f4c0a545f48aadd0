"""Which of this week's clusters are last week's, by their centres."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LEAST_LIKENESS = 0.75
"""Cosine of two centres from which they are the same gap."""


def matched(
    now: Sequence[NDArray[np.float32]], before: Sequence[NDArray[np.float32]]
) -> list[int | None]:
    """For each centre of now the place of its own in `before`, the likest pairs first, each once.

    Centres of another length, such as another embedder's, match none.
    """
    found: list[int | None] = [None] * len(now)
    pairs = [
        (float(centre @ other), place, earlier)
        for place, centre in enumerate(now)
        for earlier, other in enumerate(before)
        if centre.shape == other.shape
    ]
    taken: set[int] = set()
    for likeness, place, earlier in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if likeness < LEAST_LIKENESS:
            break
        if found[place] is None and earlier not in taken:
            found[place] = earlier
            taken.add(earlier)
    return found
