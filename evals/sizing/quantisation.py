"""What each way of holding vectors takes on disk, and which neighbours it loses."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.adapters.edge_trial import EdgeTrial, Quantization

_RESAMPLES = 2000
KINDS: Final[tuple[Quantization, ...]] = ("none", "scalar", "binary")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One way. recall_at_k: share of the exact k nearest that the search found, with 95%.

    bytes_per_vector: on disk, of the marginal vector, graph included.
    """

    quantization: str
    bytes_per_vector: float
    build_s: float
    recall_at_10: tuple[float, float, float]
    recall_at_100: tuple[float, float, float]


def measure_quantisation(
    vectors: NDArray[np.float32], queries: NDArray[np.float32], *, seed: int
) -> list[Held]:
    """Builds the index each way, at half and at full size, and asks it; blocks for minutes."""
    return [_measure(kind, vectors, queries, seed=seed) for kind in KINDS]


def _measure(
    kind: Quantization, vectors: NDArray[np.float32], queries: NDArray[np.float32], *, seed: int
) -> Held:
    with tempfile.TemporaryDirectory(prefix="deskhand-sizing-") as folder:
        # The first bytes of a segment are laid out in large steps: the marginal vector tells more.
        half = EdgeTrial(Path(folder) / "half", vectors.shape[1], kind)
        half_bytes = half.fill(vectors[: len(vectors) // 2])
        half.close()
        whole = EdgeTrial(Path(folder) / "whole", vectors.shape[1], kind)
        started = time.monotonic()
        whole_bytes = whole.fill(vectors)
        built = time.monotonic() - started
        found = [whole.nearest(query, 100) for query in queries]
        whole.close()
    exact = [np.argsort(-(vectors @ query), kind="stable")[:100] for query in queries]
    return Held(
        quantization=kind,
        bytes_per_vector=(whole_bytes - half_bytes) / (len(vectors) - len(vectors) // 2),
        build_s=built,
        recall_at_10=_recall(exact, found, 10, seed=seed),
        recall_at_100=_recall(exact, found, 100, seed=seed),
    )


def _recall(
    exact: Sequence[NDArray[np.int64]], found: Sequence[Sequence[int]], k: int, *, seed: int
) -> tuple[float, float, float]:
    """The mean over queries, and its 95% interval by the bootstrap."""
    shares = np.array(
        [
            len({*true[:k].tolist()} & {*got[:k]}) / min(k, len(true))
            for true, got in zip(exact, found, strict=True)
        ]
    )
    rng = np.random.default_rng(seed)
    means = shares[rng.integers(len(shares), size=(_RESAMPLES, len(shares)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(shares.mean()), float(low), float(high)
