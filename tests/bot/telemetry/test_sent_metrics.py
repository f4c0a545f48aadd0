"""Metrics of a running bot at a collector that takes OTLP over HTTP; nobody reads `/metrics`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.telemetry import gauges
from bot.telemetry.metrics import counted
from engine.adapters.telemetry.meters import send_every_s
from engine.adapters.telemetry.resource import resource_of
from engine.errors import StorageUnavailable
from engine.storage.gauges import GaugeStore
from engine.telemetry.catalogue import DATABASE, METRICS, READY, Kind
from tests.bot.app.conftest import Stage
from tests.bot.app.conftest import _published_pages as _published_pages
from tests.bot.app.conftest import knowledge as knowledge
from tests.bot.app.conftest import stage as stage
from tests.bot.telemetry.metrics_collector import Collector
from tests.http_thread import serving


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    made = Collector()
    with serving(made.app) as port:
        monkeypatch.setenv(
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", f"http://127.0.0.1:{port}/v1/metrics"
        )
        monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "100")
        monkeypatch.setattr(gauges, "_AT_MOST_EVERY_S", 0.0)
        yield made


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - looks at another thread
            await asyncio.sleep(0.02)


@pytest.mark.slow
async def test_a_collector_is_sent_what_stands_in_the_tables_and_the_process_itself(
    stage: Stage,
    collector: Collector,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    unset = {"deskhand.eval.score"}  # nothing was evaluated
    wanted = {metric.name for metric in METRICS if metric.kind is Kind.GAUGE} - unset
    with counted() as meters:
        async with stage(started=False) as scene:
            await scene.start()
            async with scene.bot.show_metrics(meters).kept_fresh():
                await until(lambda: wanted <= collector.newest.keys())
                assert collector.newest["deskhand.knowledge.documents"] == 3
                assert collector.newest[READY.name] == collector.newest[DATABASE.name] == 1
                for name in ("cpu.time", "memory.usage", "uptime"):
                    assert collector.newest[f"process.{name}"] > 0
                assert [name for name, _ in collector.services] == ["deskhand"]
                with monkeypatch.context() as patched:
                    patched.setattr(GaugeStore, "standing", refusing)
                    await until(lambda: collector.newest[DATABASE.name] == 0)
                await until(lambda: collector.newest[DATABASE.name] == 1)
                with monkeypatch.context() as patched:
                    patched.setattr(gauges, "_WITHIN_S", 0.05)
                    patched.setattr(GaugeStore, "standing", hanging)
                    await until(lambda: collector.newest[DATABASE.name] == 0)
                await until(lambda: collector.newest[DATABASE.name] == 1)
                scene.bot.readiness.stopping = True
                await until(lambda: collector.newest[READY.name] == 0)
        page = meters.page().decode()
    assert "process_resident_memory_bytes" in page
    for twice in ("process_cpu_time", "process_memory_usage", "process_uptime"):
        assert twice not in page
    said = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert said.count("gauges of default were not read: the database does not answer") == 1
    assert said.count("gauges of default were not read: the database is away") == 1


async def refusing(*_: Any) -> Any:
    raise StorageUnavailable("the database is away")


async def hanging(*_: Any) -> Any:
    await asyncio.Event().wait()


def test_a_service_that_the_environment_names_keeps_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "desk")
    made = resource_of("1.0").attributes
    assert (made["service.name"], made["service.version"]) == ("desk", "1.0")


@pytest.mark.parametrize(
    ("every", "seconds"), [("15000", 15.0), ("", 60.0), ("0", 60.0), ("inf", 60.0), ("soon", 60.0)]
)
def test_what_is_no_interval_is_a_minute(every: str, seconds: float) -> None:
    named = {"OTEL_METRIC_EXPORT_INTERVAL": every}
    assert send_every_s(named) is None
    named["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1"
    assert send_every_s(named) == seconds
