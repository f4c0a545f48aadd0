"""How a collection was made, beside how the settings would make it now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.adapters.qdrant_points import DENSE
from engine.settings import QdrantSettings

if TYPE_CHECKING:
    from qdrant_client import models


def shape_differences(config: models.CollectionConfig, settings: QdrantSettings) -> tuple[str, ...]:
    """What differs, each as `name is, not wanted`; what is not set differs from nothing.

    A server that says nothing of a part is taken to have it as Qdrant makes it by itself.
    """
    params = config.params
    told = [
        _number("shard_number", params.shard_number, settings.shard_number),
        _number("replication_factor", params.replication_factor, settings.replication_factor),
        _number(
            "write_consistency_factor",
            params.write_consistency_factor,
            settings.write_consistency_factor,
        ),
    ]
    held = _quantization(config)
    if held != settings.quantization:
        told.append(f"quantization is {held}, not {settings.quantization}")
    on_disk = _on_disk(params)
    if on_disk != settings.on_disk:
        told.append(f"on_disk is {str(on_disk).lower()}, not {str(settings.on_disk).lower()}")
    return tuple(filter(None, told))


def _number(name: str, held: int | None, wanted: int | None) -> str:
    is_now = held or 1
    return "" if wanted is None or is_now == wanted else f"{name} is {is_now}, not {wanted}"


def _quantization(config: models.CollectionConfig) -> str:
    from qdrant_client import models

    held = config.quantization_config
    if held is None:
        return "none"
    if isinstance(held, models.ScalarQuantization):
        return "scalar"
    return "binary" if isinstance(held, models.BinaryQuantization) else "another"


def _on_disk(params: models.CollectionParams) -> bool:
    from qdrant_client import models

    vectors = params.vectors
    dense = vectors.get(DENSE) if isinstance(vectors, dict) else vectors
    if dense is None:
        return False
    return bool(dense.on_disk) or dense.memory == models.Memory.COLD
