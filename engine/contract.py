"""The JSON of a question and of an answer: parsed and rendered here, nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from engine.audience import CLOSED, FULL_MEMBER, PUBLIC, Audience
from engine.errors import WrongUse
from engine.question import Question, Role, Turn
from engine.trace import Stage, Trace

_TRIAGE = ("category", "category_confidence", "priority", "priority_confidence")


def parse_question(row: object, *, default_id: str) -> tuple[Question, Audience]:
    """A question and the audience it is asked for, from one JSON object.

    Without `user`, `channel` and `audience` it is asked as a full member. With `user` or
    `channel` alone nothing is known of their rights here, so only what is public or belongs to
    that very person or channel may be read; `audience` states the rights instead.

    Raises: WrongUse with one sentence that names the field.
    """
    if not isinstance(row, Mapping):
        raise WrongUse('a question must be a JSON object such as {"id": "1", "question": "..."}')
    text = {name: _text(row, name) for name in ("question", "subject", "body")}
    user, channel = _slack_id(row, "user"), _slack_id(row, "channel")
    given = row.get("id")
    if isinstance(given, bool) or not isinstance(given, str | int | float | None):
        raise WrongUse("the field id must be a string or a number")
    question = Question(
        id=default_id if given is None else str(given),
        text=text["question"],
        subject=text["subject"],
        body=text["body"],
        history=_history(row.get("history")),
        user=user,
        channel=channel,
    )
    return question, _audience(row.get("audience"), user, channel)


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise WrongUse(f"the field {name} must be a string")
    return value


def _slack_id(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise WrongUse(f"the field {name} must be a string")
    return value


def _history(value: object) -> tuple[Turn, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise WrongUse('the field history must be a list of {"role", "text"}')
    turns = []
    for turn in value:
        role = turn.get("role") if isinstance(turn, Mapping) else None
        text = turn.get("text") if isinstance(turn, Mapping) else None
        if role not in ("user", "assistant") or not isinstance(text, str):
            raise WrongUse('each turn of history must be {"role": "user"|"assistant", "text"}')
        turns.append(Turn(role=Role(role), text=text))
    return tuple(turns)


def _audience(value: object, user: str | None, channel: str | None) -> Audience:
    if value is not None:
        if not isinstance(value, list):
            raise WrongUse("the field audience must be a list of tags")
        return Audience.of(value)
    if user is None and channel is None:
        return FULL_MEMBER
    tags = [PUBLIC, f"channel:{channel}" if channel is not None else f"user:{user}"]
    try:
        return Audience.of(tags)
    except WrongUse:
        return CLOSED


def render_trace(trace: Trace) -> dict[str, Any]:
    """The answer contract's object, keys in the contract's order."""
    return {
        "id": trace.question.id,
        "question": trace.question.text,
        "outcome": trace.outcome.value,
        "reply": trace.reply,
        "draft_reply": trace.draft_reply,
        "confidence": round(trace.confidence, 4),
        "needs_human_review": trace.needs_human_review,
        "reasons": [{"code": r.code.value, "text": r.text} for r in trace.reasons],
        "citations": [
            {name: value for name, value in asdict(c).items() if name != "trust"}
            for c in trace.citations
        ],
        "internal_next_steps": list(trace.internal_next_steps),
        "triage": {name: getattr(trace.triage, name) for name in _TRIAGE},
        "retrieved": [
            {"chunk_id": r.chunk_id, "document_name": r.document_name, "score": round(r.score, 4)}
            for r in trace.retrieved
        ],
        "usage": asdict(trace.usage),
        "timings_ms": {stage.value: round(trace.timings_ms.get(stage, 0.0), 3) for stage in Stage},
        "trace_id": trace.trace_id,
        "fingerprint": trace.fingerprint,
    }
