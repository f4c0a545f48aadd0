"""The app's home tab: what it knows, how to ask, the reader's own questions, an admin's figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.rendering import limits
from bot.rendering.elements import (
    Element,
    header,
    link,
    listed,
    rich_text,
    section,
    small_print,
    text,
)
from bot.rendering.limits import cut
from bot.rendering.message import Block
from bot.rendering.neutral import neutral, one_line, web_address
from engine.trace import Outcome

_MOST_QUESTIONS = 10
_MOST_FIGURES = 26
_QUESTION = 150
_OUTCOMES: Mapping[str, str] = {
    Outcome.ANSWERED: "answered",
    Outcome.CLARIFIED: "I asked back",
    Outcome.ABSTAINED: "not in our documents",
    Outcome.ESCALATED: "a person was asked",
    Outcome.FAILED: "failed",
}
_WAYS = (
    "Write to me under Messages.",
    "Mention me in a channel, then go on in the thread without mentioning me again.",
    "Choose the message shortcut on somebody's question.",
)
_PROMISE = (
    "Every sentence of an answer names the document it comes from. Where the documents do not "
    "answer, I say so, and a person can take it. I only use what everyone who reads the answer "
    "may read."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedQuestion:
    """One of the reader's own questions.

    outcome: of the answer contract, None while it waits. permalink: None where there is none.
    """

    text: str
    asked_at: datetime
    outcome: str | None
    permalink: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure for admins, such as ("Answered, last 7 days", "124 of 150")."""

    name: str
    value: str


def home_view(
    *,
    documents: int,
    updated_at: datetime | None,
    questions: Sequence[AskedQuestion],
    figures: Sequence[Figure] = (),
    command: str = "",
) -> dict[str, Any]:
    """The view for one reader.

    documents: how many this reader may be answered from. updated_at: when they were last read.
    questions: theirs, newest first. figures: for admins; empty for everyone else. command: the
    slash command, where there is one.
    """
    ways = [*_WAYS, *([f"Or type {one_line(command)} and your question."] if command else [])]
    blocks: list[Block] = [
        header("What I know"),
        rich_text(section(*_knowledge(documents, updated_at))),
        rich_text(section(text(_PROMISE))),
        header("How to ask"),
        rich_text(listed([text(way)] for way in ways)),
        header("Your questions"),
    ]
    if questions:
        asked = [_question(question) for question in questions[:_MOST_QUESTIONS]]
        blocks.append(rich_text(listed(asked)))
    else:
        blocks.append(rich_text(section(text("You have not asked anything yet."))))
    if figures:
        lines = [
            [text(f"{cut(one_line(f.name), 80)}: "), text(cut(one_line(f.value), 120), bold=True)]
            for f in figures[:_MOST_FIGURES]
        ]
        blocks += [header("Figures"), rich_text(listed(lines))]
        blocks.append(
            small_print(
                "Only admins of this workspace see the figures. Confirmed and assumed are never "
                "added up; deskhand stats says what each figure means."
            )
        )
    return {"type": "home", "blocks": blocks}


def _knowledge(documents: int, updated_at: datetime | None) -> list[Element]:
    if documents == 0:
        return [text("There are no documents yet that I can answer you from.")]
    count = "one document" if documents == 1 else f"{documents:,} documents"
    known = text(f"I can answer you from {count}")
    if updated_at is None:
        return [known, text(".")]
    return [known, text(", last read "), date(updated_at), text(".")]


def _question(question: AskedQuestion) -> list[Element]:
    words = cut(one_line(question.text), _QUESTION) or "(no words)"
    ended = "waiting" if question.outcome is None else _OUTCOMES.get(question.outcome, "closed")
    url = web_address(question.permalink)
    shown = link(url, words) if url and len(url) <= limits.URL else text(neutral(words))
    return [shown, text(f" ({ended}, "), date(question.asked_at), text(")")]


def date(at: datetime) -> Element:
    """A moment in the reader's own time zone."""
    return {
        "type": "date",
        "timestamp": int(at.timestamp()),
        "format": "{date_short_pretty} at {time}",
        "fallback": at.strftime("%Y-%m-%d %H:%M %Z").strip(),
    }
