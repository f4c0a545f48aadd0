from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.diagnosis import Finding, Level, diagnose
from bot.state_check import StateCheck
from engine.settings import DatabaseSettings, OpenAiSettings, Settings, load_settings
from engine.storage.cases import CaseStore
from engine.storage.database import Database, database_url
from engine.storage.inbox import InboxStore
from engine.storage.migrate import migrate
from evals.model_server.server import ModelServer
from tests.engine.storage.questions import NOW, question

KEY = "sk-secret-of-the-test"


async def look(settings: Settings) -> dict[str, Finding]:
    check = StateCheck(settings)
    try:
        return dict(await diagnose(check.checks()))
    finally:
        await check.aclose()


async def make_tables(home: Path) -> None:
    home.mkdir()  # noqa: ASYNC240 - nothing else runs
    database = Database(database_url(None, home))
    await migrate(database)
    await database.aclose()


def set_revision(home: Path, revision: str) -> None:
    with closing(sqlite3.connect(home / "deskhand.db")) as db, db:
        db.execute("UPDATE alembic_version SET version_num = ?", (revision,))


async def test_before_the_first_ingestion_it_is_said_and_nothing_is_made(
    settings: Settings,
) -> None:
    found = await look(settings)
    assert (found["database"].level, found["database"].text) == (
        Level.FAIL,
        "there is no database yet",
    )
    assert "deskhand ingest" in found["database"].mend
    for name in ("knowledge", "index"):
        assert found[name].text == "not checked: the database comes first"
    assert found["disk"].level is not Level.FAIL
    assert not settings.home.exists()


async def test_a_case_without_a_card_is_seen_by_nobody(settings: Settings) -> None:
    await make_tables(settings.home)
    assert (await look(settings))["cases"].level is Level.OK
    database = Database(database_url(None, settings.home))
    item, _ = await InboxStore(database).add(settings.tenant, question(), at=NOW)
    await CaseStore(database).open(settings.tenant, item.id, ["conflict"], NOW)
    await database.aclose()
    found = (await look(settings))["cases"]
    assert found.level is Level.WARN
    assert found.text.startswith("1 of 1 waiting cases have no card")


async def test_a_database_without_documents_is_sound_and_knows_nothing(settings: Settings) -> None:
    await make_tables(settings.home)
    found = await look(settings)
    assert found["database"].level is Level.OK
    assert (found["knowledge"].level, found["knowledge"].mend) == (
        Level.FAIL,
        "run `deskhand ingest FOLDER`",
    )
    assert found["index"].level is Level.OK


@pytest.mark.parametrize(
    ("revision", "words"), [("0001", "run `deskhand migrate`"), ("9999", "upgrade this program")]
)
async def test_tables_of_another_version_are_left_alone(
    settings: Settings, revision: str, words: str
) -> None:
    await make_tables(settings.home)
    set_revision(settings.home, revision)
    found = await look(settings)
    assert (found["database"].level, words in found["database"].mend) == (Level.FAIL, True)
    with closing(sqlite3.connect(settings.home / "deskhand.db")) as db:
        assert db.execute("SELECT version_num FROM alembic_version").fetchone() == (revision,)


async def test_a_file_that_is_no_database_is_told(settings: Settings) -> None:
    settings.home.mkdir()
    (settings.home / "deskhand.db").write_bytes(b"not a database " * 500)
    found = (await look(settings))["database"]
    assert (found.level, "damaged" in found.text) == (Level.FAIL, True)


async def test_a_server_that_cannot_be_reached_is_told_without_its_password(
    settings: Settings,
) -> None:
    url = SecretStr("postgresql://deskhand:hunter2@127.0.0.1:9/deskhand")
    away = settings.model_copy(update={"database": DatabaseSettings(url=url)})
    found = await look(away)
    assert (found["database"].level, "cannot be reached" in found["database"].text) == (
        Level.FAIL,
        True,
    )
    assert "hunter2" not in str(found)


