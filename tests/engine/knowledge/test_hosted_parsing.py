"""Ingesting through the Unstructured API, when it is well and when it is not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine.adapters.unstructured_parser import UnstructuredParser
from engine.compose import Engine, Overrides, open_engine
from engine.errors import ParserUnavailable
from engine.knowledge.ingest import Summary
from engine.knowledge.rebuild import rebuilding
from engine.retrieval.embedder import Embedder
from engine.settings import load_settings
from engine.storage.staged_knowledge import StagedKnowledge
from tests.unstructured_server import ApiTrouble, UnstructuredServer

KEY = "un-secret-0123456789"


@pytest.fixture
def server() -> Iterator[UnstructuredServer]:
    with UnstructuredServer(api_key=KEY).running() as running:
        yield running


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    made = tmp_path / "docs"
    made.mkdir()
    (made / "tea.md").write_text("# Tea\n\nTea is served at four.\n")
    write_rtf(made / "gate.rtf", "Park behind the north gate.")
    return made


def write_rtf(path: Path, text: str) -> None:
    path.write_text(rf"{{\rtf1\ansi\deff0 {{\fonttbl {{\f0 Arial;}}}}\f0 {text}\par}}")


@asynccontextmanager
async def opened(
    tmp_path: Path, server: UnstructuredServer, model: Embedder, key: str = KEY
) -> AsyncIterator[Engine]:
    settings = load_settings(
        {
            "DESKHAND_HOME": str(tmp_path / "home"),
            "UNSTRUCTURED_API_KEY": key,
            "UNSTRUCTURED_API_URL": server.url,
        },
        working_directory=tmp_path,
    )
    async with open_engine(settings, Overrides(embedder=model)) as engine:
        parser = engine.ingestion.parser
        assert isinstance(parser, UnstructuredParser)
        parser._retry_for_s = 0.5
        yield engine


async def ingest(engine: Engine, docs: Path) -> Summary:
    return await engine.ingestion.run(str(docs), (), lambda _: None)


async def test_what_the_api_could_not_read_is_read_by_the_next_run_and_nothing_is_lost(
    tmp_path: Path, docs: Path, server: UnstructuredServer, model: Embedder
) -> None:
    async with opened(tmp_path, server, model) as engine:
        assert (await ingest(engine, docs)).added == 2
        assert server.names == ["gate.rtf"]
        before = await engine.documents.live_sizes("default")
        write_rtf(docs / "gate.rtf", "Park behind the south gate.")
        server.trouble = ApiTrouble.BUSY
        failed = await ingest(engine, docs)
        assert (failed.unchanged, failed.removed) == (1, 0)
        (failure,) = failed.failed
        assert "gate.rtf was not read: the Unstructured API at 127.0.0.1" in failure.reason
        assert await engine.documents.live_sizes("default") == before
        server.trouble = None
        assert (await ingest(engine, docs)).changed == 1


async def test_a_wrong_key_ends_the_run_with_one_sentence(
    tmp_path: Path, docs: Path, server: UnstructuredServer, model: Embedder
) -> None:
    async with opened(tmp_path, server, model, key="wrong-key-42") as engine:
        with pytest.raises(ParserUnavailable, match="refuses the key") as raised:
            await ingest(engine, docs)
    assert "wrong-key-42" not in str(raised.value)


@pytest.mark.slow
async def test_a_rebuild_while_the_api_is_down_changes_nothing(
    tmp_path: Path, docs: Path, server: UnstructuredServer, model: Embedder
) -> None:
    async with opened(tmp_path, server, model) as engine:
        await ingest(engine, docs)
        before = await engine.documents.live_sizes("default")
        server.trouble = ApiTrouble.BUSY

        async def rebuild() -> None:
            async with rebuilding(engine.ingestion, StagedKnowledge(engine.database)) as ingestion:
                await ingestion.run(str(docs), (), lambda _: None)

        with pytest.raises(ParserUnavailable, match="run the same command again"):
            await rebuild()
        assert await engine.documents.live_sizes("default") == before


@pytest.mark.slow
async def test_another_parser_reads_its_documents_again(
    tmp_path: Path, docs: Path, server: UnstructuredServer, model: Embedder
) -> None:
    settings = load_settings({"DESKHAND_HOME": str(tmp_path / "home")}, working_directory=tmp_path)
    async with open_engine(settings, Overrides(embedder=model)) as engine:
        assert (await ingest(engine, docs)).added == 2
    async with opened(tmp_path, server, model) as engine:
        assert (await ingest(engine, docs)).unchanged == 0
    assert server.names == ["gate.rtf"]
