"""What a day's questions give to one series, in memory and as a stored point's body."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.continuous.series import Kind, Series

Values = NDArray[np.float64]
Vectors = NDArray[np.float32]

NO_VALUES: Values = np.zeros(0)
NO_VECTORS: Vectors = np.zeros((0, 0), np.float32)

_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DaySample:
    """A day of a series; of the three only what the series' kind needs is filled.

    values: shape (questions,). counts: questions by label. vectors: unit rows, shape (questions,
    dimension). made_by: the embedder of the vectors; vectors of two cannot be compared.
    """

    day: date
    values: Values = field(default_factory=lambda: NO_VALUES)
    counts: Mapping[str, int] = field(default_factory=dict)
    vectors: Vectors = field(default_factory=lambda: NO_VECTORS)
    made_by: str = ""

    @property
    def n(self) -> int:
        """Questions that have a value."""
        return len(self.values) or sum(self.counts.values()) or len(self.vectors)


def render_sample(series: Series, sample: DaySample) -> dict[str, Any]:
    """JSON of a sample. Yes and no are counted, numbers keep six digits, vectors a byte a value."""
    if series.kind is Kind.YES_NO:
        return {"yes": int(sample.values.sum()), "of": len(sample.values)}
    if series.kind is Kind.MIX:
        return {"counts": dict(sorted(sample.counts.items()))}
    if series.kind is Kind.VECTORS:
        packed = np.clip(np.rint(sample.vectors * 127), -127, 127).astype(np.int8)
        return {
            "vectors": base64.b64encode(packed.tobytes()).decode("ascii"),
            "dimension": int(sample.vectors.shape[1]),
            "made_by": sample.made_by,
        }
    return {"values": [float(f"{value:.{_DIGITS}g}") for value in sample.values]}


def parse_sample(series: Series, day: date, body: Mapping[str, Any]) -> DaySample:
    """A sample from its JSON.  Raises: KeyError, ValueError for another's."""
    if series.kind is Kind.YES_NO:
        yes, of = int(body["yes"]), int(body["of"])
        return DaySample(day=day, values=np.repeat([1.0, 0.0], [yes, of - yes]))
    if series.kind is Kind.MIX:
        return DaySample(day=day, counts={str(k): int(v) for k, v in body["counts"].items()})
    if series.kind is Kind.VECTORS:
        packed = np.frombuffer(base64.b64decode(body["vectors"]), np.int8)
        rows = packed.reshape(-1, max(1, int(body["dimension"]))).astype(np.float32)
        lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return DaySample(day=day, vectors=rows / lengths, made_by=str(body["made_by"]))
    return DaySample(day=day, values=np.asarray(body["values"], np.float64))


def pooled_counts(samples: Sequence[DaySample]) -> dict[str, int]:
    """Labels of several days counted together."""
    found: dict[str, int] = {}
    for sample in samples:
        for label, count in sample.counts.items():
            found[label] = found.get(label, 0) + count
    return found
