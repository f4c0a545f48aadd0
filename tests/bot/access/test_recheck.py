from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bot.access.recheck import may_show
from engine.audience import CLOSED, FULL_MEMBER, Audience
from engine.storage.database import Database
from engine.storage.document_rows import NewAudience, NewVersion
from engine.storage.documents import DocumentStore
from engine.storage.sources import SourceStore
from tests.engine.storage import conftest as stored

new_version = stored.new_version
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
Build = Callable[..., NewVersion]


@pytest.fixture
def documents(database: Database) -> DocumentStore:
    return DocumentStore(database)


@pytest.fixture
async def published(
    database: Database, documents: DocumentStore, new_version: Build
) -> dict[str, NewVersion]:
    """A document for everyone and one for a channel."""
    source = await SourceStore(database).add("acme", "/handbook", (), at=NOW)
    made = {
        "all": new_version(source, "/handbook/all.md"),
        "room": new_version(source, "/handbook/room.md", audience=("channel:C1",)),
    }
    await documents.publish("acme", list(made.values()))
    return made


def ids(*versions: NewVersion) -> list[str]:
    return [row.id for version in versions for row in version.passages]


async def test_an_answer_is_shown_where_every_passage_may_be_read(
    documents: DocumentStore, published: dict[str, NewVersion]
) -> None:
    both = ids(published["all"], published["room"])
    room = Audience.of(["everyone", "channel:C1"])
    cases = [
        (both, room, True),
        (both, FULL_MEMBER, False),
        (ids(published["all"]), FULL_MEMBER, True),
        (ids(published["all"]), Audience.of(["public"]), False),
        (ids(published["all"]), CLOSED, False),
        ([], CLOSED, True),
    ]
    for passages, audience, shown in cases:
        found = await may_show(documents, tenant="acme", passage_ids=passages, audience=audience)
        assert found is shown


async def test_a_passage_whose_readers_changed_is_shown_to_the_new_ones_alone(
    documents: DocumentStore, published: dict[str, NewVersion]
) -> None:
    document = published["all"].document
    change = NewAudience(
        document_id=document.id, version=document.version, audience=("user:U1",), content_hash="x"
    )
    await documents.set_audiences("acme", [change])
    passages = ids(published["all"])
    for audience, shown in ((FULL_MEMBER, False), (Audience.of(["user:U1"]), True)):
        found = await may_show(documents, tenant="acme", passage_ids=passages, audience=audience)
        assert found is shown


async def test_a_passage_that_is_gone_changed_or_anothers_is_not_shown(
    documents: DocumentStore, published: dict[str, NewVersion], new_version: Build
) -> None:
    passages = ids(published["all"], published["room"])
    everything = Audience.of(["everyone", "channel:C1"])
    source = published["all"].document.source_id

    async def shown(*wanted: str, tenant: str = "acme") -> bool:
        return await may_show(documents, tenant=tenant, passage_ids=wanted, audience=everything)

    assert await shown(*passages)
    assert not await shown(*passages, tenant="globex")
    assert not await shown(*passages, "00000000-0000-0000-0000-000000000000")
    await documents.publish("acme", [new_version(source, "/handbook/all.md", content="second")])
    assert not await shown(*ids(published["all"]))
    await documents.remove("acme", [published["room"].document.id])
    assert not await shown(*ids(published["room"]))
