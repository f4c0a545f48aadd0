"""What the tables look like from outside: enough to carry rows to another kind of database.

A shape is data, so that an archive can carry it: the tables of an older version are filled as they
were, and migrated afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    Float,
    Integer,
    LargeBinary,
    TableClause,
    Text,
    column,
    table,
)
from sqlalchemy.types import TypeEngine, UserDefinedType

from engine.storage.schema import Moment, metadata


class Kind(StrEnum):
    """How a column's values travel."""

    TEXT = "text"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    BYTES = "bytes"
    MOMENT = "moment"
    DATE = "date"
    JSON = "json"


class _RawJson(UserDefinedType[str]):
    """JSON as the text it is stored as, so that NULL and `null` stay apart and no digit changes."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "JSON"


_TYPES: dict[Kind, TypeEngine[Any]] = {
    Kind.TEXT: Text(),
    # PostgreSQL narrows a big integer to the column's own; the other way round it would refuse.
    Kind.INTEGER: BigInteger(),
    Kind.FLOAT: Float(),
    Kind.BOOLEAN: Boolean(),
    Kind.BYTES: LargeBinary(),
    Kind.MOMENT: Moment(),
    Kind.DATE: Date(),
    Kind.JSON: _RawJson(),
}
_KINDS: tuple[tuple[type[TypeEngine[Any]], Kind], ...] = (
    (Moment, Kind.MOMENT),
    (JSON, Kind.JSON),
    (LargeBinary, Kind.BYTES),
    (Boolean, Kind.BOOLEAN),
    (Float, Kind.FLOAT),
    (Integer, Kind.INTEGER),
    (Date, Kind.DATE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableShape:
    """A table: its columns in order, each with its kind, and those of its primary key."""

    name: str
    columns: tuple[tuple[str, Kind], ...]
    key: tuple[str, ...]

    def clause(self) -> TableClause:
        """The table as statements name it."""
        return table(self.name, *(column(name, _TYPES[kind]) for name, kind in self.columns))


def current_shapes() -> tuple[TableShape, ...]:
    """Every table of this version, those first that others refer to."""
    return tuple(
        TableShape(
            name=str(made.name),
            columns=tuple((str(c.name), _kind(c.type)) for c in made.columns),
            key=tuple(str(c.name) for c in made.primary_key.columns),
        )
        for made in metadata.sorted_tables
    )


def _kind(type_: TypeEngine[Any]) -> Kind:
    return next((kind for known, kind in _KINDS if isinstance(type_, known)), Kind.TEXT)
