"""A case and what surrounds it, to render."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.rendering.card import Surroundings
from engine.storage.case import Case

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
LINK = "https://acme.slack.com/archives/C1/p1"


def case(**changes: Any) -> Case:
    made: dict[str, Any] = dict.fromkeys(Case.__dataclass_fields__)
    made |= {
        "id": "c-1",
        "tenant": "acme",
        "question_id": "q-1",
        "revision": 1,
        "reasons": (),
        "opened_at": AT,
        "version": 1,
        "tells_asker": False,
        "first_revision": 1,
        "level": 0,
    }
    return Case(**made | changes)


def around(**changes: Any) -> Surroundings:
    made: dict[str, Any] = {
        "asker": "Alice",
        "asked_at": AT,
        "permalink": LINK,
        "may_show": True,
        "may_show_steps": True,
        "names": {"U1": "Dana"},
    }
    return Surroundings(**made | changes)
