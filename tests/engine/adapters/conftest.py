"""A model server on a real socket, and what talks to it without waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from engine.adapters.openai_chat import ChatModel
from engine.adapters.openai_client import ServerConnection
from engine.adapters.openai_lane import OpenAiLane
from engine.backoff import Backoff
from engine.clock import now
from engine.ledger import Ledger
from engine.settings import OpenAiSettings
from engine.storage.usage import LedgerRow
from evals.model_server.server import ModelServer


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    """A model server that quotes what it is shown."""
    made = ModelServer()
    async with made.serving():
        yield made


@dataclass(slots=True)
class Books:
    """A usage store in memory, which fails on demand."""

    rows: list[LedgerRow] = field(default_factory=list)

    async def record(self, tenant: str, rows: list[LedgerRow]) -> None:
        self.rows.extend(rows)


@dataclass(slots=True)
class Time:
    """A clock that stands still but for what is slept."""

    now_s: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds


@dataclass(slots=True, kw_only=True)
class Line:
    """A lane to the server, its books and its time."""

    lane: OpenAiLane
    books: Books
    time: Time

    @property
    def chat(self) -> ChatModel:
        return ChatModel(self.lane)


OpenLine = Callable[..., Line]


@pytest.fixture
async def open_line(server: ModelServer) -> AsyncIterator[OpenLine]:
    """Opens lanes to the server; times out in tenths of a second where it must."""
    async with AsyncExitStack() as stack:

        def build(*, model: str = "test-model", purpose: str = "answer", **changes: Any) -> Line:
            wanted = {"base_url": server.url, "first_token_s": 5.0, "total_s": 10.0} | changes
            connection = ServerConnection(OpenAiSettings.model_validate(wanted))
            stack.push_async_callback(connection.aclose)
            books, time = Books(), Time()
            store: Any = books
            unused: Any = None  # the model is free
            lane = OpenAiLane(
                connection,
                Ledger(store, unused, unused, tenant="acme", clock=now),
                model=model,
                purpose=purpose,
                setting="OPENAI_MODEL",
                total_s=connection.settings.total_s,
                backoff=Backoff(attempts=connection.settings.attempts, draw=lambda: 0.5),
                sleep=time.sleep,
                clock=time.clock,
            )
            return Line(lane=lane, books=books, time=time)

        yield build
