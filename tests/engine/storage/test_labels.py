from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from engine.storage.database import Database
from engine.storage.inbox import InboxStore, NewQuestion, Surface
from engine.storage.judged_confidences import JudgedConfidences
from engine.storage.labels import Label, LabelStore, Split, split_of
from engine.storage.retrainings import RetrainingStore
from engine.storage.schema import verdicts

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


async def asked(database: Database, ts: str, text: str, tenant: str = "acme") -> str:
    question = NewQuestion(
        team="T1", channel="C1", ts=ts, user="U1", surface=Surface.MENTION, text=text, asked_at=NOW
    )
    item, _ = await InboxStore(database).add(tenant, question, at=NOW)
    return item.id


async def test_the_last_word_counts_and_leaves_the_rest(database: Database) -> None:
    store, id = LabelStore(database), await asked(database, "1.1", "Where is my parcel?")
    first = Label(
        question_id=id,
        text="Where is my parcel?",
        at=NOW,
        by="U2",
        category="shipping",
        priority="high",
        features={"confidence": 0.5},
    )
    await store.put("acme", first)
    later = Label(
        question_id=id,
        text="Where is my parcel?",
        at=NOW + timedelta(hours=1),
        by="U3",
        category="parcels",
        outcome="answerable",
    )
    await store.put("acme", later)
    found = await store.get("acme", id)
    assert found is not None
    assert (found.category, found.priority, found.outcome, found.by) == (
        "parcels",
        "high",
        "answerable",
        "U3",
    )
    assert found.features == {"confidence": 0.5}
    assert await store.get("other", id) is None
    assert await store.all("acme", found.split) == (found,)
    other = Split.TRAIN if found.split is Split.HELD_OUT else Split.HELD_OUT
    assert await store.all("acme", other) == ()


@given(st.text(min_size=1, max_size=80))
def test_the_same_question_is_always_on_the_same_side(text: str) -> None:
    assert split_of(text) is split_of(f"  {text.upper().lower()} ".replace(" ", "  ")) or (
        text.casefold() != text.upper().lower().casefold()
    )


def test_about_three_in_ten_are_held_out() -> None:
    held_out = sum(split_of(f"question {n}") is Split.HELD_OUT for n in range(2_000))
    assert 520 < held_out < 680
    assert split_of("How long is Leave?") is split_of("how long is leave")


async def test_judged_confidences_are_those_that_somebody_judged(database: Database) -> None:
    for n, verdict in enumerate(("right", "wrong", None)):
        id = await asked(database, f"2.{n}", f"question {n}")
        async with database.write() as db:
            await db.execute(
                insert(verdicts).values(
                    tenant="acme",
                    question_id=id,
                    team="T1",
                    channel="C1",
                    mode="auto",
                    outcome="answered",
                    confidence=0.5 + n / 10,
                    fingerprint="f",
                    asked_at=NOW + timedelta(days=n),
                    verdict=verdict,
                    detail={},
                )
            )
    store = JudgedConfidences(database)
    found = await store.since("acme", None)
    assert [(each.text, each.right, each.confidence) for each in found] == [
        ("question 0", True, 0.5),
        ("question 1", False, pytest.approx(0.6)),
    ]
    assert [e.text for e in await store.since("acme", NOW + timedelta(hours=1))] == ["question 1"]
    assert await store.since("other", None) == ()


async def test_a_try_is_listed_once_it_ended(database: Database) -> None:
    store = RetrainingStore(database)
    first = await store.begin("acme", "triage", at=NOW, asked_by="U1")
    assert await store.last("acme", "triage") == ()
    await store.finish(
        "acme",
        first,
        at=NOW + timedelta(minutes=1),
        champion="a",
        challenger="b",
        promoted=True,
        report={"why": "better"},
        body=b"file",
    )
    (found,) = await store.last("acme", "triage")
    assert (found.champion, found.challenger, found.promoted) == ("a", "b", True)
    assert found.report == {"why": "better"}
    assert await store.last("acme", "calibration") == ()
    assert await store.last("other", "triage") == ()