async def test_a_full_disk_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, level in ((2**20, Level.FAIL), (2**30, Level.WARN), (2**40, Level.OK)):
        told = SimpleNamespace(free=free)
        monkeypatch.setattr(shutil, "disk_usage", lambda _, told=told: told)
        assert (await look(settings))["disk"].level is level


def with_model(settings: Settings, base_url: str, **changed: Any) -> Settings:
    openai = OpenAiSettings(
        api_key=SecretStr(KEY), base_url=base_url, **({"model": "test-model"} | changed)
    )
    return settings.model_copy(update={"openai": openai})


async def test_a_model_that_the_server_offers_passes_and_costs_nothing(settings: Settings) -> None:
    server = ModelServer()
    async with server.serving() as url:
        found = (await look(with_model(settings, url)))["model"]
        other = (await look(with_model(settings, url, model="gpt-x")))["model"]
    assert (found.level, "costs nothing" in found.text) == (Level.OK, True)
    assert (other.level, "does not list gpt-x" in other.text) == (Level.WARN, True)
    assert server.requests == []


@pytest.fixture
async def refusing() -> AsyncIterator[Any]:
    """A server that answers everything with one status."""
    runners = []

    async def serve(status: int) -> str:
        async def answer(_: web.Request) -> web.Response:
            return web.json_response({"error": {"message": f"bad key {KEY}"}}, status=status)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(app, access_log=None)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}/v1"

    yield serve
    for runner in runners:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "level", "words"),
    [
        (401, Level.FAIL, "refuses the key"),
        (404, Level.WARN, "keeps no list"),
        (500, Level.FAIL, "fault of its own"),
        (429, Level.FAIL, "limits how often"),
    ],
)
async def test_a_model_server_that_refuses_is_told_without_the_key(
    settings: Settings, refusing: Any, status: int, level: Level, words: str
) -> None:
    found = (await look(with_model(settings, await refusing(status))))["model"]
    assert (found.level, words in found.text) == (level, True), found
    assert KEY not in found.text + found.mend


async def test_a_model_server_that_is_not_there_is_told(settings: Settings) -> None:
    found = (await look(with_model(settings, "http://127.0.0.1:9/v1")))["model"]
    assert (found.level, "cannot be reached" in found.text) == (Level.FAIL, True)


def of_home(home: Path, **more: str) -> Settings:
    return load_settings({"DESKHAND_HOME": str(home), **more}, working_directory=home.parent)


@pytest.mark.slow
async def test_a_home_with_documents_passes(knowing: Any) -> None:
    found = await look(of_home(knowing.home))
    assert {name: f.level for name, f in found.items()} == dict.fromkeys(found, Level.OK)
    assert found["knowledge"].text.startswith("3 documents, ")


@pytest.mark.slow
async def test_an_index_that_is_lost_or_of_another_embedder_fails(knowing: Any) -> None:
    other = {"DESKHAND_EMBEDDER": "openai:text-embedding-3-small", "OPENAI_API_KEY": KEY}
    mismatch = (await look(of_home(knowing.home, OPENAI_BASE_URL="http://127.0.0.1:9", **other)))[
        "index"
    ]
    assert (mismatch.level, "deskhand ingest" in mismatch.text + mismatch.mend) == (
        Level.FAIL,
        True,
    )
    index = next(p for p in knowing.home.iterdir() if p.is_dir())
    shutil.rmtree(index)
    lost = (await look(of_home(knowing.home)))["index"]
    assert (lost.level, lost.text) == (Level.FAIL, "the index is lost")


@pytest.mark.slow
async def test_an_index_that_lacks_passages_is_a_warning(knowing: Any) -> None:
    with closing(sqlite3.connect(knowing.home / "deskhand.db")) as db, db:
        db.execute("UPDATE documents SET passages = passages + 1 WHERE name LIKE 'wifi%'")
    found = (await look(of_home(knowing.home)))["index"]
    assert (found.level, "repair" in found.mend) == (Level.WARN, True)
