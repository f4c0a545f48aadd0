from __future__ import annotations

from sqlalchemy import update

from engine.storage.cases import CaseStore
from engine.storage.database import Database
from engine.storage.decided_cases import DecidedCases
from engine.storage.inbox import InboxStore
from engine.storage.labels import LabelStore
from engine.storage.schema import cases
from evals.retraining.labelling import label_of
from tests.engine.storage.questions import NOW, after, question


async def opened(database: Database, ts: str, text: str) -> str:
    item, _ = await InboxStore(database).add("acme", question(ts=ts, text=text), at=NOW)
    case = await CaseStore(database).open("acme", item.id, ["conflict"], NOW)
    return case.id


async def decide(database: Database, case_id: str, **values: object) -> None:
    async with database.write() as db:
        await db.execute(update(cases).where(cases.c.id == case_id).values(**values))


async def test_what_people_decided_becomes_labels_once(database: Database) -> None:
    store = CaseStore(database)
    answered = await opened(database, "1.1", "<@U0BOT> Where  is my <#C1|parcel> parcel?")
    rejected = await opened(database, "1.2", "Who wins the cup?")
    waiting = await opened(database, "1.3", "How long is leave?")
    await store.answer(answered, by="U2", text="In the post.", at=after(1), reply_id="r")
    await decide(
        database, answered, how="edited", delivered_at=after(2), category="shipping", priority="low"
    )
    await store.reject(rejected, by="U3", why="not our business", at=after(3))

    found = await DecidedCases(database).without_label("acme")
    assert [(each.how, each.by, each.at) for each in found] == [
        ("edited", "U2", after(2)),
        (None, "U3", after(3)),
    ]
    labels = LabelStore(database)
    for case in found:
        await labels.put("acme", label_of(case))
    shipping = await labels.get("acme", found[0].question_id)
    assert shipping is not None
    assert (shipping.text, shipping.category, shipping.priority, shipping.outcome) == (
        "Where is my parcel?",
        "shipping",
        "low",
        "answerable",
    )
    cup = await labels.get("acme", found[1].question_id)
    assert cup is not None
    assert (cup.category, cup.outcome) == ("out_of_scope", "out_of_scope")
    assert await DecidedCases(database).without_label("acme") == ()
    assert await DecidedCases(database).without_label("globex") == ()

    await decide(database, answered, category="parcels", delivered_at=after(9))  # decided anew
    (again,) = await DecidedCases(database).without_label("acme")
    assert again.category == "parcels"
    await labels.put("acme", label_of(again))
    assert await DecidedCases(database).without_label("acme") == ()

    # Forms sent after the decision: the answered case's word is learned, the rejected one's is not.
    assert (
        await store.relabel(answered, by="U4", category="customs", priority="high", at=after(10))
    ).done
    assert not (
        await store.relabel(rejected, by="U4", category="sports", priority=None, at=after(10))
    ).done
    (corrected,) = await DecidedCases(database).without_label("acme")
    await labels.put("acme", label_of(corrected))
    customs = await labels.get("acme", corrected.question_id)
    assert customs is not None
    assert (customs.category, customs.priority) == ("customs", "high")
    assert await DecidedCases(database).without_label("acme") == ()
    assert (await store.get("acme", waiting)) is not None


async def test_a_category_that_is_corrected_after_the_decision_reaches_the_label(
    database: Database,
) -> None:
    store, labels = CaseStore(database), LabelStore(database)
    case_id = await opened(database, "1.1", "Where is my parcel?")
    await store.answer(case_id, by="U2", text="In the post.", at=after(1), reply_id="r")
    await decide(
        database, case_id, how="edited", delivered_at=after(2), category="shipping", priority="low"
    )
    for case in await DecidedCases(database).without_label("acme"):
        await labels.put("acme", label_of(case))
    await store.relabel(case_id, by="U3", category="returns", priority="high", at=after(5))

    (again,) = await DecidedCases(database).without_label("acme")
    await labels.put("acme", label_of(again))
    label = await labels.get("acme", again.question_id)
    assert label is not None
    assert (label.category, label.priority) == ("returns", "high")
    assert await DecidedCases(database).without_label("acme") == ()
