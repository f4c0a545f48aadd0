"""A PostgreSQL that restarts under a running engine."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import engine.knowledge.publisher as publisher_module
from engine.audience import FULL_MEMBER
from engine.compose import Engine, Overrides, open_engine
from engine.errors import StorageUnavailable
from engine.knowledge.progress import Progress
from engine.question import Budget, Question
from engine.retrieval.embedder import Embedder
from engine.settings import load_settings
from engine.trace import Outcome, Trace

pytestmark = pytest.mark.slow  # a server stops and starts

_NUMBERS = itertools.count(1)
ROOMS = 24


@pytest.fixture
def address(postgres: Any) -> Iterator[str]:
    """A database of its own; the server runs again afterwards whatever happened."""
    name = f"restart_{os.getpid()}_{next(_NUMBERS)}"
    postgres.sql(f"CREATE DATABASE {name}")
    yield f"postgresql://deskhand:not-a-secret@/{name}?host={postgres.sockets}"
    try:
        postgres.sql("SELECT 1")
    except Exception:
        postgres.start()


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    made = tmp_path / "docs"
    made.mkdir()
    for number in range(ROOMS):
        (made / f"room{number:02}.md").write_text(
            f"# Room {number}\n\nRoom number {number} is on floor {number % 7}.\n"
        )
    return made


@asynccontextmanager
async def opened(tmp_path: Path, address: str, model: Embedder) -> AsyncIterator[Engine]:
    settings = load_settings(
        {"DESKHAND_HOME": str(tmp_path / "home"), "DATABASE_URL": address},
        working_directory=tmp_path,
    )
    async with open_engine(settings, Overrides(embedder=model)) as engine:
        yield engine


async def run(engine: Engine, number: int) -> Trace:
    async with asyncio.timeout(20):
        return await engine.pipeline.run(
            Question(id="1", text=f"On which floor is room number {number}?"),
            tenant="default",
            audience=FULL_MEMBER,
            budget=Budget(max_cost_usd=0.0),
        )


async def ask(engine: Engine, number: int) -> str:
    return (await run(engine, number)).draft_reply


def assert_said(trace: Trace) -> None:
    """The question failed with one sentence that says why, and a person has it."""
    assert trace.outcome is Outcome.FAILED
    assert trace.needs_human_review
    assert_one_sentence(" ".join(reason.text for reason in trace.reasons))


def assert_one_sentence(text: str) -> None:
    assert "cannot be reached; check that it runs and DATABASE_URL" in text
    assert "not-a-secret" not in text
    assert "\n" not in text


async def test_questions_fail_with_one_sentence_while_it_is_away_and_go_on_when_it_is_back(
    tmp_path: Path, address: str, docs: Path, model: Embedder, postgres: Any
) -> None:
    async with opened(tmp_path, address, model) as engine:
        await engine.ingestion.run(str(docs), (), lambda _: None)
        assert "floor 3" in await ask(engine, 3)
        await asyncio.to_thread(postgres.stop)
        for number in (4, 5):
            assert_said(await run(engine, number))
        await asyncio.to_thread(postgres.start)
        for number in range(5, 12):
            assert f"floor {number % 7}" in await ask(engine, number)


async def test_a_restart_between_two_questions_is_not_noticed(
    tmp_path: Path, address: str, docs: Path, model: Embedder, postgres: Any
) -> None:
    async with opened(tmp_path, address, model) as engine:
        await engine.ingestion.run(str(docs), (), lambda _: None)
        await asyncio.gather(*(ask(engine, number) for number in range(6)))  # fills the pool
        await asyncio.to_thread(postgres.stop)
        await asyncio.to_thread(postgres.start)
        replies = await asyncio.gather(*(ask(engine, number) for number in range(6, 12)))
        for number, reply in enumerate(replies, 6):
            assert f"floor {number % 7}" in reply


async def test_a_restart_under_questions_fails_some_and_wedges_nothing(
    tmp_path: Path, address: str, docs: Path, model: Embedder, postgres: Any
) -> None:
    async with opened(tmp_path, address, model) as engine:
        await engine.ingestion.run(str(docs), (), lambda _: None)
        enough = asyncio.Event()
        traces: list[Trace] = []

        async def ask_on(first: int) -> None:
            for number in itertools.count(first):
                traces.append(await run(engine, number % ROOMS))
                await asyncio.sleep(0.01)  # a question that fails at once leaves no turn to others
                if enough.is_set():
                    return

        async with asyncio.TaskGroup() as tasks:
            for first in range(3):
                tasks.create_task(ask_on(first))
            await asyncio.sleep(0.3)
            await asyncio.to_thread(postgres.stop)
            await asyncio.sleep(0.3)
            await asyncio.to_thread(postgres.start)
            await asyncio.sleep(0.3)
            enough.set()
        failed = [trace for trace in traces if trace.outcome is Outcome.FAILED]
        assert 0 < len(failed) < len(traces)
        for trace in failed:
            assert_said(trace)
        assert "floor 2" in await ask(engine, 23)


async def test_an_ingestion_keeps_what_was_published_and_the_next_run_does_the_rest(
    tmp_path: Path,
    address: str,
    docs: Path,
    model: Embedder,
    postgres: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publisher_module, "_GROUP_PASSAGES", 4)
    stopped = False

    def stop_in_the_middle(progress: Progress) -> None:
        nonlocal stopped
        if progress.passages >= 8 and not stopped:
            stopped = True
            postgres.stop()

    async with opened(tmp_path, address, model) as engine:
        with pytest.raises(StorageUnavailable) as raised:
            await engine.ingestion.run(str(docs), (), stop_in_the_middle)
        assert stopped
        assert raised.value.retryable
        assert_one_sentence(str(raised.value))
        await asyncio.to_thread(postgres.start)
        kept = await engine.documents.count("default")
        assert 8 <= kept < ROOMS
        summary = await engine.ingestion.run(str(docs), (), lambda _: None)
        assert (summary.added, summary.unchanged) == (ROOMS - kept, kept)
        assert "floor 2" in await ask(engine, 23)
        assert len(await engine.index.versions("default")) >= ROOMS
