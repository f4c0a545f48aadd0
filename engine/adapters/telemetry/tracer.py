"""Spans by OpenTelemetry's OTLP exporter, where the standard variables name a collector.

OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, with their headers; which
traces are kept is for the collector to say. They are sent by a thread of the SDK from a queue that
drops what does not fit: a collector that is down costs nobody anything.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from engine.adapters.telemetry.resource import resource_of
from engine.telemetry.spans import Place, Span

_OTLP = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_STOP_S = 2.0


def names_collector(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment says where traces go."""
    return any(environment.get(name) for name in _OTLP)


class Tracer:
    """The port `Spans`. version: of Deskhand."""

    def __init__(self, version: str) -> None:
        self._resource = resource_of(version)
        self._scope = InstrumentationScope("deskhand", version)
        self._sender = BatchSpanProcessor(OTLPSpanExporter())

    def ended(self, span: Span) -> None:
        """See the port."""
        above = None
        if span.above is not None:
            above = _context(Place(trace_id=span.place.trace_id, span_id=span.above))
        attributes = dict(span.attributes)
        if span.error:
            attributes["error.type"] = span.error
        self._sender.on_end(
            ReadableSpan(
                name=span.name,
                context=_context(span.place),
                parent=above,
                resource=self._resource,
                attributes=attributes,
                kind=_kind(span),
                status=Status(StatusCode.ERROR) if span.error else Status(),
                start_time=span.begun_ns,
                end_time=span.ended_ns,
                instrumentation_scope=self._scope,
            )
        )

    def close(self) -> None:
        """Sends what is left within two seconds. Blocks; the thread is a daemon."""
        last = threading.Thread(target=self._sender.shutdown, daemon=True)
        last.start()
        last.join(_STOP_S)


def _context(place: Place) -> SpanContext:
    return SpanContext(place.trace_id, place.span_id, is_remote=False, trace_flags=_SAMPLED)


def _kind(span: Span) -> SpanKind:
    if span.above is None:
        return SpanKind.CONSUMER
    is_call = "gen_ai.operation.name" in span.attributes or "rpc.method" in span.attributes
    return SpanKind.CLIENT if is_call else SpanKind.INTERNAL
