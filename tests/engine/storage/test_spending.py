"""Money against a model server that counts: what is reserved, what is settled, what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.adapters.openai_chat import ChatModel, prompt_tokens
from engine.adapters.openai_client import ServerConnection
from engine.adapters.openai_embedder import OpenAiEmbedder
from engine.adapters.openai_lane import OpenAiLane, Tokens
from engine.backoff import Backoff
from engine.budget_settings import BudgetSettings
from engine.errors import ModelUnavailable, OverBudget
from engine.generation.prompt import Message
from engine.ledger import Ledger
from engine.settings import OpenAiSettings
from engine.spending.budgets import Budgets
from engine.storage.database import Database
from engine.storage.schema import usage
from engine.storage.spend import SpendStore, Total
from engine.storage.usage import CallState, UsageStore
from evals.model_server.reply import Fault, Received, Reply
from evals.model_server.server import ModelServer

NOW = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # in Berlin it is December
ZONE = ZoneInfo("Europe/Berlin")
MONTH, DAY = "2026-12", "2026-12-01"
ASKED = (Message(role="system", content="Be brief."), Message(role="user", content="When is tea?"))
TEA = "Tea is served at four. [1]"
PLENTY = BudgetSettings(person_day_usd=1000, day_usd=1000, month_usd=1000)
PRICES = "test-model=0.4/1.6,words=0.02"
OVER = "today's budget for models is used up (DESKHAND_BUDGET__DAY_USD)"
MOST = 64
"""Tokens of the longest answer."""


@dataclass
class Office:
    """A model server, a database, and replicas of what asks the one and writes to the other."""

    server: ModelServer
    database: Database
    stack: AsyncExitStack

    @property
    def spend(self) -> SpendStore:
        return SpendStore(self.database)

    def ledger(self, budgets: BudgetSettings = PLENTY, database: Database | None = None) -> Ledger:
        database = database or self.database
        return Ledger(
            UsageStore(database),
            SpendStore(database),
            Budgets(settings=budgets, zone=ZONE),
            tenant="acme",
            clock=lambda: NOW,
        )

    def lane(
        self, ledger: Ledger, *, model: str = "test-model", purpose: str = "answer", **changes: Any
    ) -> OpenAiLane:
        given = {"base_url": self.server.url, "prices": PRICES, "breaker_failures": 1000}
        connection = ServerConnection(OpenAiSettings.model_validate(given | changes))
        self.stack.push_async_callback(connection.aclose)
        return OpenAiLane(
            connection,
            ledger,
            model=model,
            purpose=purpose,
            setting="OPENAI_MODEL",
            total_s=connection.settings.total_s,
            backoff=Backoff(attempts=connection.settings.attempts, draw=lambda: 0.0),
            sleep=lambda _: asyncio.sleep(0),
        )

    async def rows(self) -> list[Any]:
        async with self.database.read() as db:
            return list(await db.execute(usage.select().order_by(usage.c.at)))

    async def total(self, key: str = DAY, person: str = "") -> Total:
        found = await self.spend.totals("acme", [key], person=person)
        return found.get(key, Total())


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    server = ModelServer(lambda _: Reply(text=TEA))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(server.serving())
        yield Office(server, database, stack)


def counted(server: ModelServer) -> tuple[int, int, int]:
    """What the server counted: read, written, embedded."""
    return (
        sum(c.prompt for c in server.counted),
        sum(c.completion for c in server.counted),
        sum(c.embedding for c in server.counted),
    )


def booked(rows: list[Any]) -> tuple[int, int, int]:
    return (
        sum(row.prompt_tokens for row in rows),
        sum(row.completion_tokens for row in rows),
        sum(row.embedding_tokens for row in rows),
    )


def troubled() -> Callable[[Received], Reply]:
    """Every fifth request is refused, every seventh meets a fault, as servers under load do."""
    asked = 0

    def respond(_: Received) -> Reply:
        nonlocal asked
        asked += 1
        if asked % 5 == 0:
            return Reply(fault=Fault.RATE_LIMITED)
        return Reply(fault=Fault.SERVER_ERROR) if asked % 7 == 0 else Reply(text=TEA)

    return respond


@pytest.mark.slow
async def test_two_hundred_questions_at_once_stay_within_a_budget_for_fifty(
    office: Office,
) -> None:
    office.server.respond = troubled()
    probe = office.lane(office.ledger())
    read, wrote = len("".join(m.content for m in ASKED)) // 4 + 1, len(TEA) // 4 + 1
    one_usd = probe.price(Tokens(prompt=read, completion=wrote)).cost_usd
    most_usd = probe.price(Tokens(prompt=prompt_tokens(ASKED), completion=MOST)).cost_usd
    budget = BudgetSettings(person_day_usd=1000, day_usd=50 * one_usd + most_usd, month_usd=1000)
    other = Database(office.database.engine.url, lock_wait_s=30.0)  # of a second replica
    office.stack.push_async_callback(other.aclose)
    ledgers = [office.ledger(budget, database) for database in (office.database, other)]
    chats = [ChatModel(office.lane(ledger, attempts=4)) for ledger in ledgers]

    async def ask(number: int) -> str:
        ledger, chat = ledgers[number % 2], chats[number % 2]
        account = ledger.account(
            tenant="acme", trace_id=f"t{number}", limit_usd=0.1, person=f"U{number % 9}"
        )
        async with account:
            try:
                if number % 3:
                    return await chat.whole(ASKED, max_output_tokens=MOST)
                said = [p async for p in chat.stream(ASKED, max_output_tokens=MOST)]
                return "".join(said)
            except OverBudget as refused:
                return str(refused)
            except ModelUnavailable:
                return "down"

    said = await asyncio.gather(*map(ask, range(200)))
    assert set(said) - {"down"} == {TEA, OVER}
    rows, total = await office.rows(), await office.total()
    assert booked(rows) == counted(office.server)
    assert len(rows) == len(office.server.requests)  # failures and retries are rows of their own
    assert sum(row.succeeded for row in rows) == said.count(TEA) == len(office.server.counted)
    assert {row.state for row in rows} == {CallState.SETTLED.value}
    assert total.held_usd == 0
    assert total.refused == said.count(OVER)
    assert total.spent_usd == pytest.approx(sum(row.cost_usd for row in rows))
    assert total.spent_usd == pytest.approx(one_usd * said.count(TEA))
    assert total.spent_usd <= budget.day_usd
    assert 0 < said.count(TEA) <= 50 + most_usd / one_usd
    month, people = await office.spend.people("acme", MONTH, most=20)
    assert sum(usd for _, usd in people) == pytest.approx(total.spent_usd)
    assert month == len(people)


async def test_what_one_call_may_cost_is_reserved_while_it_is_under_way_and_after_a_crash(
    office: Office,
) -> None:
    lane = office.lane(office.ledger())
    most_usd = lane.price(Tokens(prompt=prompt_tokens(ASKED), completion=MOST)).cost_usd
    pieces = ChatModel(lane).stream(ASKED, max_output_tokens=MOST)
    async with aclosing(pieces):
        await anext(pieces)
        total = await office.total()
        assert (total.spent_usd, total.held_usd) == (0.0, pytest.approx(most_usd))
        (row,) = await office.rows()
        assert (row.state, row.cost_usd) == ("reserved", pytest.approx(most_usd))
        # What another process finds, whatever becomes of this one.
        other = office.ledger(PLENTY.model_copy(update={"day_usd": 1.9 * most_usd}))
        with pytest.raises(OverBudget):
            await ChatModel(office.lane(other)).whole(ASKED, max_output_tokens=MOST)
        assert await office.spend.unsettled("acme", NOW) == (1, pytest.approx(most_usd))
        async for _ in pieces:
            pass
    assert booked(await office.rows()) == counted(office.server)
    total = await office.total(MONTH)
    assert (0 < total.spent_usd < most_usd, total.held_usd) == (True, 0.0)


@pytest.mark.parametrize("ending", ["cancelled", "cut"])
async def test_a_call_that_is_broken_off_keeps_its_reservation_as_an_upper_bound(
    office: Office, ending: str
) -> None:
    fault = Fault.CUT if ending == "cut" else None
    piece_s = 0.0 if ending == "cut" else 60.0
    office.server.respond = lambda _: Reply(text=TEA * 9, piece_s=piece_s, fault=fault)
    lane = office.lane(office.ledger())
    most_usd = lane.price(Tokens(prompt=prompt_tokens(ASKED), completion=MOST)).cost_usd
    begun = asyncio.Event()

    async def read() -> None:
        async for _ in ChatModel(lane).stream(ASKED, max_output_tokens=MOST):
            begun.set()

    reading = asyncio.create_task(read())
    await begun.wait()
    if ending != "cut":
        reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    (row,) = await office.rows()
    total = await office.total()
    assert (row.state, row.estimated, row.succeeded) == ("bound", True, False)
    assert (row.prompt_tokens, row.completion_tokens) == (prompt_tokens(ASKED), MOST)
    assert (total.spent_usd, total.held_usd) == (pytest.approx(most_usd), 0.0)
    assert await office.spend.unsettled("acme", NOW) == (1, pytest.approx(most_usd))


async def test_a_reader_that_has_enough_waits_a_moment_for_the_servers_counts(
    office: Office,
) -> None:
    pieces = ChatModel(office.lane(office.ledger())).stream(ASKED, max_output_tokens=MOST)
    async with aclosing(pieces):
        await anext(pieces)
    (row,) = await office.rows()
    assert (row.state, row.estimated) == ("settled", False)
    assert booked([row]) == counted(office.server)


async def test_a_server_that_never_took_the_call_is_owed_nothing(office: Office) -> None:
    lane = office.lane(office.ledger(), base_url="http://127.0.0.1:9/v1", attempts=2)
    with pytest.raises(ModelUnavailable):
        await ChatModel(lane).whole(ASKED, max_output_tokens=MOST)
    assert [(row.cost_usd, row.state) for row in await office.rows()] == [(0.0, "settled")] * 2
    assert await office.total() == Total()


async def test_each_budget_refuses_in_its_own_words_and_questions_are_embedded_all_the_same(
    office: Office,
) -> None:
    for words, changes, person in (
        ("this month's budget", {"month_usd": 0}, None),
        ("today's budget for models", {"day_usd": 0}, None),
        ("today's budget for one person", {"person_day_usd": 0}, "U1"),
    ):
        ledger = office.ledger(PLENTY.model_copy(update=changes))
        lane = office.lane(ledger)
        async with ledger.account(tenant="acme", trace_id="t", limit_usd=1, person=person):
            with pytest.raises(OverBudget, match=words):
                await ChatModel(lane).whole(ASKED, max_output_tokens=MOST)
    ledger = office.ledger()
    async with ledger.account(tenant="acme", trace_id="t", limit_usd=1e-9):
        with pytest.raises(OverBudget, match="is left for this question"):
            await ChatModel(office.lane(ledger)).whole(ASKED, max_output_tokens=MOST)
    assert office.server.requests == []
    ledger = office.ledger(PLENTY.model_copy(update={"day_usd": 0}))
    query, ingest = (office.lane(ledger, model="words", purpose=p) for p in ("query", "ingest"))
    embedder = OpenAiEmbedder(query, ingest, dimension=64)
    await embedder.embed_query("when is tea?")
    with pytest.raises(OverBudget):
        await embedder.embed_many(["tea is at four"])
    assert booked(await office.rows()) == counted(office.server)
    assert (await office.total()).spent_usd > 0


async def test_a_question_that_is_cancelled_while_it_reserves_leaves_nothing_reserved(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve, reserving = SpendStore.reserve, asyncio.Event()

    async def slowly(self: SpendStore, *given: Any, **named: Any) -> Any:
        reserving.set()
        done = await reserve(self, *given, **named)
        await asyncio.sleep(0.01)
        return done

    monkeypatch.setattr(SpendStore, "reserve", slowly)
    lane = office.lane(office.ledger())
    asking = asyncio.create_task(ChatModel(lane).whole(ASKED, max_output_tokens=MOST))
    await reserving.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await office.rows() == []
    assert await office.total() == Total()
    assert office.server.requests == []
