"""A person is forgotten in every table there is, by what the tables are and not by a list."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, String, Table, select

from engine.compose import Engine, open_engine
from engine.privacy.forgetting import QUESTION, SOURCE, USER, Forgetting
from engine.privacy.sought import Sought
from engine.settings import load_settings
from engine.storage.audit import Deed, Outcome
from engine.storage.belongings import of_user
from engine.storage.erasing import KNOWLEDGE, ErasingStore
from engine.storage.personal_rows import personal_rows
from engine.storage.schema import (
    audit,
    case_events,
    cases,
    entries,
    feedback,
    gaps,
    inbox,
    labels,
    metadata,
    replies,
    traces,
    verdicts,
)
from engine.storage.text_search import search_texts
from evals.forgetting import forget_in_files
from tests.engine.storage.rows import NOW, put

ANN, BEN = "U0ANNA01", "U0BENN01"
TEXT = "Why does my manager Jo Müller-Ström read my mail?"
WIFI = "What is the guest wifi password?"
LONG = 64
"""Shorter columns hold words of ours, such as a state."""


@pytest.fixture
async def engine(address: str, tmp_path: Path) -> AsyncIterator[Engine]:
    names = {"DESKHAND_HOME": str(tmp_path / "home"), "DATABASE_URL": address}
    settings = load_settings(names | {"DESKHAND_TENANT": "acme"}, working_directory=tmp_path)
    async with open_engine(settings) as opened:
        yield opened


def forgetting(engine: Engine) -> Forgetting:
    return Forgetting(
        tenant="acme",
        database=engine.database,
        inbox=engine.inbox,
        audit=engine.audit,
        ingestion=engine.ingestion,
        knowledge=engine.entry_knowledge,
        files=lambda sought: forget_in_files(engine.settings.home, sought),
        forget_vectors=engine.forget_vectors,
        clock=lambda: NOW,
    )


def body(user: str, text: str, **more: Any) -> dict[str, Any]:
    return {"question": text, "subject": "", "body": "", "user": user, "reply": "No.", **more}


async def asked(engine: Engine, user: str, text: str, **entry: Any) -> Mapping[str, Any]:
    """A question with all that is drawn from one."""
    database = engine.database
    trace = await put(database, traces, body=body(user, text))
    question = await put(
        database, inbox, user=user, text=text, state="done", surface="dm", trace_id=trace["id"],
        extra={}, files=[], channel="D1",
    )  # fmt: skip
    mine = {"question_id": question["id"]}
    case = await put(database, cases, **mine, answer=f"As to {text}", answered_by="U0RITA01")
    await put(database, case_events, case_id=case["id"], detail={"said": text})
    await put(database, replies, **mine, body={"text": f"You asked: {text}"})
    await put(database, labels, **mine, text=text)
    await put(database, verdicts, **mine, detail={"said": text})
    await put(database, feedback, **mine, user=user)
    await put(
        database, entries, case_id=case["id"], question=text, answer=f"About: {text}", version=1,
        state="live", audience=["everyone"], sources=[], place={}, owner="U0RITA01",
    )  # fmt: skip
    await put(database, gaps, questions=[question["id"]], name=text[:30], weeks={})
    return question


async def rows_of(engine: Engine, table: Table) -> list[Any]:
    async with engine.database.read() as db:
        return list((await db.execute(select(table))).all())


async def everything_names(engine: Engine) -> int:
    """A row in each table whose every long text column names Ann and holds her words."""
    said = f"<@{ANN}> said: {TEXT}"
    filled = 0
    for table in metadata.sorted_tables:
        if table.name in KNOWLEDGE or table is audit:
            continue
        values: dict[str, Any] = {}
        for column in table.columns:
            if column.foreign_keys:
                values = {}
                break
            if isinstance(column.type, JSON):
                values[column.name] = {"a": [said, 7], ANN: "key"}
            elif isinstance(column.type, String) and (column.type.length or 999) > LONG:
                values[column.name] = said
        if table is inbox:
            values |= {"user": BEN, "text": f"Is <@{ANN}> away?", "files": []}
        if table is traces:
            values["body"] = body(BEN, "Who is away?", history=[{"text": said}])
        if values:
            await put(engine.database, table, **values)
            filled += 1
    return filled


async def test_nothing_of_a_person_is_left_in_any_table_and_others_keep_theirs(
    engine: Engine,
) -> None:
    mine, theirs = await asked(engine, ANN, TEXT), await asked(engine, BEN, WIFI)
    assert await everything_names(engine) > 15
    await engine.audit.append(
        "acme",
        Deed(at=NOW, who=ANN, action="button case:claim", object="", outcome=Outcome.ACCEPTED),
    )
    proof = await forgetting(engine).forget(USER, ANN, ANN)
    assert proof.left == ()
    assert proof.texts > 1
    assert proof.tables == len(metadata.tables)
    assert any("1 rows of audit" in sentence for sentence in proof.stays)
    assert TEXT not in str(proof.rendered())
    database = engine.settings.home / "deskhand.db"
    if engine.database.is_sqlite:  # looked at without any of the program's own search
        path = Path(str(engine.database.engine.url.database))
        raw = await asyncio.to_thread(path.read_bytes)
        assert b"manager Jo" not in raw
        assert ANN.encode() in raw  # of the audit log alone
        assert not database.exists()
    kept = {row.id: row for row in await rows_of(engine, inbox)}
    assert kept[mine["id"]].text == ""
    assert kept[mine["id"]].user.startswith("forgotten-")
    assert kept[mine["id"]].deleted_at is not None
    assert (kept[theirs["id"]].text, kept[theirs["id"]].user) == (WIFI, BEN)
    assert WIFI in {row.question for row in await rows_of(engine, entries)}
    assert {row.question_id for row in await rows_of(engine, labels)} == {theirs["id"]}
    assert {row.body["user"] for row in await rows_of(engine, traces)} == {BEN}
    again = await forgetting(engine).forget(USER, ANN, ANN)
    assert (again.left, dict(again.changed)) == ((), {})


async def test_what_was_cut_off_goes_on(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    await asked(engine, ANN, TEXT)
    for step in ("drop_drawn", "leave", "scrub", "empty"):

        async def cut(*_: Any, **__: Any) -> Any:
            raise asyncio.CancelledError

        with monkeypatch.context() as patched:
            patched.setattr(ErasingStore, step, cut)
            with pytest.raises(asyncio.CancelledError):
                await forgetting(engine).forget(USER, ANN, ANN)
    proof = await forgetting(engine).forget(USER, ANN, ANN)
    assert proof.left == ()
    assert proof.changed["traces"] == 1
    assert await rows_of(engine, entries) == []


async def test_the_search_finds_what_the_erasing_overlooks(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asked(engine, ANN, TEXT)
    await put(engine.database, gaps, name=f"{TEXT} and more", questions=["q"], owner=ANN)

    async def nothing(*_: Any, **__: Any) -> dict[str, int]:
        return {}

    monkeypatch.setattr(ErasingStore, "scrub", nothing)
    proof = await forgetting(engine).forget(USER, ANN, ANN)
    assert any(sentence.startswith("1 rows of gaps (name, owner)") for sentence in proof.left)
    assert any("feedback (user)" in sentence for sentence in proof.left)


async def test_one_question_goes_with_what_was_drawn_from_it_and_its_asker_stays(
    engine: Engine,
) -> None:
    first, second = await asked(engine, ANN, TEXT), await asked(engine, ANN, WIFI)
    proof = await forgetting(engine).forget(QUESTION, first["id"], first["id"])
    assert proof.left == ()
    kept = {row.id: row for row in await rows_of(engine, inbox)}
    assert [kept[one["id"]].text for one in (first, second)] == ["", WIFI]
    assert [row.question for row in await rows_of(engine, entries)] == [WIFI]
    assert len(await rows_of(engine, traces)) == 1


async def test_a_person_gets_all_that_is_theirs_and_of_others_only_what_names_them(
    engine: Engine,
) -> None:
    mine = await asked(engine, ANN, TEXT)
    other = await asked(engine, BEN, f"Did <@{ANN}> say anything?")
    found = await engine.database.look_up(lambda db: of_user(db, "acme", ANN))
    sought = Sought.of(ANN, ANN, found.texts, found.others)
    tables: dict[str, list[Any]] = {}
    async for table, row in personal_rows(engine.database, "acme", found, sought):
        tables.setdefault(table, []).append(row)
    own = next(row for row in tables["inbox"] if row.get("id") == mine["id"])
    assert (own["text"], own["asked_at"]) == (TEXT, NOW.isoformat())
    named = next(row for row in tables["inbox"] if row.get("id") != mine["id"])
    assert set(named) == {"sequence", "text"}
    assert {"traces", "cases", "replies", "labels", "entries", "feedback"} <= set(tables)
    assert all(row.get("question_id") != other["id"] for row in tables["feedback"])


async def test_the_search_looks_at_every_text_column_that_the_database_has(
    engine: Engine,
) -> None:
    await everything_names(engine)

    seen: dict[str, set[str]] = {}

    def is_sought(table: str, value: Any) -> bool:
        if TEXT in str(value):
            seen.setdefault(table, set())
            return True
        return False

    searched = await search_texts(engine.database, "acme", is_sought)
    columns = sum(
        isinstance(column.type, String | JSON) and column.name != "tenant"
        for table in metadata.sorted_tables
        for column in table.columns
    )
    assert searched.columns == columns
    assert {found.table for found in searched.found} == set(seen)
    assert len(seen) > 15


async def test_a_source_goes_with_what_was_quoted_of_it(engine: Engine, tmp_path: Path) -> None:
    rule = "The vault opens at seven with the blue key of the porter."
    other = "The canteen serves soup on Mondays and on rainy Thursdays."
    for name, text in (("secret", rule), ("open", other)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.md").write_text(f"# About the {name} rooms\n\n{text}\n")
        await engine.ingestion.run(str(tmp_path / name), (), lambda *_: None)
    quoted = {"snippet": rule, "full_content": f"{rule} More."}
    await put(engine.database, traces, body=body(BEN, WIFI, reply=rule, citations=[quoted]))
    await put(engine.database, traces, body=body(BEN, WIFI, reply=other))
    question = await asked(engine, BEN, WIFI)
    await put(
        engine.database, replies, question_id=question["id"], part=7, body={"text": f"> {rule}"}
    )
    secret = next(s for s in await engine.sources.all("acme") if s.uri.endswith("secret"))
    proof = await forgetting(engine).forget(SOURCE, secret.id, secret.uri)
    assert proof.left == ()
    assert proof.changed["documents"] == 1
    said = str([row.body for table in (traces, replies) for row in await rows_of(engine, table)])
    assert rule not in said
    assert other in said
    assert [s.uri.rpartition("/")[2] for s in await engine.sources.all("acme")] == ["open"]
    assert await engine.index.count("acme") == await engine.documents.count_passages("acme") == 1
