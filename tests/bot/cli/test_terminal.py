from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from bot.cli.terminal import show_answer
from engine.trace import Citation, Outcome, Trace


def shown(**of_citation: Any) -> str:
    """What a terminal is sent for an answer with one citation."""
    values: dict[str, Any] = {
        "n": 1,
        "document_name": "leave.md",
        "chunk_id": "c",
        "title": "Leave",
        "url": None,
        "page": None,
        "snippet": "s",
        "full_content": "s",
    }
    trace: Any = object.__new__(Trace)
    for name, value in {
        "reply": "Ten days. [1]",
        "outcome": Outcome.ANSWERED,
        "draft_reply": "Ten days. [1]",
        "citations": (Citation(**values | of_citation),),
        "reasons": (),
        "timings_ms": {},
        "confidence": 0.9,
    }.items():
        object.__setattr__(trace, name, value)
    out = StringIO()
    made = Console(file=out, force_terminal=True, no_color=True, highlight=False, width=200)
    show_answer(made, trace)
    return out.getvalue()


@pytest.mark.parametrize("field", ["document_name", "title", "url"])
def test_a_source_cannot_steer_the_terminal(field: str) -> None:
    text = shown(**{field: "\x1b]0;pwn\x07[31m\x9b2J\nforged line\u202e"})
    assert "]0;pwn[31m2J forged line" in text
    for steering in ("\x1b]", "\x07", "\x9b", "\u202e", "\nforged"):
        assert steering not in text
