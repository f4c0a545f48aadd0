from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from engine.storage.database import Database
from engine.storage.models import ModelStore, StoredModel

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def model(version: str = "v1", **changes: Any) -> StoredModel:
    return StoredModel(
        **{
            "name": "triage",
            "version": version,
            "made_at": NOW,
            "card": {"rows": 3, "categories": {"Zürich": 1}},
            "body": bytes(range(256)) * 4000,
        }
        | changes
    )


async def test_a_model_comes_back_as_it_was_saved(database: Database) -> None:
    store = ModelStore(database)
    await store.save("acme", model())
    assert await store.get("acme", "triage", "v1") == model()


async def test_the_newest_of_a_name_and_tenant_is_in_use(database: Database) -> None:
    store = ModelStore(database)
    await store.save("acme", model("old", made_at=NOW + timedelta(days=1)))
    await store.save("acme", model("new", made_at=NOW + timedelta(days=2)))
    await store.save("acme", model("older"))
    await store.save("acme", model("other", name="answerability", made_at=NOW + timedelta(days=9)))
    await store.save("else", model("theirs", made_at=NOW + timedelta(days=9)))
    assert await store.newest_version("acme", "triage") == "new"


async def test_the_same_version_is_replaced(database: Database) -> None:
    store = ModelStore(database)
    await store.save("acme", model())
    await store.save("acme", model(body=b"x"))
    found = await store.get("acme", "triage", "v1")
    assert found is not None
    assert found.body == b"x"


async def test_without_a_model_there_is_none(database: Database) -> None:
    store = ModelStore(database)
    assert await store.newest_version("acme", "triage") is None
    assert await store.get("acme", "triage", "v1") is None
