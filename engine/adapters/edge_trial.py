"""Vectors held as a Qdrant server would hold them, to measure what that costs and loses.

Qdrant Edge is the server's own engine: segments, graph and quantisation are the same code, so that
bytes and recall can be measured without a server.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.adapters.qdrant_points import GRAPH_WIDTH, OVERSAMPLING

Quantization = Literal["none", "scalar", "binary"]
_BATCH = 1000
_INDEXED_FROM_KB = 1000
_DENSE = "dense"


class EdgeTrial:
    """A shard with a graph over dense vectors alone, in a folder that holds none. Blocks."""

    def __init__(self, path: Path, dimension: int, quantization: Quantization) -> None:
        import qdrant_edge as qdrant

        path.mkdir(parents=True)
        made = {
            "none": None,
            "scalar": qdrant.ScalarQuantizationConfig(qdrant.ScalarType.Int8, quantile=0.99),
            "binary": qdrant.BinaryQuantizationConfig(),
        }
        vectors = qdrant.EdgeVectorParams(
            dimension, qdrant.Distance.Cosine, quantization_config=made[quantization]
        )
        optimizers = qdrant.EdgeOptimizersConfig(indexing_threshold=_INDEXED_FROM_KB)
        config = qdrant.EdgeConfig(vectors={_DENSE: vectors}, optimizers=optimizers)
        self._path = path
        self._quantization = quantization
        self._shard = qdrant.EdgeShard.create(str(path), config)

    def fill(self, vectors: NDArray[np.float32]) -> int:
        """Writes rows as points 0, 1, ... and builds graph and quantised copies; bytes on disk."""
        import qdrant_edge as qdrant

        for start in range(0, len(vectors), _BATCH):
            points = [
                qdrant.Point(start + n, {_DENSE: row.tolist()}, {})
                for n, row in enumerate(vectors[start : start + _BATCH])
            ]
            self._shard.update(qdrant.UpdateOperation.upsert_points(points))
        self._shard.optimize()
        self._shard.flush()
        return _bytes_below(self._path / "segments")

    def nearest(self, vector: NDArray[np.float32], limit: int) -> Sequence[int]:
        """Points by the search that Deskhand sends to a server."""
        import qdrant_edge as qdrant

        oversampling = OVERSAMPLING.get(self._quantization)
        quantised = (
            qdrant.QuantizationSearchParams(rescore=True, oversampling=oversampling)
            if oversampling
            else None
        )
        found = self._shard.query(
            qdrant.QueryRequest(
                query=qdrant.Query.Nearest(vector.tolist(), using=_DENSE),
                limit=limit,
                params=qdrant.SearchParams(hnsw_ef=GRAPH_WIDTH, quantization=quantised),
            )
        )
        return [int(point.id) for point in found]

    def close(self) -> None:
        """Lets the folder be removed."""
        self._shard.close()


def _bytes_below(folder: Path) -> int:
    """What the files take on the disk: some are made long before they are filled."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())
