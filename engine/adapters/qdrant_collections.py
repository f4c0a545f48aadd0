"""The collections of one index on a Qdrant server, and the alias that says which one serves.

Readers and writers know the alias only. A collection's metadata says which alias it was made for
and what built its points (`GET /collections/NAME` shows it under `config.metadata.deskhand`), so
that a collection that was only begun, or left over, can be told from a stranger's.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from contextlib import suppress
from dataclasses import asdict, astuple, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from engine.adapters.edge_faults import REBUILD
from engine.adapters.qdrant_connection import QdrantConnection
from engine.adapters.qdrant_faults import CollectionExists, CollectionGone
from engine.adapters.qdrant_points import AUDIENCE, DENSE, SPARSE, TENANT, VERSION
from engine.adapters.qdrant_shape import shape_differences
from engine.errors import IndexUnavailable
from engine.retrieval.index import IndexRecord
from engine.settings import QdrantSettings

if TYPE_CHECKING:
    from qdrant_client import models

_log = logging.getLogger(__name__)
_MARK = "deskhand"
_ALIAS = "alias"


class QdrantCollections:
    """Makes, finds and drops collections. Raises IndexUnavailable from every method."""

    def __init__(self, connection: QdrantConnection, settings: QdrantSettings) -> None:
        self._connection = connection
        self._settings = settings
        self.alias = settings.collection

    async def record(self) -> IndexRecord | None:
        """What built the collection that serves; None where there is none.

        Raises: IndexUnavailable when a collection of that name is not Deskhand's.
        """
        try:
            info = await self._connection.read(lambda client: client.get_collection(self.alias))
        except CollectionGone:
            return None
        record = self._own_record(info)
        if record is None:
            raise IndexUnavailable(
                f"The collection {self.alias} on the Qdrant server at {self._connection.server} is "
                "not Deskhand's; set DESKHAND_QDRANT__COLLECTION to a name that is free.",
                retryable=False,
            )
        return record

    async def differences(self) -> tuple[str, ...]:
        """How the collection that serves is made otherwise than the settings say."""
        try:
            info = await self._connection.read(lambda client: client.get_collection(self.alias))
        except CollectionGone:
            return ()
        return shape_differences(info.config, self._settings)

    async def serving(self) -> str | None:
        """The name of the collection behind the alias."""
        found = await self._connection.read(lambda client: client.get_aliases())
        named = {alias.alias_name: alias.collection_name for alias in found.aliases}
        return named.get(self.alias)

    def name_of(self, record: IndexRecord) -> str:
        """The name of a first collection: the same in every process that starts with it."""
        digest = hashlib.sha256("\n".join(map(str, astuple(record))).encode()).hexdigest()
        return f"{self.alias}-{digest[:12]}"

    def fresh_name(self) -> str:
        """A name of its own for a collection that is built aside."""
        return f"{self.alias}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"

    async def create(self, name: str, record: IndexRecord) -> None:
        """Makes an empty collection; one that another process has made meanwhile will do."""
        from qdrant_client import models

        settings = self._settings
        cold = models.Memory.COLD if settings.on_disk else None
        dense = models.VectorParams(
            size=record.dimension, distance=models.Distance.COSINE, memory=cold
        )
        sparse = models.SparseVectorParams(
            modifier=models.Modifier.IDF, index=models.SparseIndexParams(memory=cold)
        )
        with suppress(CollectionExists):
            await self._connection.write(
                lambda client: client.create_collection(
                    name,
                    vectors_config={DENSE: dense},
                    sparse_vectors_config={SPARSE: sparse},
                    hnsw_config=models.HnswConfigDiff(memory=cold) if cold else None,
                    quantization_config=self._quantization(),
                    shard_number=settings.shard_number,
                    replication_factor=settings.replication_factor,
                    write_consistency_factor=settings.write_consistency_factor,
                    metadata={_MARK: {_ALIAS: self.alias, **asdict(record)}},
                )
            )
        for field in (TENANT, AUDIENCE, VERSION):
            schema = models.KeywordIndexParams(
                type=models.KeywordIndexType.KEYWORD, is_tenant=field == TENANT or None
            )
            await self._connection.write(
                lambda client, field=field, schema=schema: client.create_payload_index(  # type: ignore[misc]
                    name, field, field_schema=schema, wait=True
                )
            )

    async def switch(self, name: str) -> None:
        """Lets this collection serve, in one step for every reader and writer."""
        from qdrant_client import models

        make = models.CreateAliasOperation(
            create_alias=models.CreateAlias(collection_name=name, alias_name=self.alias)
        )
        before: list[Any] = []
        if await self.serving() is not None:
            drop = models.DeleteAlias(alias_name=self.alias)
            before.append(models.DeleteAliasOperation(delete_alias=drop))
        await self._connection.write(
            lambda client: client.update_collection_aliases([*before, make])
        )

    async def drop(self, name: str) -> None:
        """Deletes a collection with its points; one that is gone is no error."""
        await self._connection.write(lambda client: client.delete_collection(name))

    async def drop_leftovers(self, keep: str | None) -> None:
        """Deletes what rebuilds that died have left behind.

        keep: the collection that serves.
        """
        for name in await self._own():
            if name != keep:
                _log.info("dropping the collection %s, left over by a rebuild that died", name)
                await self.drop(name)

    async def drop_all(self) -> None:
        """Deletes the alias and every collection made for it."""
        from qdrant_client import models

        if await self.serving() is not None:
            drop = models.DeleteAliasOperation(
                delete_alias=models.DeleteAlias(alias_name=self.alias)
            )
            # The alias first: whatever is left without it counts as nothing.
            await self._connection.write(lambda client: client.update_collection_aliases([drop]))
        for name in await self._own():
            await self.drop(name)

    async def _own(self) -> list[str]:
        listed = await self._connection.read(lambda client: client.get_collections())
        names = [c.name for c in listed.collections if c.name.startswith(f"{self.alias}-")]
        own = []
        for name in names:
            with suppress(CollectionGone):
                info = await self._connection.read(
                    lambda client, name=name: client.get_collection(name)  # type: ignore[misc]
                )
                if self._own_record(info) is not None:
                    own.append(name)
        return own

    def _own_record(self, info: models.CollectionInfo) -> IndexRecord | None:
        mark = (info.config.metadata or {}).get(_MARK)
        if not isinstance(mark, dict) or mark.get(_ALIAS) != self.alias:
            return None
        try:
            record = IndexRecord(**{field.name: mark[field.name] for field in fields(IndexRecord)})
        except KeyError:
            record = None
        if record is None or type(record.dimension) is not int:
            raise IndexUnavailable(
                f"The collection {self.alias} on the Qdrant server at {self._connection.server} "
                f"does not say what built it; run `{REBUILD}` to build it anew.",
                retryable=False,
            )
        return record

    def _quantization(self) -> models.ScalarQuantization | models.BinaryQuantization | None:
        from qdrant_client import models

        # Quantised vectors stay in memory, which is the point of them when the others do not.
        if self._settings.quantization == "scalar":
            return models.ScalarQuantization(
                scalar=models.ScalarQuantizationConfig(
                    type=models.ScalarType.INT8, quantile=0.99, memory=models.Memory.PINNED
                )
            )
        if self._settings.quantization == "binary":
            return models.BinaryQuantization(
                binary=models.BinaryQuantizationConfig(memory=models.Memory.PINNED)
            )
        return None
