"""Rebuilding while somebody reads, on the embedded index and on a Qdrant server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.minilm.embedder import MiniLmEmbedder
from engine.audience import FULL_MEMBER
from engine.compose import Engine, Overrides, open_engine
from engine.errors import IndexMismatch, IndexUnavailable
from engine.knowledge.ingest import Ingestion
from engine.knowledge.rebuild import rebuilding
from engine.question import Budget, Question
from engine.retrieval.embedder import Embedder
from engine.settings import load_settings
from engine.storage.staged_knowledge import StagedKnowledge
from tests.qdrant_server.server import QdrantServer, Trouble

pytestmark = pytest.mark.slow  # every test ingests twice

KEY = "qd-secret-0123456789"


class Renamed:
    """The real embedder under another version: an index of the one does not fit the other."""

    def __init__(self, inner: MiniLmEmbedder) -> None:
        self._inner = inner
        self.version = "of next year"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def aclose(self) -> None:
        """Stays open for the next test."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[QdrantServer]:
    with QdrantServer(tmp_path / "server", api_key=KEY).running() as running:
        yield running


@dataclass
class World:
    """A folder of documents, and where an engine finds its index."""

    folder: Path
    model: Embedder
    server: QdrantServer | None

    def __post_init__(self) -> None:
        self.docs = self.folder / "docs"
        self.docs.mkdir()
        self.write("tea.md", "# Tea\n\nTea is served at four.\n")
        self.write("gate.md", "# Parking\n\nPark behind the north gate.\n")

    def write(self, name: str, text: str) -> None:
        (self.docs / name).write_text(text)

    @asynccontextmanager
    async def engine(
        self, *, tenant: str = "default", embedder: Any = None, home: str = "home"
    ) -> AsyncIterator[Engine]:
        env = {"DESKHAND_HOME": str(self.folder / home), "DESKHAND_TENANT": tenant}
        if self.server is not None:
            env |= {"QDRANT_URL": self.server.url, "QDRANT_API_KEY": KEY}
            env |= {"DATABASE_URL": f"sqlite:///{self.folder}/shared.db"}
        settings = load_settings(env, working_directory=self.folder)
        async with open_engine(settings, Overrides(embedder=embedder or self.model)) as engine:
            yield engine

    async def ingest(self, ingestion: Ingestion) -> Any:
        return await ingestion.run(str(self.docs), (), lambda _: None)


@pytest.fixture(params=["embedded", "server"])
def world(request: pytest.FixtureRequest, tmp_path: Path, model: Embedder) -> World:
    server = request.getfixturevalue("server") if request.param == "server" else None
    return World(tmp_path, model, server)


@pytest.fixture
def served(tmp_path: Path, model: Embedder, server: QdrantServer) -> World:
    return World(tmp_path, model, server)


async def reply(engine: Engine, text: str) -> str:
    trace = await engine.pipeline.run(
        Question(id="1", text=text),
        tenant=engine.settings.tenant,
        audience=FULL_MEMBER,
        budget=Budget(max_cost_usd=0.0),
    )
    return trace.draft_reply


async def test_readers_find_the_old_until_the_end_and_then_the_new(world: World) -> None:
    async with world.engine() as engine:
        await world.ingest(engine.ingestion)
        world.write("tea.md", "# Tea\n\nTea is served at five.\n")
        async with rebuilding(engine.ingestion, StagedKnowledge(engine.database)) as ingestion:
            assert (await world.ingest(ingestion)).added == 2
            assert "four" in await reply(engine, "When is tea served?")
        assert "five" in await reply(engine, "When is tea served?")
        assert "gate" in await reply(engine, "Where do I park?")
        assert await engine.index.count("default") == await engine.documents.count_passages(
            "default"
        )
        again = await world.ingest(engine.ingestion)
        assert (again.unchanged, again.added, again.changed) == (2, 0, 0)


async def test_a_rebuild_that_dies_in_the_middle_changes_nothing(world: World) -> None:
    async with world.engine() as engine:
        await world.ingest(engine.ingestion)
        world.write("tea.md", "# Tea\n\nTea is served at five.\n")

        async def rebuild() -> None:
            async with rebuilding(engine.ingestion, StagedKnowledge(engine.database)) as ingestion:
                await world.ingest(ingestion)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await rebuild()
        assert "four" in await reply(engine, "When is tea served?")
        assert await engine.index.count("default") == 2


async def test_a_rebuild_lets_another_embedder_in(world: World) -> None:
    async with world.engine() as engine:
        await world.ingest(engine.ingestion)
    async with world.engine(embedder=Renamed(world.model)) as engine:
        with pytest.raises(IndexMismatch, match="deskhand ingest --rebuild"):
            await world.ingest(engine.ingestion)
        async with rebuilding(engine.ingestion, StagedKnowledge(engine.database)) as ingestion:
            await world.ingest(ingestion)
        await engine.make_ready()
        assert "four" in await reply(engine, "When is tea served?")


async def test_other_tenants_keep_their_points_and_their_answers(served: World) -> None:
    async with served.engine(tenant="other", home="b") as other:
        await served.ingest(other.ingestion)
        served.write("tea.md", "# Tea\n\nTea is served at five.\n")
        async with served.engine() as engine:
            async with rebuilding(engine.ingestion, StagedKnowledge(engine.database)) as ingestion:
                await served.ingest(ingestion)
            assert "five" in await reply(engine, "When is tea served?")
        assert "four" in await reply(other, "When is tea served?")
        assert await other.index.count("other") == 2


async def test_a_server_that_fails_at_the_switch_leaves_the_old_knowledge_whole(
    served: World,
) -> None:
    assert served.server is not None
    async with served.engine() as engine:
        await served.ingest(engine.ingestion)
        served.write("tea.md", "# Tea\n\nTea is served at five.\n")

        async def rebuild() -> None:
            async with rebuilding(engine.ingestion, StagedKnowledge(engine.database)) as ingestion:
                await served.ingest(ingestion)
                assert served.server is not None
                served.server.trouble = Trouble.FORBIDDEN
                served.server.troubled = "POST /collections/aliases"

        with pytest.raises(IndexUnavailable, match="refuses the key"):
            await rebuild()
        served.server.trouble = None
        assert "four" in await reply(engine, "When is tea served?")
        async with rebuilding(engine.ingestion, StagedKnowledge(engine.database)) as ingestion:
            await served.ingest(ingestion)
        assert "five" in await reply(engine, "When is tea served?")
        assert len(served.server.collections) == 1


async def test_two_homes_share_one_server_and_the_embedded_index_stays_closed(
    served: World,
) -> None:
    async with served.engine(home="a") as one, served.engine(home="b") as two:
        await served.ingest(one.ingestion)
        await two.make_ready()
        assert "four" in await reply(two, "When is tea served?")
    assert not (served.folder / "a" / "index").exists()
    assert not (served.folder / "b" / "index").exists()
