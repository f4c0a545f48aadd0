"""Table `labels`: what people say that a question was."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select

from engine.storage.database import Database, upsert
from engine.storage.inbox_item import storable
from engine.storage.schema import labels

_NOT_WORD = re.compile(r"[\W_]+")
_HELD_OUT_SHARE: Final = 0.3


class Split(StrEnum):
    """What a question may be used for; never for both."""

    TRAIN = "train"
    HELD_OUT = "held_out"


def split_of(text: str) -> Split:
    """By the question's words alone, so that whoever asks it again lands on the same side.

    Sha256 of the words, letters and digits in lower case: three in ten are held out.
    """
    words = _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
    place = int.from_bytes(hashlib.sha256(words.encode("utf-8", "replace")).digest()[:8], "big")
    return Split.HELD_OUT if place / 2**64 < _HELD_OUT_SHARE else Split.TRAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A person's word on one question. category, priority: None where they said nothing of it.

    outcome: `answerable` or not, as far as they said. features: what the engine measured of the
    question when it answered. by: who said so.
    """

    question_id: str
    text: str
    at: datetime
    by: str | None = None
    category: str | None = None
    priority: str | None = None
    outcome: str | None = None
    features: Mapping[str, float] = field(default_factory=dict)

    @property
    def split(self) -> Split:
        """Which side of the wall it is on."""
        return split_of(self.text)


class LabelStore:
    """Labels of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, tenant: str, label: Label) -> None:
        """Stores what is said; the last word on a question replaces the one before, and what it
        does not speak of stays."""
        said: dict[str, Any] = {
            "text": storable(label.text),
            "split": label.split.value,
            "by": label.by,
            "at": label.at,
        }
        for name in ("category", "priority", "outcome"):
            if getattr(label, name) is not None:
                said[name] = getattr(label, name)
        if label.features:
            said["features"] = dict(label.features)
        async with self._database.write() as db:
            await db.execute(
                upsert(db, labels)
                .values(
                    {"features": {}} | {"tenant": tenant, "question_id": label.question_id} | said
                )
                .on_conflict_do_update(index_elements=["tenant", "question_id"], set_=said)
            )

    async def all(self, tenant: str, split: Split) -> tuple[Label, ...]:
        """Those of one side, the oldest first."""
        columns = [labels.c[name] for name in Label.__dataclass_fields__]
        async with self._database.read() as db:
            found = await db.execute(
                select(*columns)
                .where(labels.c.tenant == tenant, labels.c.split == split.value)
                .order_by(labels.c.at, labels.c.question_id)
            )
            return tuple(Label(**row) for row in found.mappings())

    async def get(self, tenant: str, question_id: str) -> Label | None:
        """What was said of a question."""
        columns = [labels.c[name] for name in Label.__dataclass_fields__]
        async with self._database.read() as db:
            found = await db.execute(
                select(*columns).where(
                    labels.c.tenant == tenant, labels.c.question_id == question_id
                )
            )
            row = found.mappings().one_or_none()
        return None if row is None else Label(**row)
