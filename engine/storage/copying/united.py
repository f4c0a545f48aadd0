"""The rows of several databases as those of one: each is of other tenants."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from engine.storage.copying.rows import Row, RowSource
from engine.storage.copying.shapes import Kind, TableShape


@dataclass(frozen=True, slots=True)
class UnitedRows:
    """Of one source after the other; of one alone, its own.

    Every table is kept by tenant. Those whose key is a number alone, which each database counted
    by itself, are counted on: what follows which within a tenant stays.
    """

    sources: Sequence[RowSource]

    @property
    def identity(self) -> str:
        """See RowSource."""
        if len(self.sources) == 1:
            return self.sources[0].identity
        return hashlib.sha256("\n".join(s.identity for s in self.sources).encode()).hexdigest()

    @property
    def revision(self) -> str:
        """See RowSource."""
        return self.sources[0].revision

    @property
    def shapes(self) -> tuple[TableShape, ...]:
        """See RowSource."""
        return self.sources[0].shapes

    async def batches(self, shape: TableShape) -> AsyncIterator[list[Row]]:
        """See RowSource."""
        names = [name for name, _ in shape.columns]
        counted = len(shape.key) == 1 and dict(shape.columns)[shape.key[0]] is Kind.INTEGER
        at, before, highest = names.index(shape.key[0]), 0, 0
        for source in self.sources:
            async for batch in source.batches(shape):
                if counted:
                    batch = [(*row[:at], row[at] + before, *row[at + 1 :]) for row in batch]
                    highest = batch[-1][at]
                yield batch
            before = highest
