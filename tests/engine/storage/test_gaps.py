from __future__ import annotations

from dataclasses import replace

import numpy as np
from sqlalchemy import insert, update

from engine.storage.cases import CaseStore
from engine.storage.database import Database
from engine.storage.feedback import FeedbackStore, Opinion
from engine.storage.gaps import Gap, GapState, GapStore
from engine.storage.inbox import InboxStore, Surface
from engine.storage.schema import cases, inbox, traces
from engine.storage.unanswered import UnansweredStore
from tests.engine.storage.questions import NOW, after, question

ONE = Gap(
    id="33333333-3333-3333-3333-333333333333",
    tenant="acme",
    first_week="2026-W46",
    last_week="2026-W47",
    name="plants, lobby",
    centre=np.array([0.6, 0.8], dtype=np.float32),
    weeks={"2026-W46": 1, "2026-W47": 4},
    questions=("q1", "q2"),
    place={"key": "x"},
    changed_at=NOW,
)


async def test_a_gap_is_kept_as_it_is(database: Database) -> None:
    store = GapStore(database)
    await store.save(ONE)
    kept = await store.get("acme", ONE.id)
    assert kept is not None
    assert np.array_equal(kept.centre, ONE.centre)
    assert replace(kept, centre=ONE.centre) == ONE
    assert kept.last_count == 4
    assert await store.get("other", ONE.id) is None


async def test_a_gap_is_closed_once_and_stays_closed(database: Database) -> None:
    store = GapStore(database)
    await store.save(ONE)
    assert await store.close(ONE, at=after(1), place={"by": "U1"})
    assert not await store.close(ONE, at=after(2), place={"by": "U2"})
    await store.save(ONE)  # found by who read it before
    kept = await store.get("acme", ONE.id)
    assert kept is not None
    assert (kept.state, dict(kept.place)) == (GapState.CLOSED, {"by": "U1"})
    await store.save(ONE, reopens=True)
    again = await store.get("acme", ONE.id)
    assert again is not None
    assert again.state is GapState.OPEN


async def test_the_top_gaps_are_those_of_the_last_week_that_are_not_closed(
    database: Database,
) -> None:
    store = GapStore(database)
    small = replace(ONE, id=ONE.id.replace("3", "4"), name="small", weeks={"2026-W47": 2})
    old = replace(ONE, id=ONE.id.replace("3", "5"), last_week="2026-W46")
    shut = replace(ONE, id=ONE.id.replace("3", "6"), state=GapState.CLOSED)
    for gap in (small, old, shut, ONE):
        await store.save(gap)
    assert [gap.name for gap in await store.top("acme", most=5)] == ["plants, lobby", "small"]
    assert len(await store.top("acme", most=1)) == 1
    assert await store.top("other", most=5) == ()
    assert {gap.id for gap in await store.since("acme", "2026-W47")} == {ONE.id, small.id, shut.id}


async def test_what_lacks_an_answer_is_escalated_or_down_voted_and_not_declined(
    database: Database,
) -> None:
    store, desk = InboxStore(database), CaseStore(database)

    async def asked(ts: str, outcome: str, **more: object) -> str:
        kept, _ = await store.add("acme", question(ts, **more), at=NOW)
        async with database.write() as db:
            done = {"outcome": outcome, "state": "done"}
            await db.execute(update(inbox).where(inbox.c.id == kept.id).values(**done))
        return kept.id

    down = await asked("1.0", "answered")
    await FeedbackStore(database).put("acme", down, "U1", Opinion.NEGATIVE, NOW)
    await asked("2.0", "answered")
    held = await asked("3.0", "escalated")
    case = await desk.open("acme", held, ["low_confidence"], NOW)
    async with database.write() as db:
        said = {"answer": "Nina.", "answered_by": "R1", "answered_at": NOW, "delivered_at": NOW}
        await db.execute(update(cases).where(cases.c.id == case.id).values(**said))
    no = await asked("4.0", "escalated")
    case = await desk.open("acme", no, ["low_confidence"], NOW)
    await desk.reject(case.id, by="R1", why="not ours", at=NOW)
    broken = await asked("5.0", "failed")
    await desk.open("acme", broken, ["model_down"], NOW)
    drafted = await asked("6.0", "escalated")
    await desk.open("acme", drafted, ["draft_mode"], NOW)
    missing = await asked("6.1", "abstained")
    elsewhere = await asked("6.2", "abstained")
    for which, code in ((missing, "not_in_corpus"), (elsewhere, "out_of_scope")):
        async with database.write() as db:
            trace = {"id": which, "tenant": "acme", "asked_at": NOW, "outcome": "abstained"}
            trace |= {"confidence": 0.1, "fingerprint": "f", "total_ms": 1.0}
            trace |= {"body": {"reasons": [{"code": code, "text": "why"}]}}
            await db.execute(insert(traces).values(**trace))
            await db.execute(update(inbox).where(inbox.c.id == which).values(trace_id=which))
    await asked("7.0", "not_meant", surface=Surface.FOLLOW_UP)
    await asked("8.0", "escalated", asked_at=after(-10))
    lacking = UnansweredStore(database)
    found = await lacking.lacking("acme", NOW, after(1), most=10)
    assert [each.id for each in found] == [down, held, missing]
    assert found[0].down_voted
    assert (found[1].answer, found[1].answered_by) == ("Nina.", "R1")
    doubted = await lacking.doubted("acme", NOW, after(1), most=10)
    assert [each.id for each in doubted] == [down, held, no, broken, drafted, missing, elsewhere]
    assert [each.id for each in doubted if each.declined] == [no]
    assert len(await lacking.doubted("acme", NOW, after(1), most=2)) == 2
    assert await lacking.lacking("other", NOW, after(1), most=10) == ()


async def test_an_answer_that_its_author_keeps_to_the_asker_is_given_to_nobody(
    database: Database,
) -> None:
    store, desk = InboxStore(database), CaseStore(database)
    kept, _ = await store.add("acme", question("1.0"), at=NOW)
    wrote, _ = await store.add(
        "acme",
        question("2.0", user="R1", surface=Surface.CASE_REPLY, extra={"learn": False}),
        at=NOW,
    )
    case = await desk.open("acme", kept.id, ["low_confidence"], NOW)
    said = {"answer": "Nina.", "answered_by": "R1", "answered_at": NOW, "delivered_at": NOW}
    said |= {"answered_with": wrote.id}
    async with database.write() as db:
        await db.execute(update(cases).where(cases.c.id == case.id).values(**said))
        done = {"outcome": "escalated", "state": "done"}
        await db.execute(update(inbox).where(inbox.c.id == kept.id).values(**done))
    [found] = await UnansweredStore(database).lacking("acme", NOW, after(1), most=10)
    assert (found.id, found.answer, found.answered_by) == (kept.id, None, "R1")
