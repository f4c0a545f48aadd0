"""Traces as LangSmith's runs, and runs as the parts of its ingestion request."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from engine.mirroring.records import AnswerTrace
from engine.trace import Stage

Part = tuple[str, tuple[None, bytes, str, dict[str, str]]]

_KINDS = {Stage.RETRIEVAL.value: "retriever"}
_APART = ("inputs", "outputs", "extra", "error")
"""Fields that travel in parts of their own."""


def runs_of(
    trace: AnswerTrace, *, project: str, run_id: UUID | None = None, example_id: UUID | None = None
) -> list[dict[str, Any]]:
    """A run for the answer and one for each stage under it, the root first.

    run_id: of the root; None means the trace's own. example_id: of the item it answers.
    """
    root_id = run_id or trace.trace_id
    ended_at = trace.started_at + timedelta(milliseconds=trace.total_ms)
    root = {
        **_times(root_id, trace.started_at, ended_at, parent_order=None),
        "trace_id": str(root_id),
        "session_name": project,
        "name": "answer",
        "run_type": "chain",
        "inputs": dict(trace.question),
        "outputs": {**trace.answer, "outcome": trace.outcome, "confidence": trace.confidence},
        "extra": {"metadata": _metadata(trace)},
        "tags": list(trace.tags),
    }
    if trace.failed:
        root["error"] = "no answer because of a fault"
    if example_id is not None:
        root["reference_example_id"] = str(example_id)
    return [root, *_stages(trace, root, root_id)]


def _stages(trace: AnswerTrace, root: Mapping[str, Any], root_id: UUID) -> Iterable[dict[str, Any]]:
    begun = trace.started_at
    for stage, took_ms in trace.stages_ms.items():
        ended = begun + timedelta(milliseconds=took_ms)
        run = {
            **_times(uuid5(root_id, stage), begun, ended, parent_order=root["dotted_order"]),
            "trace_id": str(root_id),
            "parent_run_id": str(root_id),
            "session_name": root["session_name"],
            "name": stage,
            "run_type": _KINDS.get(stage, "chain"),
            "inputs": {},
            "outputs": {},
        }
        if stage == Stage.RETRIEVAL:
            run["inputs"] = dict(trace.question)
            run["outputs"] = {"documents": _documents(trace)}
        if stage == Stage.GENERATION and trace.model:
            run |= {"run_type": "llm", "inputs": dict(trace.question)}
            run["outputs"] = {"text": trace.answer.get("draft_reply", "")}
            run["extra"] = {"metadata": _model_metadata(trace)}
        yield run
        begun = ended


def _times(
    run_id: UUID, begun: datetime, ended: datetime, *, parent_order: str | None
) -> dict[str, Any]:
    """`dotted_order`: the start and the id, behind those of the runs above."""
    own = f"{begun:%Y%m%dT%H%M%S%fZ}{run_id}"
    return {
        "id": str(run_id),
        "start_time": begun.isoformat(),
        "end_time": ended.isoformat(),
        "dotted_order": own if parent_order is None else f"{parent_order}.{own}",
    }


def _metadata(trace: AnswerTrace) -> dict[str, Any]:
    return {
        **trace.metadata,
        "outcome": trace.outcome,
        "confidence": trace.confidence,
        "cost_usd": trace.cost_usd,
        "embedding_tokens": trace.embedding_tokens,
        "environment": trace.environment,
    }


def _model_metadata(trace: AnswerTrace) -> dict[str, Any]:
    return {
        "ls_model_name": trace.model,
        "ls_model_type": "chat",
        "usage_metadata": {
            "input_tokens": trace.prompt_tokens,
            "output_tokens": trace.completion_tokens,
            "total_tokens": trace.prompt_tokens + trace.completion_tokens,
            "total_cost": trace.cost_usd,
        },
    }


def _documents(trace: AnswerTrace) -> list[dict[str, Any]]:
    """In the form in which LangSmith shows what a retriever found."""
    return [
        {
            "page_content": found.document_name,
            "type": "Document",
            "metadata": {"chunk_id": found.chunk_id, "score": found.score},
        }
        for found in trace.found
    ]


def multipart(
    runs: Sequence[Mapping[str, Any]], feedback: Sequence[Mapping[str, Any]]
) -> list[Part]:
    """The parts of `POST /runs/multipart`: `post.ID`, its large fields apart, `feedback.ID`."""
    parts = []
    for run in runs:
        name = f"post.{run['id']}"
        parts.append(_part(name, {k: v for k, v in run.items() if k not in _APART}))
        parts += [_part(f"{name}.{key}", run[key]) for key in _APART if key in run]
    parts += [_part(f"feedback.{entry['id']}", entry) for entry in feedback]
    return parts


def _part(name: str, value: Any) -> Part:
    body = json.dumps(value).encode()
    return name, (None, body, "application/json", {"Content-Length": str(len(body))})
