"""Cases and answers of the tests."""

from __future__ import annotations

from typing import Any

from engine.audience import FULL_MEMBER
from engine.question import Question
from evals.case import Case


def case(text: str = "how long is a lease?", **changed: Any) -> Case:
    made: dict[str, Any] = {
        "question": Question(id="1", text=text),
        "audience": FULL_MEMBER,
        "kind": "answerable",
    }
    return Case(**(made | changed))


def citation(n: int, snippet: str, *, name: str = "a.md", **changed: Any) -> dict[str, Any]:
    made = {
        "n": n,
        "document_name": name,
        "chunk_id": f"c{n}",
        "title": name,
        "url": None,
        "page": None,
        "snippet": snippet,
        "full_content": snippet,
    }
    return made | changed


def answer(reply: str = "", *citations: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """An answer given, unless `outcome` says otherwise."""
    made = {
        "id": "1",
        "question": "q",
        "outcome": "answered",
        "reply": reply,
        "draft_reply": reply,
        "confidence": 0.5,
        "needs_human_review": False,
        "reasons": [],
        "citations": list(citations),
        "internal_next_steps": [],
        "triage": {
            "category": None,
            "category_confidence": None,
            "priority": None,
            "priority_confidence": None,
        },
        "retrieved": [],
        "usage": {
            "prompt_tokens": 0,
            "completion_tokens": 0,
            "embedding_tokens": 0,
            "cost_usd": 0.0,
        },
        "timings_ms": {"total": 1.0},
        "trace_id": "t",
        "fingerprint": "f",
    }
    return made | changed
