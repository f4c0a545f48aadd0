from __future__ import annotations

import pytest

from engine.storage.cases import CaseStore
from engine.storage.database import Database
from engine.storage.inbox import InboxStore
from engine.storage.lost_cards import LostCardStore
from engine.storage.replies import Kind, Part, PartState, ReplyStore
from tests.engine.storage.questions import NOW, after, question

CARD = ("C1", None, {"text": "A question needs a person."})


@pytest.fixture
async def asked(database: Database) -> str:
    """A question whose case has its card in C1."""
    item, _ = await InboxStore(database).add("acme", question(), at=NOW)
    cases, replies = CaseStore(database), ReplyStore(database)
    case = await cases.open("acme", item.id, ["conflict"], NOW)
    await replies.plan("acme", item.id, 1, Kind.NOTICE, [("C9", "1.0", {"text": "A person"})])
    await posted(replies, item.id, "5.0")
    assert await cases.placed(case.id, "C1", "5.0")
    assert await cases.shown(case)
    return item.id


async def posted(replies: ReplyStore, question_id: str, ts: str, home: str = "C1") -> Part:
    """Its card, as the poster leaves it."""
    planned = [(home, None, CARD[2])]
    parts = await replies.plan("acme", question_id, 1, Kind.CARD, planned)
    assert parts is not None
    trying = await replies.mark_posting(parts[0], at=NOW)
    assert trying is not None
    part = await replies.mark_posted(trying.id, ts, version=trying.version, at=NOW)
    assert part is not None
    assert part.state is PartState.POSTED
    return part


async def test_a_card_that_was_taken_is_placed_as_if_it_never_was(
    database: Database, asked: str
) -> None:
    cases, replies = CaseStore(database), ReplyStore(database)
    case = await cases.of_question("acme", asked)
    assert case is not None
    lost = LostCardStore(database)
    assert not await lost.take("globex", case.id, "C1")
    assert not await lost.take("acme", case.id, "C2")
    assert await lost.take("acme", case.id, "C1")
    assert not await lost.take("acme", case.id, "C1")
    (taken,) = await cases.outdated("acme")
    assert (taken.channel, taken.ts, taken.card_home) == (None, None, None)
    card = await posted(replies, asked, "7.0", "C2")
    assert (card.channel, card.ts) == ("C2", "7.0")
    (notice,) = await replies.of("acme", asked, Kind.NOTICE)
    assert notice.state is PartState.PLANNED


async def test_a_case_that_wants_nobody_keeps_its_card(database: Database, asked: str) -> None:
    cases = CaseStore(database)
    case = await cases.of_question("acme", asked)
    assert case is not None
    assert (await cases.solve(case.id, by="U1", at=after(1))).done
    assert not await LostCardStore(database).take("acme", case.id, "C1")


async def test_a_card_that_was_taken_is_given_back_with_its_message(
    database: Database, asked: str
) -> None:
    cases, replies, lost = CaseStore(database), ReplyStore(database), LostCardStore(database)
    case = await cases.of_question("acme", asked)
    assert case is not None
    assert await lost.take("acme", case.id, "C1")
    (unplaced,) = await cases.outdated("acme")
    taken = await lost.last("acme", asked)
    assert taken is not None
    assert (taken.channel, taken.ts) == ("C1", "5.0")
    assert await lost.superfluous("acme") == ()
    # Refused elsewhere, before the bot was back.
    await replies.plan("acme", asked, 1, Kind.CARD, [("C2", None, CARD[2])])
    assert await lost.give_back(unplaced, taken)
    assert not await lost.give_back(unplaced, taken)
    (card,) = await replies.of("acme", asked, Kind.CARD)
    assert (card.channel, card.ts, card.state) == ("C1", "5.0", PartState.POSTED)
    back = await cases.get("acme", case.id)
    assert back is not None
    assert (back.channel, back.ts) == ("C1", "5.0")
    assert back.version > unplaced.version
    assert await lost.last("acme", asked) is None
    assert await lost.take("acme", case.id, "C1")


async def test_a_card_that_may_be_out_already_keeps_the_lost_one_from_coming_back(
    database: Database, asked: str
) -> None:
    cases, replies, lost = CaseStore(database), ReplyStore(database), LostCardStore(database)
    case = await cases.of_question("acme", asked)
    assert case is not None
    assert await lost.take("acme", case.id, "C1")
    taken = await lost.last("acme", asked)
    assert taken is not None
    planned = await replies.plan("acme", asked, 1, Kind.CARD, [("C2", None, CARD[2])])
    assert planned is not None
    assert await replies.mark_posting(planned[0], at=NOW) is not None
    assert not await lost.give_back(case, taken)
    assert await cases.placed(case.id, "C2", "7.0")
    assert [part.ts for part in await lost.superfluous("acme")] == ["5.0"]
    await replies.mark_gone(taken.id)
    assert await lost.superfluous("acme") == ()


async def test_a_card_whose_message_is_gone_is_not_remembered(
    database: Database, asked: str
) -> None:
    case = await CaseStore(database).of_question("acme", asked)
    assert case is not None
    lost = LostCardStore(database)
    assert await lost.take("acme", case.id, "C1", stands=False)
    assert await lost.last("acme", asked) is None
