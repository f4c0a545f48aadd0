"""A claim, its evidence, and whether the evidence supports the whole claim."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One example.

    evidence: spans as a writer would cite them. supported: whether they say the whole claim.
    kind: the set's own label, for breaking figures down. group: pairs of one text share it, so
    that resampling and cross-validation keep them together.
    """

    claim: str
    evidence: tuple[str, ...]
    supported: bool
    kind: str
    group: str
