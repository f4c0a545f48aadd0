"""Figures of a small week, counted by hand."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from engine.figures.counting import Load, figures_json, figures_of
from engine.figures.definitions import DEFINITIONS, FigureName
from engine.figures.share import Share
from engine.storage.case import How
from engine.storage.cases import CaseStore
from engine.storage.database import Database
from engine.storage.feedback import FeedbackStore, Opinion
from engine.storage.figures import FigureStore
from engine.storage.inbox import InboxStore, Surface
from engine.storage.schema import cases, inbox, replies
from tests.engine.storage.questions import NOW, after, question

DAY = 86_400.0
UNTIL = NOW + timedelta(days=7)
LATER = NOW + timedelta(days=30)


async def ask(database: Database, ts: str, outcome: str | None, at_s: float, **more: Any) -> str:
    store = InboxStore(database)
    kept, _ = await store.add("acme", question(ts, asked_at=after(at_s), **more), at=after(at_s))
    values = {"outcome": outcome, "state": "due" if outcome is None else "done"}
    async with database.write() as db:
        await db.execute(update(inbox).where(inbox.c.id == kept.id).values(**values))
        if outcome == "answered":
            await db.execute(
                insert(replies).values(
                    id=kept.id,
                    tenant="acme",
                    question_id=kept.id,
                    kind="answer",
                    part=0,
                    revision=1,
                    channel="C1",
                    body={},
                    version=1,
                    state="posted",
                    attempts=1,
                    posted_at=after(at_s + float(ts)),
                )
            )
    return kept.id


async def a_week(database: Database) -> None:
    """Ten questions in the week, nine of which ended."""
    likes, desk = FeedbackStore(database), CaseStore(database)
    one = await ask(database, "1.0", "answered", 0)  # alone, confirmed
    await likes.put("acme", one, "U1", Opinion.POSITIVE, NOW)
    await ask(database, "2.0", "answered", 10, user="U2", text="Where is the guest wifi?")
    await ask(  # asks the one before again: that is not assumed helpful, this is
        database, "3.0", "answered", 1800, user="U2", text="the guest wifi, where is it?"
    )
    four = await ask(database, "4.0", "answered", DAY, user="U3", text="Who pays for lunch?")
    await likes.put("acme", four, "U3", Opinion.NEGATIVE, NOW)
    await likes.put("acme", four, "U9", Opinion.POSITIVE, NOW)
    for ts, user, at_s in (("5.1", "U4", 60.0), ("5.2", "U5", 120.0)):  # a colleague answers
        await ask(
            database,
            ts,
            "not_meant",
            2 * DAY + at_s,
            thread_ts="5.0",
            user=user,
            surface=Surface.FOLLOW_UP,
        )
    await ask(database, "5.0", "answered", 2 * DAY, user="U4", text="Which form for travel?")
    six = await ask(database, "6.0", "escalated", 2 * DAY, user="U5", text="Is there a bus?")
    case = await desk.open("acme", six, ["low_confidence"], after(2 * DAY + 1), revision=1)
    await desk.claim(case.id, by="R1", at=after(2 * DAY + 60))
    await desk.answer(
        case.id, by="R1", text="Yes.", how=How.ANSWERED, at=after(2 * DAY + 600), reply_id=six
    )
    async with database.write() as db:
        mine = cases.c.id == case.id
        await db.execute(update(cases).where(mine).values(delivered_at=after(2 * DAY + 660)))
    seven = await ask(database, "7.0", "escalated", 3 * DAY, user="U6", text="Can I park?")
    await desk.open("acme", seven, ["low_confidence"], after(3 * DAY), revision=1)  # nobody came
    await ask(database, "8.0", "abstained", 3 * DAY, user="U7", text="What is love?")
    nine = await ask(
        database, "9.0", "escalated", 3 * DAY, user="U8", text="Who won?", channel="C2"
    )
    case = await desk.open("acme", nine, ["low_confidence"], after(3 * DAY), revision=1)
    await desk.reject(case.id, by="R1", why="not ours", at=after(4 * DAY))
    await ask(database, "10.0", None, 3 * DAY, user="U9", text="Am I waiting?")
    # None of these is a question of the week.
    await ask(database, "11.0", "courtesy", 10, surface=Surface.FOLLOW_UP, text="thanks")
    await ask(database, "12.0", "answered", 7 * DAY + 60, user="U8", text="Next week?")
    await ask(database, "13.0", "shadow", 10, surface=Surface.SHADOW)
    gone = await ask(database, "14.0", "answered", 10, text="Deleted?")
    async with database.write() as db:
        await db.execute(update(inbox).where(inbox.c.id == gone).values(deleted_at=NOW))


async def figures(database: Database, *, now: datetime = LATER, **more: Any) -> Any:
    record = await FigureStore(database).record("acme", NOW, UNTIL, **more)
    return figures_of(record, NOW, UNTIL, now=now)


async def test_the_figures_are_those_counted_by_hand(database: Database) -> None:
    await a_week(database)
    found = await figures(database)
    assert (found.questions, found.waiting, found.young) == (10, 1, 0)
    # Involved: 5 (a colleague spoke), 6 (answered by R1), 9 (declined by R1); nobody came to 7.
    assert found.shares == {
        FigureName.ANSWERED_ALONE: Share(hits=4, trials=9, involved=3),  # 1 2 3 4
        FigureName.REVIEWED: Share(hits=3, trials=9, involved=3),  # 6 7 9
        FigureName.TAKEN_OVER: Share(hits=4, trials=9, involved=3),  # 5 6 7 9
        FigureName.INVOLVED: Share(hits=3, trials=9, involved=3),
        FigureName.CONFIRMED_HELPFUL: Share(hits=1, trials=6, involved=2),  # of 1 2 3 4 5 6
        FigureName.ASSUMED_HELPFUL: Share(hits=1, trials=6, involved=2),  # 3
    }
    alone = found.times[FigureName.TIME_ALONE]  # 1, 2, 3 and 4 seconds
    assert (alone.answers, alone.p50_s) == (4, 2.5)
    assert alone.p90_s == pytest.approx(3.7)
    person = found.times[FigureName.TIME_BY_PERSON]
    assert (person.answers, person.p50_s, person.p90_s) == (1, 660.0, 660.0)
    assert found.load == (Load(person="R1", cases=2, median_minutes=10.0),)


async def test_one_channel_is_counted_by_itself(database: Database) -> None:
    await a_week(database)
    found = await figures(database, channel="C2")
    assert found.questions == 1
    assert found.shares[FigureName.REVIEWED] == Share(hits=1, trials=1, involved=1)
    assert found.load == (Load(person="R1", cases=1, median_minutes=None),)


async def test_questions_that_may_yet_be_taken_over_are_named(database: Database) -> None:
    await a_week(database)
    found = await figures(database, now=after(4 * DAY))
    assert found.young == 3  # those of day 3 that ended; those of day 2 are just 48 hours old
    assert json.loads(json.dumps(figures_json(found)))["younger_than_48_h"] == 3


async def test_without_questions_there_is_no_share(database: Database) -> None:
    found = await figures(database)
    assert (found.questions, found.load) == (0, ())
    assert {share.value for share in found.shares.values()} == {None}
    assert {times.p50_s for times in found.times.values()} == {None}
    assert json.loads(json.dumps(figures_json(found)))["answered_alone"]["share"] is None


async def test_another_tenants_questions_are_not_counted(database: Database) -> None:
    await a_week(database)
    record = await FigureStore(database).record("other", NOW, UNTIL)
    assert (record.questions, record.words, record.settled) == ((), (), ())


def test_every_figure_is_defined() -> None:
    assert set(DEFINITIONS) == set(FigureName)
