"""Both services behind one face, for tests that hold for either."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from engine.mirroring.records import AnswerTrace, Found, Opinion
from tests.langfuse_server import PUBLIC, SECRET, LangfuseServer
from tests.langsmith_server import KEY, LangSmithServer
from tests.mirror_trouble import Troubles

SERVICES = ("LangSmith", "Langfuse")
NOW = datetime(2026, 3, 4, 5, 6, 7, 89_000, tzinfo=UTC)


@dataclass(frozen=True)
class Service:
    """A running server. `environment` names it in Deskhand's settings."""

    name: str
    server: Any

    @property
    def troubles(self) -> Troubles:
        return self.server.troubles

    @property
    def environment(self) -> dict[str, str]:
        if self.name == "LangSmith":
            return {"LANGSMITH_API_KEY": KEY, "LANGSMITH_ENDPOINT": self.server.url}
        keys = {"LANGFUSE_PUBLIC_KEY": PUBLIC, "LANGFUSE_SECRET_KEY": SECRET}
        return keys | {"LANGFUSE_HOST": self.server.url}

    @property
    def secrets(self) -> tuple[str, ...]:
        return (KEY,) if self.name == "LangSmith" else (PUBLIC, SECRET)

    def roots(self) -> list[UUID]:
        """The traces that arrived."""
        if self.name == "LangSmith":
            return [UUID(run["id"]) for run in self.server.roots]
        return [UUID(span.trace_id) for span in self.server.roots]

    def everything(self) -> str:
        """All that arrived, as one text."""
        server = self.server
        if self.name == "LangSmith":
            held = (server.runs, server.feedback, server.examples, server.projects, server.datasets)
        else:
            held = (server.spans, server.datasets, server.items, server.run_items, server.scores)
        return repr(held)

    def items(self, dataset: str) -> list[dict[str, Any]]:
        """What the items of a data set ask, of those that are not put away."""
        if self.name == "LangSmith":
            ids = {d["id"] for d in self.server.datasets.values() if d["name"] == dataset}
            return [e["inputs"] for e in self.server.examples.values() if e["dataset_id"] in ids]
        return [
            item["input"]
            for item in self.server.items.values()
            if item["datasetName"] == dataset and item["status"] == "ACTIVE"
        ]

    def scores(self) -> dict[tuple[str, str], float]:
        """Scores and opinions by the trace's id (hex) and the name."""
        if self.name == "LangSmith":
            rows = self.server.feedback.values()
            return {(UUID(row["run_id"]).hex, row["key"]): row["score"] for row in rows}
        return {
            (row["traceId"], row["name"]): row["value"]
            for row in self.server.scores.values()
            if row.get("traceId")
        }


@contextmanager
def running(name: str) -> Iterator[Service]:
    """A server of this service, until left."""
    server = LangSmithServer() if name == "LangSmith" else LangfuseServer()
    with server.running():
        yield Service(name, server)


def trace(number: int = 1, **changes: Any) -> AnswerTrace:
    """An answer that a model wrote."""
    given: dict[str, Any] = {
        "trace_id": UUID(int=number),
        "started_at": NOW,
        "question": {"question": "How many weeks is parental leave?"},
        "answer": {"reply": "16 weeks [1].", "draft_reply": "16 weeks [1].", "citations": []},
        "outcome": "answered",
        "confidence": 0.9,
        "stages_ms": {"intake": 1.0, "retrieval": 2.5, "generation": 40.0, "verification": 3.0},
        "total_ms": 47.0,
        "found": (Found(document_name="leave.md", chunk_id="c1", score=0.8),),
        "model": "gpt-test",
        "prompt_tokens": 120,
        "completion_tokens": 12,
        "cost_usd": 0.002,
        "tags": ("deskhand",),
        "metadata": {"fingerprint": "f" * 64, "needs_human_review": False},
    }
    return AnswerTrace(**given | changes)


def opinion(number: int = 1, score: float = 1.0) -> Opinion:
    """What the same person thinks of an answer."""
    return Opinion(
        id=UUID(int=1000 + number),
        trace_id=UUID(int=number),
        name="user_feedback",
        score=score,
        at=NOW,
    )
