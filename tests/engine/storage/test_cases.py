from __future__ import annotations

import asyncio

import pytest

from engine.storage.cases import CaseStore
from engine.storage.database import Database
from engine.storage.inbox import InboxStore
from tests.engine.storage.questions import NOW, after, question


@pytest.fixture
def store(database: Database) -> CaseStore:
    return CaseStore(database)


@pytest.fixture
async def asked(database: Database) -> str:
    item, _ = await InboxStore(database).add("acme", question(), at=NOW)
    return item.id


async def test_a_question_has_one_case(store: CaseStore, asked: str) -> None:
    cases = await asyncio.gather(
        *(store.open("acme", asked, ["conflict", "model_down"], NOW) for _ in range(10))
    )
    assert len({case.id for case in cases}) == 1
    later = await store.open("acme", asked, ["unsupported"], after(1))
    assert later == cases[0]
    assert later.reasons == ("conflict", "model_down")
    assert await store.of_question("acme", asked) == later
    assert await store.get("acme", later.id) == later
    assert await store.of_question("globex", asked) is None


async def test_a_case_is_found_by_its_card(store: CaseStore, asked: str) -> None:
    case = await store.open("acme", asked, [], NOW)
    assert await store.unplaced("acme") == (case,)
    assert await store.placed(case.id, "C9", "7.0")
    assert await store.placed(case.id, "C9", "7.0")
    assert not await store.placed(case.id, "C9", "8.0")
    found = await store.by_card("acme", "C9", "7.0")
    assert found is not None
    assert found.id == case.id
    assert await store.by_card("acme", "C9", "8.0") is None
    assert await store.unplaced("acme") == ()


async def test_the_first_person_to_answer_wins_and_their_words_are_kept_until_delivered(
    store: CaseStore, asked: str
) -> None:
    case = await store.open("acme", asked, [], NOW)
    assert not await store.delivered(case.id, NOW)
    won = await asyncio.gather(
        *(store.answer(case.id, by=f"U{n}", text=f"text {n}\x00", at=after(n)) for n in range(10))
    )
    assert sum(won) == 1
    (waiting,) = await store.undelivered("acme")
    winner = won.index(True)
    assert (waiting.answered_by, waiting.answer) == (f"U{winner}", f"text {winner}")
    assert await store.undelivered("globex") == ()
    assert await store.delivered(case.id, after(20))
    assert not await store.delivered(case.id, after(21))
    assert await store.undelivered("acme") == ()


async def test_an_answer_is_taken_back_only_by_who_gave_it_and_until_it_is_delivered(
    store: CaseStore, asked: str
) -> None:
    case = await store.open("acme", asked, [], NOW)
    assert not await store.reopen(case.id, by="U1")
    assert await store.answer(case.id, by="U1", text="Sixteen.", at=after(1))
    assert not await store.reopen(case.id, by="U2")
    assert await store.reopen(case.id, by="U1")
    assert await store.get("acme", case.id) == case
    assert await store.answer(case.id, by="U2", text="Sixteen weeks.", at=after(2))
    assert await store.delivered(case.id, after(3))
    assert not await store.reopen(case.id, by="U2")
