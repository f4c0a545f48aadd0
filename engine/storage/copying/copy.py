"""All rows of a source, put into a database and held against what came out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.errors import StorageUnavailable
from engine.storage.copying.landing import Landing
from engine.storage.copying.rows import TableSum

Watch = Callable[[str, int], None]
"""Told of each batch: the table, and how many of its rows are in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """How a copy went. rows: of each table. resumed: how many were in already."""

    rows: Mapping[str, int]
    resumed: int


async def copy_rows(landing: Landing, watch: Watch) -> Copied:
    """Puts in what is missing, reads all of it back, and opens the database to every program.

    Raises: StorageUnavailable where a table read back is not what was put in; the database stays
    closed then.
    """
    sums: dict[str, TableSum] = {}
    for shape in landing.source.shapes:
        sums[shape.name] = total = TableSum()
        async for batch in landing.source.batches(shape):
            missing = batch[max(0, landing.done.get(shape.name, 0) - total.rows) :]
            if missing and not landing.copied:
                await landing.write(shape, missing)
            await total.add(batch)
            watch(shape.name, total.rows)
    if not landing.copied:
        for shape in landing.source.shapes:
            found, wanted = await landing.sum_of(shape), sums[shape.name]
            if found != wanted:
                await landing.give_up()
                raise StorageUnavailable(
                    f"the table {shape.name} has {found.rows:,} rows that differ from the "
                    f"{wanted.rows:,} of the source, which has changed since the copy was begun; "
                    "stop what writes to it and run this again with --replace",
                    retryable=False,
                )
    await landing.open_to_all()
    return Copied(
        rows={name: total.rows for name, total in sums.items()},
        resumed=sum(landing.done.values()) if landing.resumed else 0,
    )
