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
class Gate:
    """What an answer must pass where it is asked, before its first sentence is shown.

    min_confidence: below it a person has to look; None asks for nothing beyond the engine's own
    threshold, which always holds. reviewed: a person sees every answer before its asker does.
    """

    min_confidence: float | None = None
    reviewed: bool = False


OPEN = Gate()
"""Nothing beyond the engine's own threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked.

    id: echoed in the answer; the caller's own.
    text: the question itself. subject, body: of a ticket or mail; empty where there are none.
    history: earlier turns, oldest first.
    user, channel: Slack ids; None where unknown.
    gate: what else stands between the answer and its asker.
    """

    id: str
    text: str
    subject: str = ""
    body: str = ""
    history: tuple[Turn, ...] = ()
    user: str | None = None
    channel: str | None = None
    gate: Gate = OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one question may cost.

    max_cost_usd: 0 allows only what is free. person: whose budget of the day it counts against;
    None for nobody's.
    """

    max_cost_usd: float
    person: str | None = None
