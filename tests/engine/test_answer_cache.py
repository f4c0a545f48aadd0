"""Answers that are given again, and all that must keep one from being given."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.answer_cache import Given
from engine.audience import FULL_MEMBER, PUBLIC, Audience
from engine.compose import Engine, Overrides, open_engine
from engine.question import Budget, Gate, Question, Role, Turn
from engine.retrieval.embedder import Embedder
from engine.settings import Settings
from engine.stopwatch import SentenceReady, StageStarted
from engine.trace import Outcome, Usage

FREE = Budget(max_cost_usd=0)
RESET = "How do I reset my password?"
PASSWORD = "The password is reset on the page Accounts. A new password lasts 90 days."
ELSEWHERE = "The password is reset by the help desk. A new password lasts 30 days."


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def engine(
    home_with_tables: Settings, model: Embedder, clock: Clock, tmp_path: Path
) -> AsyncIterator[Engine]:
    async with open_engine(home_with_tables, Overrides(embedder=model, clock=clock)) as made:
        await learn(made, tmp_path, password=PASSWORD)
        yield made


async def learn(engine: Engine, folder: Path, audience: str = "everyone", **texts: str) -> None:
    path = folder / f"{audience.replace(':', '-')}.jsonl"
    rows = [
        {"_id": name, "title": name, "text": text, "audience": [audience]}
        for name, text in texts.items()
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    summary = await engine.ingestion.run(str(path), (), lambda _: None)
    assert summary.failed == []


async def ask(
    engine: Engine,
    text: str | Question = RESET,
    audience: Audience = FULL_MEMBER,
    *,
    tenant: str = "default",
    watch: Any = None,
) -> Given:
    """Asks as the bot does: an answer is saved with its key."""
    question = text if isinstance(text, Question) else Question(id="q", text=text, user="U1")
    given = await engine.answer_cache.run(
        question, tenant=tenant, audience=audience, budget=FREE, watch=watch
    )
    await engine.traces.save(given.trace, repeatable_as=given.key)
    return given


async def test_the_same_question_is_answered_again_with_a_trace_of_its_own(engine: Engine) -> None:
    first = (await ask(engine)).trace
    told: list[StageStarted | SentenceReady] = []

    async def watch(event: StageStarted | SentenceReady) -> None:
        told.append(event)

    asked = Question(id="q2", text="hi, can you tell me how to reset my password?", user="U2")
    again = await ask(engine, asked, watch=watch)
    assert again.trace.repeats == first.trace_id
    assert again.key is None
    assert again.trace.question == asked
    assert again.trace.trace_id != first.trace_id
    assert again.trace.usage == Usage()
    for name in ("outcome", "reply", "citations", "reasons", "fingerprint"):
        assert getattr(again.trace, name) == getattr(first, name)
    assert [r.chunk_id for r in again.trace.retrieved] == [r.chunk_id for r in first.retrieved]
    assert again.trace.confidence == pytest.approx(first.confidence, abs=1e-4)
    assert [c.text for c in again.trace.checks] == [c.text for c in first.checks]
    text = "".join(event.text for event in told if isinstance(event, SentenceReady))
    assert text == first.reply
    now = first.asked_at
    counted = await engine.traces.repeated("default", now, now + timedelta(seconds=1))
    assert (counted.answers, counted.repeated, counted.saved_usd) == (2, 1, 0.0)
    stored = await engine.traces.get("default", again.trace.trace_id)
    assert stored is not None
    assert stored["repeats"] == first.trace_id


async def test_another_process_finds_it_too(
    engine: Engine, home_with_tables: Settings, model: Embedder, clock: Clock
) -> None:
    first = (await ask(engine)).trace
    overrides = Overrides(embedder=model, clock=clock, index=engine.index)
    async with open_engine(home_with_tables, overrides) as other:
        assert (await ask(other)).trace.repeats == first.trace_id


async def test_a_changed_document_ends_it_at_once(engine: Engine, tmp_path: Path) -> None:
    await ask(engine)
    await learn(engine, tmp_path, password=ELSEWHERE)
    after = (await ask(engine)).trace
    assert after.repeats == ""
    assert "30 days" in after.reply or "help desk" in after.reply
    await learn(engine, tmp_path, password=PASSWORD)
    assert (await ask(engine)).trace.repeats == ""


async def test_other_readers_have_answers_of_their_own(engine: Engine, tmp_path: Path) -> None:
    insider = Audience(frozenset({"everyone", PUBLIC, "group:SLEADS"}))
    first = (await ask(engine, audience=insider)).trace
    # Nothing is restricted yet, so that both read the same.
    assert (await ask(engine)).trace.repeats == first.trace_id
    await learn(engine, tmp_path, "group:SLEADS", phone="Leads call extension Zebra-7 for a reset.")
    asked = "Which extension do leads call for a reset?"
    secret = (await ask(engine, asked, insider)).trace
    assert "Zebra-7" in secret.reply
    outside = (await ask(engine, asked)).trace
    assert outside.repeats == ""
    assert "Zebra-7" not in repr(outside)
    assert (await ask(engine, asked, insider)).trace.repeats == secret.trace_id
    assert (await ask(engine, audience=insider)).trace.repeats == ""


async def test_a_tenant_has_none_of_another(engine: Engine) -> None:
    await ask(engine)
    other = await ask(engine, tenant="other")
    assert other.trace.repeats == ""
    assert other.trace.outcome is not Outcome.ANSWERED


async def test_another_question_is_answered_anew(engine: Engine) -> None:
    await ask(engine)
    for question in (
        Question(id="q", text=RESET, history=(Turn(role=Role.USER, text="In Berlin."),)),
        Question(id="q", text=RESET, gate=Gate(min_confidence=0.99)),
        Question(id="q", text=RESET, gate=Gate(reviewed=True)),
        Question(id="q", text=RESET, subject="In Berlin"),
        Question(id="q", text="How do I reset her password?"),
    ):
        assert (await ask(engine, question)).trace.repeats == ""


async def test_an_answer_is_not_repeated_for_ever(engine: Engine, clock: Clock) -> None:
    first = (await ask(engine)).trace
    clock.now += timedelta(seconds=86_399)
    assert (await ask(engine)).trace.repeats == first.trace_id
    clock.now += timedelta(seconds=2)
    assert (await ask(engine)).trace.repeats == ""


async def test_what_was_not_answered_is_not_repeated(engine: Engine) -> None:
    for _ in range(2):
        given = await ask(engine, "Who won the world cup of 1954?")
        assert given.trace.outcome is not Outcome.ANSWERED
        assert given.key is None
        assert given.trace.repeats == ""


async def test_an_answer_of_a_knowledge_that_changed_on_the_way_is_not_kept(
    engine: Engine, tmp_path: Path
) -> None:
    began = asyncio.Event()

    async def watch(event: StageStarted | SentenceReady) -> None:
        if not began.is_set():
            began.set()
            await learn(engine, tmp_path, "public", lunch="Lunch is at noon.")

    given = await ask(engine, watch=watch)
    assert given.trace.outcome is Outcome.ANSWERED
    assert given.key is None
    assert (await ask(engine)).trace.repeats == ""


async def test_it_can_be_switched_off(engine: Engine) -> None:
    off = replace(engine.answer_cache, ttl_s=0)
    for _ in range(2):
        given = await off.run(
            Question(id="q", text=RESET), tenant="default", audience=FULL_MEMBER, budget=FREE
        )
        await engine.traces.save(given.trace, repeatable_as=given.key)
        assert given.key is None
        assert given.trace.repeats == ""
