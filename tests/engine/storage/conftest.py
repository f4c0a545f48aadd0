"""Every test of the stores runs on SQLite and, in the whole gate, on PostgreSQL."""

from __future__ import annotations

import itertools
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from engine.knowledge.document import Passage, Sentence, SentenceKind
from engine.retrieval.passage import PassageVectors
from engine.storage.database import Database, database_url
from engine.storage.document_rows import DocumentRow, NewVersion
from engine.storage.migrate import migrate
from engine.storage.passages import PassageRow
from engine.storage.term_statistics import document_vectors_of

_NUMBERS = itertools.count(1)

NewDatabase = Callable[[str | None], str]
"""Makes a database, empty or as a copy of the one at this address, and gives its address."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on."""
    return str(request.param)


@pytest.fixture
def new_database(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> NewDatabase:
    """Makes databases of the test's kind."""
    if kind == "sqlite":

        def copy_file(template: str | None) -> str:
            path = tmp_path / f"deskhand{next(_NUMBERS)}.db"
            if template is not None:
                shutil.copy(template.removeprefix("sqlite:///"), path)
            return f"sqlite:///{path}"

        return copy_file
    cluster = request.getfixturevalue("postgres")

    def create(template: str | None) -> str:
        name = f"deskhand_{os.getpid()}_{next(_NUMBERS)}"
        source = template.rpartition("/")[2] if template is not None else "template1"
        cluster.sql(f"CREATE DATABASE {name} TEMPLATE {source}")
        return f"postgresql://deskhand@/{name}?host={cluster.sockets}"

    return create


@pytest.fixture
def address(new_database: NewDatabase) -> str:
    """The address of a database without tables."""
    return new_database(None)


@pytest.fixture
async def empty(address: str, tmp_path: Path) -> AsyncIterator[Database]:
    """A database without tables."""
    opened = Database(database_url(address, tmp_path), lock_wait_s=5.0)
    yield opened
    await opened.aclose()


@pytest.fixture(scope="session")
def templates() -> dict[str, str]:
    """Addresses of databases with every table, by kind; filled on first use."""
    return {}


@pytest.fixture
async def database(
    new_database: NewDatabase,
    kind: str,
    templates: dict[str, str],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Database]:
    """A database with every table, as a copy of one that was migrated once."""
    if kind not in templates:
        address = new_database(None)
        made = Database(database_url(address, tmp_path))
        await migrate(made)
        await made.aclose()
        if kind == "sqlite":
            kept = tmp_path_factory.mktemp("template") / "deskhand.db"
            shutil.copy(address.removeprefix("sqlite:///"), kept)
            address = f"sqlite:///{kept}"
        templates[kind] = address.partition("?")[0]
    opened = Database(database_url(new_database(templates[kind]), tmp_path), lock_wait_s=5.0)
    yield opened
    await opened.aclose()


@pytest.fixture
def new_version() -> Callable[..., NewVersion]:
    """Builds a version of a document with `passages` passages whose texts name it."""

    def build(
        source_id: str,
        uri: str,
        *,
        content: str = "first",
        passages: int = 2,
        audience: tuple[str, ...] = ("everyone",),
        name: str | None = None,
        category: str | None = None,
    ) -> NewVersion:
        version = str(uuid.uuid4())
        rows = tuple(
            PassageRow(
                id=str(uuid.uuid4()),
                passage=Passage(
                    ordinal=ordinal,
                    text=f"{uri} {content} {ordinal}",
                    heading_path=("Leave", "Zeit & Ort"),
                    sentences=(
                        Sentence(start=0, end=3, kind=SentenceKind.PROSE, group=ordinal, page=2),
                        Sentence(
                            start=4, end=7, kind=SentenceKind.ROW, group=9, header="Day | Hours"
                        ),
                    ),
                    tokens=7,
                    page=ordinal + 1,
                ),
                vectors=PassageVectors(
                    dense=np.linspace(0, 1, 8, dtype=np.float16) + np.float16(ordinal),
                    sentences=np.arange(-8, 8, dtype=np.int8).reshape(2, 8),
                    terms=np.array([ordinal, 7, 7, 4_294_967_295], dtype=np.uint32),
                    title_terms=np.array([3], dtype=np.uint32),
                ),
                embedded_hash=f"{uri}-{content}-{ordinal}"[-64:],
            )
            for ordinal in range(passages)
        )
        return NewVersion(
            document=DocumentRow(
                id=str(uuid.uuid4()),
                source_id=source_id,
                uri=uri,
                name=name or uri.rpartition("/")[2],
                title=f"Title of {uri}",
                url=f"https://docs.example{uri}",
                category=category,
                audience=audience,
                content_hash=f"hash of {content}",
                version=version,
                modified_at=None,
                ingested_at=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
            ),
            passages=rows,
            vectors=document_vectors_of(
                np.array([3], dtype=np.uint32), [row.vectors for row in rows]
            ),
        )

    return build
