"""Counts by OpenTelemetry's SDK, read by Prometheus at `/metrics` and sent by OTLP where set.

OTLP goes where the standard variables say: OTEL_EXPORTER_OTLP_ENDPOINT or
OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, with their headers
(https://opentelemetry.io/docs/specs/otel/protocol/exporter/). It is sent by a thread of the SDK;
a collector that is down costs nobody anything.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import Any

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from engine.telemetry.catalogue import METRICS, Kind, Metric

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SCOPE = "deskhand"
_OTLP = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
_SEND_EVERY_MS = 60_000
_STOP_MS = 2_000


class Meters:
    """One process's instruments; `aclose` sends what is left. version: of Deskhand."""

    def __init__(self, version: str) -> None:
        quiet = logging.getLogger("opentelemetry")
        quiet.setLevel(logging.CRITICAL)  # a collector that is down is not ours to log each minute
        self._reader = PrometheusMetricReader(disable_target_info=True, scope_info_enabled=False)
        readers: list[MetricReader] = [self._reader]
        if any(os.environ.get(name) for name in _OTLP):
            exporter = OTLPMetricExporter()
            readers.append(
                PeriodicExportingMetricReader(exporter, export_interval_millis=_SEND_EVERY_MS)
            )
        resource = Resource.create({"service.name": "deskhand", "service.version": version})
        self._provider = MeterProvider(metric_readers=readers, resource=resource)
        meter = self._provider.get_meter(_SCOPE, version)
        self._instruments: dict[str, Any] = {}
        for metric in METRICS:
            named: dict[str, Any] = {
                "name": metric.name,
                "unit": metric.unit,
                "description": metric.says,
            }
            if metric.kind is Kind.COUNTER:
                made: Any = meter.create_counter(**named)
            elif metric.kind is Kind.GAUGE:
                made = meter.create_gauge(**named)
            else:
                made = meter.create_histogram(
                    **named, explicit_bucket_boundaries_advisory=metric.buckets
                )
            self._instruments[metric.name] = made
        self._reading = threading.Lock()

    def add(self, metric: Metric, value: float, labels: dict[str, str]) -> None:
        """See the port."""
        self._instruments[metric.name].add(value, labels)

    def record(self, metric: Metric, value: float, labels: dict[str, str]) -> None:
        """See the port."""
        self._instruments[metric.name].record(value, labels)

    def set(self, metric: Metric, value: float, labels: dict[str, str]) -> None:
        """See the port."""
        self._instruments[metric.name].set(value, labels)

    def page(self) -> bytes:
        """Everything as Prometheus reads it, the process's own figures too. Blocks for some ms."""
        with self._reading:
            return generate_latest(REGISTRY)

    def close(self) -> None:
        """Sends what is left within two seconds. Blocks."""
        self._provider.shutdown(timeout_millis=_STOP_MS)
