"""The port behind which a model turns text into vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Embedder(Protocol):
    """Turns text into unit vectors; nothing in it blocks the event loop.

    name, version: recorded with the index; vectors of different (name, version) do not compare.
    dimension: length of a vector.
    max_tokens: word pieces read of each text; the rest is ignored.

    Raises: ModelUnavailable from any method that needs the model.
    """

    name: str
    version: str
    dimension: int
    max_tokens: int

    async def embed_query(self, text: str) -> NDArray[np.float32]:
        """One text as a vector of shape (dimension,) and length 1."""
        ...

    async def embed_many(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Texts as rows of length 1, shape (len(texts), dimension), in the order given."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, not truncated, without the model's special tokens."""
        ...

    async def aclose(self) -> None:
        """Frees threads and memory; idempotent."""
        ...
