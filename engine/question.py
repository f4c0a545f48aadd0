"""A question as the engine takes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Who said a turn of the conversation."""

    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An earlier message of the conversation."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked.

    id: echoed in the answer; the caller's own.
    text: the question itself. subject, body: of a ticket or mail; empty where there are none.
    history: earlier turns, oldest first.
    user, channel: Slack ids; None where unknown.
    """

    id: str
    text: str
    subject: str = ""
    body: str = ""
    history: tuple[Turn, ...] = ()
    user: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one question may cost. max_cost_usd: 0 allows only what is free."""

    max_cost_usd: float
