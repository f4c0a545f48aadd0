"""Traces as OpenTelemetry spans with the GenAI conventions and Langfuse's own attributes.

https://opentelemetry.io/docs/specs/semconv/gen-ai/ and
https://langfuse.com/integrations/native/opentelemetry
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from engine.mirroring.records import AnswerTrace
from engine.trace import Stage

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan

_SERVICE = "deskhand"
_STAGE_TYPES = {Stage.RETRIEVAL.value: "retriever", Stage.VERIFICATION.value: "guardrail"}
Attributes = dict[str, str | int | float | bool | tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemContext:
    """The experiment and item that a trace belongs to; every span of it says so.

    ids are those of Langfuse. expected: JSON of the item's gold.
    """

    experiment_id: str
    experiment_name: str
    dataset_id: str
    item_id: str
    expected: Mapping[str, Any]
    metadata: Mapping[str, Any] = field(default_factory=dict)


def trace_hex(trace_id: UUID) -> str:
    """The id of the trace in Langfuse: 32 hexadecimal digits."""
    return trace_id.hex


def root_span_hex(trace_id: UUID) -> str:
    """The id of the root span of a trace: 16 hexadecimal digits."""
    return f"{_span_id(trace_id, 'answer'):016x}"


def encode(spans: Sequence[ReadableSpan]) -> bytes:
    """The body of an OTLP/HTTP request, as protobuf."""
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

    body: bytes = encode_spans(spans).SerializeToString()
    return body


def spans_of(
    trace: AnswerTrace, *, trace_id: UUID | None = None, item: ItemContext | None = None
) -> list[ReadableSpan]:
    """A span for the answer and one for each stage under it, the root first.

    trace_id: None means the trace's own.
    """
    tid = trace_id or trace.trace_id
    shared = _shared(trace, root_span_hex(tid), item)
    begun_ns = _nanoseconds(trace.started_at)
    ended_ns = begun_ns + round(trace.total_ms * 1e6)
    own = _root(trace, item) | shared
    spans = [_span("answer", tid, begun_ns, ended_ns, own, root=True, failed=trace.failed)]
    for stage, took_ms in trace.stages_ms.items():
        ended_ns = begun_ns + round(took_ms * 1e6)
        spans.append(_span(stage, tid, begun_ns, ended_ns, _stage(stage, trace) | shared))
        begun_ns = ended_ns
    return spans


def _shared(trace: AnswerTrace, root_hex: str, item: ItemContext | None) -> Attributes:
    made: Attributes = {
        "langfuse.trace.name": "answer",
        "langfuse.trace.tags": trace.tags,
        "langfuse.environment": trace.environment,
    }
    if item is not None:
        made |= {
            "langfuse.experiment.id": item.experiment_id,
            "langfuse.experiment.name": item.experiment_name,
            "langfuse.experiment.dataset.id": item.dataset_id,
            "langfuse.experiment.item.id": item.item_id,
            "langfuse.experiment.item.root_observation_id": root_hex,
        }
    return made


def _root(trace: AnswerTrace, item: ItemContext | None) -> Attributes:
    question, answer = json.dumps(trace.question), json.dumps(trace.answer)
    made: Attributes = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": _SERVICE,
        "langfuse.observation.type": "agent",
        "langfuse.observation.input": question,
        "langfuse.observation.output": answer,
        "langfuse.trace.input": question,
        "langfuse.trace.output": answer,
        "langfuse.observation.level": "ERROR" if trace.failed else "DEFAULT",
    }
    metadata = {
        **trace.metadata,
        "outcome": trace.outcome,
        "confidence": trace.confidence,
        "cost_usd": trace.cost_usd,
        "embedding_tokens": trace.embedding_tokens,
    }
    for name, value in metadata.items():
        made[f"langfuse.trace.metadata.{name}"] = value
        made[f"langfuse.observation.metadata.{name}"] = value
    if item is not None:
        made["langfuse.experiment.item.expected_output"] = json.dumps(item.expected)
        made["langfuse.experiment.item.metadata"] = json.dumps(item.metadata)
    return made


def _stage(stage: str, trace: AnswerTrace) -> Attributes:
    made: Attributes = {"langfuse.observation.type": _STAGE_TYPES.get(stage, "span")}
    if stage == Stage.RETRIEVAL:
        found = [
            {"id": f.chunk_id, "document_name": f.document_name, "score": f.score}
            for f in trace.found
        ]
        made |= {
            "gen_ai.operation.name": "retrieval",
            "gen_ai.retrieval.documents": json.dumps(found),
            "langfuse.observation.input": json.dumps(trace.question),
            "langfuse.observation.output": json.dumps(found),
        }
    if stage == Stage.GENERATION and trace.model:
        usage = {"input": trace.prompt_tokens, "output": trace.completion_tokens}
        made |= {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",  # whose API it is spoken to in
            "gen_ai.request.model": trace.model,
            "gen_ai.usage.input_tokens": trace.prompt_tokens,
            "gen_ai.usage.output_tokens": trace.completion_tokens,
            "langfuse.observation.type": "generation",
            "langfuse.observation.model.name": trace.model,
            "langfuse.observation.usage_details": json.dumps(usage),
            "langfuse.observation.cost_details": json.dumps({"total": trace.cost_usd}),
            "langfuse.observation.input": json.dumps(trace.question),
            "langfuse.observation.output": str(trace.answer.get("draft_reply", "")),
        }
    return made


def _span(
    name: str,
    trace_id: UUID,
    begun_ns: int,
    ended_ns: int,
    attributes: Attributes,
    *,
    root: bool = False,
    failed: bool = False,
) -> ReadableSpan:
    """Made whole and not by a tracer: the answer is over, and its ids are given."""
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import SpanContext, Status, StatusCode

    root_id = _span_id(trace_id, "answer")
    parent = None if root else SpanContext(trace_id.int, root_id, is_remote=False)
    span_id = root_id if root else _span_id(trace_id, name)
    return ReadableSpan(
        name=name,
        context=SpanContext(trace_id.int, span_id, is_remote=False),
        parent=parent,
        resource=_resource(),
        attributes=attributes,
        status=Status(StatusCode.ERROR) if failed else Status(),
        start_time=begun_ns,
        end_time=ended_ns,
        instrumentation_scope=InstrumentationScope(_SERVICE),
    )


def _resource() -> Resource:
    """Without what the environment says of the machine, as `Resource.create` would add it."""
    from opentelemetry.sdk.resources import Resource

    return Resource({"service.name": _SERVICE})


def _span_id(trace_id: UUID, name: str) -> int:
    return uuid5(trace_id, name).int >> 64 or 1


def _nanoseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1e6) * 1000


def in_batches(traces: Sequence[list[ReadableSpan]], *, most_bytes: int) -> Iterator[bytes]:
    """Bodies of whole traces, each no larger than this unless one trace alone is."""
    bodies: list[bytes] = []
    size = 0
    for spans in traces:
        body = encode(spans)
        if bodies and size + len(body) > most_bytes:
            yield b"".join(bodies)
            bodies, size = [], 0
        bodies.append(body)
        size += len(body)
    if bodies:
        yield b"".join(bodies)
