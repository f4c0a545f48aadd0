"""Questions that lie near to each other and mean something else, and what takes them for one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.retrieval.embedder import Embedder
from engine.triage.examples import OUT_OF_SCOPE, Example
from engine.wording import wording
from evals.caching.swaps import long_words, near_miss
from evals.metrics import wilson

_NEAR = 0.8
"""Least cosine of a pair that counts as a near miss; below it nobody confuses two questions."""
_THRESHOLDS = (0.9, 0.95, 0.97, 0.98)
_BLOCK = 2048
_MOST_MADE = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """For each text the nearest of the same meaning and of another. Indices of shape (n,), -1 where
    there is none; cosines of shape (n,)."""

    same: NDArray[np.int64]
    same_cosine: NDArray[np.float32]
    other: NDArray[np.int64]
    other_cosine: NDArray[np.float32]


async def near_misses(examples: Sequence[Example], embedder: Embedder, seed: int) -> dict[str, Any]:
    """Figures of one labelled set: a text of another category is another question.

    false_hits: near misses (the nearest question of another category, cosine .8 or more) that are
    taken for the same. hits: questions that have one of their own category taken for the same.
    Labels are people's and hold errors: the same words under two labels are a false hit here. made:
    the same of near misses that are made of each question by changing one word.
    """
    distinct = {example.text.strip().lower(): example for example in examples}
    rows = [example for example in distinct.values() if example.category != OUT_OF_SCOPE]
    texts = [row.text for row in rows]
    nearest = _nearest(await embedder.embed_many(texts), [row.category for row in rows])
    keys = [wording(text) for text in texts]
    pairs = np.flatnonzero(nearest.other_cosine >= _NEAR)
    wrong = [i for i in pairs if keys[i] and keys[i] == keys[nearest.other[i]]]
    by_key: dict[tuple[str, str | None], int] = {}
    for key, row in zip(keys, rows, strict=True):
        by_key[key, row.category] = by_key.get((key, row.category), 0) + 1
    hits = sum(
        bool(key) and by_key[key, row.category] > 1 for key, row in zip(keys, rows, strict=True)
    )
    low, high = wilson(len(wrong), len(pairs))
    return {
        "made": await _made_misses(texts, keys, embedder, seed),
        "questions": len(rows),
        "near_misses": len(pairs),
        "false_hits": len(wrong),
        "false_hit_rate": len(wrong) / len(pairs),
        "false_hit_rate_low": low,
        "false_hit_rate_high": high,
        "hit_rate": hits / len(rows),
        "by_cosine": {
            str(least): {
                "false_hit_rate": float((nearest.other_cosine[pairs] >= least).mean()),
                "hit_rate": float((nearest.same_cosine >= least).mean()),
            }
            for least in _THRESHOLDS
        },
        "taken_for_one": [[texts[i], texts[nearest.other[i]]] for i in wrong],
    }


async def _made_misses(
    texts: Sequence[str], keys: Sequence[str], embedder: Embedder, seed: int
) -> dict[str, Any]:
    drawn, words = random.Random(seed), long_words(texts)
    pairs = [(text, near_miss(text, words, drawn)) for text in texts[:_MOST_MADE]]
    changed = [i for i, (text, other) in enumerate(pairs) if text.split() != other.split()]
    wrong = [i for i in changed if keys[i] and keys[i] == wording(pairs[i][1])]
    ones = await embedder.embed_many([pairs[i][0] for i in changed])
    others = await embedder.embed_many([pairs[i][1] for i in changed])
    cosines = np.einsum("ij,ij->i", ones, others)
    low, high = wilson(len(wrong), len(changed))
    return {
        "near_misses": len(changed),
        "false_hits": len(wrong),
        "false_hit_rate": len(wrong) / len(changed),
        "false_hit_rate_low": low,
        "false_hit_rate_high": high,
        "by_cosine": {str(least): float((cosines >= least).mean()) for least in _THRESHOLDS},
        "taken_for_one": [pairs[i] for i in wrong[:20]],
    }


def _nearest(vectors: NDArray[np.float32], categories: Sequence[str | None]) -> Nearest:
    labels = np.unique(np.array(categories), return_inverse=True)[1]
    found: list[list[NDArray[Any]]] = [[], [], [], []]
    for start in range(0, len(vectors), _BLOCK):
        cosines = vectors[start : start + _BLOCK] @ vectors.T
        rows = np.arange(len(cosines))
        cosines[rows, rows + start] = -1.0
        is_same = labels[start : start + _BLOCK, None] == labels[None, :]
        for at, mask in ((0, is_same), (2, ~is_same)):
            part = np.where(mask, cosines, -1.0)
            best = part.argmax(axis=1)
            found[at].append(best)
            found[at + 1].append(part[rows, best])
    same, same_cosine, other, other_cosine = (np.concatenate(parts) for parts in found)
    return Nearest(same=same, same_cosine=same_cosine, other=other, other_cosine=other_cosine)
