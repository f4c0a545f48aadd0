"""What is older than it may be goes, what is newer or still under way stays, and counts stay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, func, select

import engine.storage.retention as retention
from engine.retention import Old, Retention
from engine.retention_settings import RetentionSettings
from engine.storage.audit import AuditStore, Deed, Outcome
from engine.storage.database import Database
from engine.storage.retention import RetentionStore
from engine.storage.schema import (
    case_events,
    cases,
    inbox,
    labels,
    replies,
    spend,
    traces,
    usage,
    webhook_calls,
)
from tests.engine.storage.rows import NOW, put

SECRET = "My manager Jo reads my mail"
OLD, NEW = NOW - timedelta(days=100), NOW - timedelta(days=1)


def policies(database: Database, **days: int) -> Retention:
    zeros = dict.fromkeys(RetentionSettings.model_fields, 0)
    return Retention(
        tenant="acme",
        settings=RetentionSettings(**zeros | days),
        store=RetentionStore(database),
        audit=AuditStore(database),
        clock=lambda: NOW,
    )


async def applied(database: Database, *, dry_run: bool = False, **days: int) -> dict[str, Old]:
    kept = policies(database, **days)
    return {old.name: old async for old in kept.apply(dry_run=dry_run)}


async def all_of(database: Database, table: Table) -> list[Any]:
    async with database.read() as db:
        return list((await db.execute(select(table))).all())


async def asked(database: Database, at: Any, *, state: str = "done", **case: Any) -> str:
    question = await put(
        database, inbox, text=SECRET, asked_at=at, state=state, files=["F1"], extra={}
    )
    made = await put(
        database, cases, question_id=question["id"], answer=SECRET, closed_why=SECRET, **case
    )
    await put(database, case_events, case_id=made["id"], detail={"level": 2, "why": SECRET})
    await put(database, replies, question_id=question["id"], body={"text": SECRET})
    await put(database, labels, question_id=question["id"], text=SECRET)
    return str(question["id"])


async def test_words_of_what_is_over_go_and_the_rows_stay_to_be_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_BATCH", 1)
    over = [
        await asked(database, OLD, closed="solved"),
        await asked(database, OLD, delivered_at=OLD),
    ]
    open_case = await asked(database, OLD)
    waiting = await asked(database, OLD, state="due", closed="solved")
    recent = await asked(database, NEW, closed="solved")
    counted = await applied(database, dry_run=True, texts_days=30)
    assert counted["texts"].rows == 2
    assert all(row.text == SECRET for row in await all_of(database, inbox))
    assert (await applied(database, texts_days=30))["texts"].rows == 2
    rows = {row.id: row for row in await all_of(database, inbox)}
    assert [rows[one].text for one in over] == ["", ""]
    assert [rows[one].files for one in over] == [[], []]
    assert {rows[one].text for one in (open_case, waiting, recent)} == {SECRET}
    kept = {row.question_id: row for row in await all_of(database, cases)}
    assert [(kept[one].answer, kept[one].closed_why) for one in over] == [(None, None)] * 2
    assert kept[recent].answer == SECRET
    details = {row.case_id: row.detail for row in await all_of(database, case_events)}
    assert details[kept[over[0]].id] == {"level": 2}
    assert details[kept[open_case].id] == {"level": 2, "why": SECRET}
    shown = {row.question_id: row.body for row in await all_of(database, replies)}
    assert shown[over[0]] == {}
    assert shown[recent] == {"text": SECRET}
    assert {row.question_id for row in await all_of(database, labels)} == {
        open_case,
        waiting,
        recent,
    }
    assert (await applied(database, texts_days=30))["texts"].rows == 0


async def test_traces_and_the_ledger_go_by_their_own_days_and_0_keeps_for_ever(
    database: Database,
) -> None:
    for at in (OLD, NEW):
        await put(database, traces, asked_at=at, body={"question": SECRET})
        await put(database, usage, at=at)
        await put(database, traces, tenant="globex", asked_at=at)
    for period in ("2025-12", "2026-08", "2026-08-13", "2026-08-14T09", "2026-09", "2026-11-22T08"):
        await put(database, spend, period=period, person="U1")
    assert {old.rows for old in (await applied(database)).values()} == {0}
    assert len(await all_of(database, traces)) == 4
    found = await applied(database, traces_days=30, usage_days=365, spend_days=75)
    assert {name: old.rows for name, old in found.items() if old.rows} == {"traces": 1, "spend": 4}
    assert found["texts"].before is None
    left = sorted((row.tenant, row.asked_at) for row in await all_of(database, traces))
    assert left == [("acme", NEW), ("globex", OLD), ("globex", NEW)]
    assert sorted(row.period for row in await all_of(database, spend)) == [
        "2026-09",
        "2026-11-22T08",
    ]


async def test_webhook_calls_that_are_over_go_but_the_newest_says_how_far_it_was_told(
    database: Database,
) -> None:
    for sequence, done, given_up in ((1, OLD, None), (4, None, OLD), (6, OLD, None)):
        await put(
            database,
            webhook_calls,
            target="tickets",
            subject="c1",
            sequence=sequence,
            done_at=done,
            given_up_at=given_up,
        )
    for sequence, done in ((1, NEW), (2, None)):
        await put(
            database, webhook_calls, target="tickets", subject="c2", sequence=sequence, done_at=done
        )
    assert (await applied(database, webhook_days=30))["webhooks"].rows == 2
    left = [(row.subject, row.sequence) for row in await all_of(database, webhook_calls)]
    assert sorted(left) == [("c1", 6), ("c2", 1), ("c2", 2)]


async def test_the_audit_log_has_days_of_its_own(database: Database) -> None:
    store = AuditStore(database)
    for at in (OLD, NEW):
        deed = Deed(at=at, who="U1", action="a", object="", outcome=Outcome.ACCEPTED)
        await store.append("acme", deed)
    assert (await applied(database, traces_days=1, texts_days=1))["audit"].rows == 0
    assert (await applied(database, dry_run=True, audit_days=30))["audit"].rows == 1
    assert len(await store.rows("acme", most=9)) == 2
    assert (await applied(database, audit_days=30))["audit"].rows == 1
    assert (await store.verify("acme")).broken is None
    async with database.read() as db:
        count = select(func.count()).select_from(inbox)
        assert (await db.execute(count)).scalar() == 0
