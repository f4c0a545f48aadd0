"""Counts by OpenTelemetry's SDK, read by Prometheus at `/metrics` and sent by OTLP where set.

OTLP goes where the standard variables say: OTEL_EXPORTER_OTLP_ENDPOINT or
OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, with their headers
(https://opentelemetry.io/docs/specs/otel/protocol/exporter/), as often as
OTEL_METRIC_EXPORT_INTERVAL says. It is sent by a thread of the SDK; a collector that is down costs
nobody anything.
"""

from __future__ import annotations

import logging
import math
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider, ObservableGauge
from opentelemetry.sdk.metrics.export import (
    CardinalityLimits,
    MetricReader,
    MetricsData,
    PeriodicExportingMetricReader,
    ResourceMetrics,
    ScopeMetrics,
)
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from engine.adapters.telemetry.process_figures import SCOPE as PROCESS
from engine.adapters.telemetry.process_figures import observe_process
from engine.adapters.telemetry.resource import resource_of
from engine.telemetry.catalogue import METRICS, Kind, Metric

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SCOPE = "deskhand"
_OTLP = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
_INTERVAL = "OTEL_METRIC_EXPORT_INTERVAL"
_SEND_EVERY_MS = 60_000.0
_STOP_MS = 2_000
_MOST_SERIES: Final[CardinalityLimits] = dict.fromkeys(
    (Counter, Histogram, ObservableGauge), 50_000
)
"""Of one metric: hundreds of workspaces' reasons and models. The SDK puts what is beyond its own
bound of 2,000 into one series of nobody."""

_Series = dict[tuple[tuple[str, str], ...], float]


class Meters:
    """One process's instruments; `close` sends what is left. version: of Deskhand.

    send_every_s: how often they are sent; None where no collector is named.
    """

    def __init__(self, version: str) -> None:
        quiet = logging.getLogger("opentelemetry")
        quiet.setLevel(logging.CRITICAL)  # a collector that is down is not ours to log each minute
        self.send_every_s = send_every_s(os.environ)
        readers: list[MetricReader] = [
            _Shown(
                disable_target_info=True,
                scope_info_enabled=False,
                cardinality_limits=_MOST_SERIES,
            )
        ]
        if self.send_every_s is not None:
            readers.append(
                PeriodicExportingMetricReader(
                    OTLPMetricExporter(),
                    export_interval_millis=self.send_every_s * 1000,
                    cardinality_limits=_MOST_SERIES,
                )
            )
        self._provider = MeterProvider(metric_readers=readers, resource=resource_of(version))
        self._instruments: dict[str, Any] = {}
        self._gauges: dict[str, _Series] = {}
        self._setting, self._reading = threading.Lock(), threading.Lock()
        for metric in METRICS:
            self._make(metric, version)
        if self.send_every_s is not None:
            observe_process(self._provider.get_meter(PROCESS, version))

    def _make(self, metric: Metric, version: str) -> None:
        meter = self._provider.get_meter(_SCOPE, version)
        name, named = metric.name, {"unit": metric.unit, "description": metric.says}
        if metric.kind is Kind.COUNTER:
            self._instruments[name] = meter.create_counter(name, **named)
        elif metric.kind is Kind.HISTOGRAM:
            self._instruments[name] = meter.create_histogram(
                name, **named, explicit_bucket_boundaries_advisory=metric.buckets
            )
        else:  # the SDK would keep a value that it was given for ever
            self._gauges[name] = {}
            meter.create_observable_gauge(name, [partial(self._observed, name)], **named)

    def add(self, metric: Metric, value: float, labels: dict[str, str]) -> None:
        """See the port."""
        self._instruments[metric.name].add(value, labels)

    def record(self, metric: Metric, value: float, labels: dict[str, str]) -> None:
        """See the port."""
        self._instruments[metric.name].record(value, labels)

    def set(self, metric: Metric, value: float, labels: dict[str, str]) -> None:
        """See the port."""
        with self._setting:
            self._gauges[metric.name][tuple(sorted(labels.items()))] = value

    def forget(self, workspace: str) -> None:
        """See the port."""
        of_it = ("workspace", workspace)
        with self._setting:
            for series in self._gauges.values():
                for labels in [labels for labels in series if of_it in labels]:
                    del series[labels]

    def page(self) -> bytes:
        """Everything as Prometheus reads it, the process's own figures too. Blocks for some ms."""
        with self._reading:
            return generate_latest(REGISTRY)

    def close(self) -> None:
        """Sends what is left within two seconds. Blocks."""
        self._provider.shutdown(timeout_millis=_STOP_MS)

    def _observed(self, name: str, _: CallbackOptions) -> Iterable[Observation]:
        with self._setting:
            series = list(self._gauges[name].items())
        return [Observation(value, dict(labels)) for labels, value in series]


class _Shown(PrometheusMetricReader):
    """What `/metrics` shows: the process's figures stand there by Prometheus' own names."""

    def _receive_metrics(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> None:
        if metrics_data is not None:
            shown = [
                replace(each, scope_metrics=_ours(each)) for each in metrics_data.resource_metrics
            ]
            super()._receive_metrics(MetricsData(resource_metrics=shown), timeout_millis, **kwargs)


def _ours(of: ResourceMetrics) -> list[ScopeMetrics]:
    return [each for each in of.scope_metrics if each.scope.name != PROCESS]


def send_every_s(environment: Mapping[str, str]) -> float | None:
    """As the SDK reads it; what is no interval is a minute. None where no collector is named."""
    if not any(environment.get(name) for name in _OTLP):
        return None
    try:
        every_ms = float(environment.get(_INTERVAL, ""))
    except ValueError:
        every_ms = _SEND_EVERY_MS
    return (every_ms if math.isfinite(every_ms) and every_ms > 0 else _SEND_EVERY_MS) / 1000
