"""The process's own figures for a collector, by OpenTelemetry's names.

https://opentelemetry.io/docs/specs/semconv/system/process-metrics/. Prometheus reads the same from
its client's collector, which also finds memory and start for us.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import Final

from opentelemetry.metrics import CallbackOptions, Meter, Observation
from prometheus_client import PROCESS_COLLECTOR

SCOPE: Final = "deskhand.process"
"""Apart from what is shown to Prometheus, which has these figures by its own names."""


def observe_process(meter: Meter) -> None:
    """Lets it send CPU, resident memory and the time since the process began."""
    meter.create_observable_counter(
        "process.cpu.time", [_cpu], unit="s", description="CPU time of the process"
    )
    meter.create_observable_up_down_counter(
        "process.memory.usage", [_memory], unit="By", description="Resident memory"
    )
    meter.create_observable_gauge(
        "process.uptime", [_uptime], unit="s", description="Time since the process began"
    )


def _cpu(_: CallbackOptions) -> Iterable[Observation]:
    spent = os.times()
    yield Observation(spent.user, {"cpu.mode": "user"})
    yield Observation(spent.system, {"cpu.mode": "system"})


def _memory(_: CallbackOptions) -> Iterable[Observation]:
    for held in _collected("process_resident_memory_bytes"):
        yield Observation(int(held))


def _uptime(_: CallbackOptions) -> Iterable[Observation]:
    for began_at in _collected("process_start_time_seconds"):
        yield Observation(max(0.0, time.time() - began_at))


def _collected(name: str) -> list[float]:
    """Empty where the system tells nothing of its processes."""
    return [
        sample.value
        for family in PROCESS_COLLECTOR.collect()
        for sample in family.samples
        if sample.name == name
    ]
