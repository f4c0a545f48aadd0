"""Questions that ask for the same thing, found by the vectors of their words.

Agglomerative clustering with average linkage, cut where two clusters are further apart than a
cosine distance. Chosen by `python -m evals.gaps --compare --draws 4` (pair precision, pair F1 of
250 questions, many subjects with few questions each):

| method | banking77 | clinc150 | hwu64 |
|---|---|---|---|
| average linkage, 0.45 | .65, .62 | .82, .60 | .75, .24 |
| average linkage, 0.55 | .34, .45 | .73, .66 | .63, .35 |
| HDBSCAN, at least 2 | .56, .31 | .64, .37 | .54, .33 |
| HDBSCAN, at least 3 | .42, .41 | .45, .51 | .45, .40 |

Precision decides: an article drafted for two subjects is wrong for both, while a subject in two
clusters is told of twice. What the commands of hwu64 share is a purpose more than words, so its
clusters stay small.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DISTANCE = 0.45
"""Cosine distance between clusters from which they stay apart."""
MOST = 2_000
"""Questions clustered at once: distances are a square matrix."""

Vectors = NDArray[np.float32]


def clustered(vectors: Vectors, *, distance: float = DISTANCE) -> list[list[int]]:
    """Rows that belong together, the largest cluster first; those of one row are left out.

    vectors: unit rows, shape (questions, dimension), at most `MOST`. Blocks.

    Raises: ValueError for more.
    """
    if len(vectors) > MOST:
        raise ValueError(f"at most {MOST} questions")
    if len(vectors) < 2:
        return []
    from sklearn.cluster import AgglomerativeClustering

    model = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=distance
    )
    return groups_of(model.fit_predict(vectors))


def groups_of(labels: NDArray[np.int64]) -> list[list[int]]:
    """Rows by label; a negative one stands for no cluster."""
    groups: dict[int, list[int]] = {}
    for row, label in enumerate(labels.tolist()):
        if label >= 0:
            groups.setdefault(label, []).append(row)
    several = [rows for rows in groups.values() if len(rows) > 1]
    return sorted(several, key=lambda rows: (-len(rows), rows[0]))


def centre_of(vectors: Vectors) -> Vectors:
    """The mean of unit rows as a unit vector; zeros where they cancel out."""
    mean = vectors.mean(axis=0)
    length = float(np.linalg.norm(mean))
    centre: Vectors = (mean / length if length else mean).astype(np.float32)
    return centre
