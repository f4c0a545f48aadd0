from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path

import aiohttp
import pytest

from bot.names import METHODS
from bot.slack_api import RESULTS, SlackFault
from bot.telemetry.metrics import counted
from engine.storage.gauges import GaugeStore
from engine.telemetry.catalogue import CASES, METRICS, QUEUE, Kind
from engine.telemetry.instruments import add, forget, record, set_to
from tests.bot.app.conftest import HOW_LONG, Stage
from tests.bot.app.conftest import _published_pages as _published_pages
from tests.bot.app.conftest import knowledge as knowledge
from tests.bot.app.conftest import stage as stage

ROOT = Path(__file__).parents[3]
_OTHER_PROGRAMS = "workspace chaos containing leakfuzz load replicas soak".split()
"""Those that play Slack, or do it harm."""
_LINE = re.compile(r"^([a-z_]+)(?:\{(.*)\})? (\S+)$")


def read(page: str) -> dict[tuple[str, str], float]:
    """Values by name and labels."""
    lines = (_LINE.match(line) for line in page.splitlines())
    return {(m[1], m[2] or ""): float(m[3]) for m in lines if m is not None}


def test_prometheus_has_every_metric_under_the_name_that_the_catalogue_says() -> None:
    with counted() as meters:
        for metric in METRICS:
            labels = dict.fromkeys(metric.labels, "x")
            take = {Kind.COUNTER: add, Kind.GAUGE: set_to, Kind.HISTOGRAM: record}[metric.kind]
            take(metric, 1.0, **labels)
        page = meters.page().decode()
    for metric in METRICS:
        wanted = metric.prometheus + ("_count" if metric.kind is Kind.HISTOGRAM else "")
        assert re.search(rf"^{wanted}[{{ ]", page, re.MULTILINE), wanted
        assert f"# HELP {metric.prometheus} {metric.says}" in page
    known = {name for m in METRICS for name in _families(m.prometheus, m.kind)}
    ours = {name for name, _ in read(page) if name.startswith("deskhand_")}
    assert ours <= known


def _families(name: str, kind: Kind) -> list[str]:
    if kind is Kind.HISTOGRAM:
        return [f"{name}_{part}" for part in ("bucket", "sum", "count")]
    return [name]


def test_warnings_are_counted_by_who_wrote_them() -> None:
    with counted() as meters:
        logging.getLogger("bot.delivery.worker").warning("one")
        logging.getLogger("bot.delivery.job").error("two")
        logging.getLogger("bot.delivery.job").info("three")
        found = read(meters.page().decode())
    lines = {
        labels: v
        for (name, labels), v in found.items()
        if name == "deskhand_log_lines_total" and v > 0
    }
    assert lines == {
        'level="warning",module="bot.delivery"': 1.0,
        'level="error",module="bot.delivery"': 1.0,
    }


def test_what_slack_may_refuse_and_who_may_log_errors_is_there_before_it_happens() -> None:
    with counted() as meters:
        found = read(meters.page().decode())
    for method in METHODS:
        for result in RESULTS:
            labels = f'method="{method}",result="{result}"'
            assert found["deskhand_slack_calls_total", labels] == 0
    for module in ("bot.slack_app", "bot.transport", "engine.ledger", "asyncio"):
        assert found["deskhand_log_lines_total", f'level="error",module="{module}"'] == 0


def test_every_method_that_is_called_is_named_and_every_fault_of_a_call() -> None:
    called = re.compile(
        rf'"((?:{"|".join({each.partition(".")[0] for each in METHODS})})\.[\w.]+)"'
    )
    named = set()
    for file in (ROOT / "bot").rglob("*.py"):
        if file.parent.name not in _OTHER_PROGRAMS and file.name != "names.py":
            named |= set(called.findall(file.read_text("utf-8")))
    assert named - {"files.slack.com"} == set(METHODS)
    faults = {fault.__name__.lower() for fault in SlackFault.__subclasses__()}
    assert {"ok", *faults} == set(RESULTS)


def test_gauges_of_a_workspace_that_is_gone_are_dropped_and_those_of_others_stay() -> None:
    with counted() as meters:
        for workspace in ("gone", "here"):
            set_to(QUEUE, 1.0, workspace=workspace)
            set_to(CASES, 2.0, workspace=workspace, state="open")
        forget("gone")
        page = meters.page().decode()
        assert 'workspace="gone"' not in page
        assert read(page)["deskhand_cases_open", 'state="open",workspace="here"'] == 2
        set_to(QUEUE, 3.0, workspace="gone")  # it is installed again
        assert read(meters.page().decode())["deskhand_queue_depth", 'workspace="gone"'] == 3


def test_what_nobody_listens_to_goes_nowhere() -> None:
    set_to(QUEUE, 1.0, workspace="x")
    with counted() as meters:
        assert ("deskhand_queue_depth", 'workspace="x"') not in read(meters.page().decode())


@pytest.mark.slow
async def test_a_bot_shows_what_it_did_and_what_waits_and_no_word_of_anybody(stage: Stage) -> None:
    async with stage(started=False) as scene:
        with counted() as meters:
            await scene.start()
            scene.bot.show_metrics(meters)
            ann = scene.workspace.join("ann")
            await scene.answer(ann.say(ann.dm, HOW_LONG))
            await scene.answer(ann.say(ann.dm, HOW_LONG))
            await scene.answer(ann.say(ann.dm, "What is the zebra allowance of Atlantis?"))
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://127.0.0.1:{scene.bot.port}/metrics") as got,
            ):
                assert got.headers["Content-Type"].startswith("text/plain")
                page = await got.text()
            found = read(page)
        asked = {
            labels: v for (name, labels), v in found.items() if name == "deskhand_questions_total"
        }
        assert sum(asked.values()) == 3
        assert asked['outcome="answered",repeated="yes",workspace="default"'] == 1
        assert found["deskhand_cache_lookups_total", _of("answers", "hit")] == 1
        assert found["deskhand_cache_lookups_total", _of("retrievals", "miss")] == 2
        assert found["deskhand_response_duration_seconds_count", 'workspace="default"'] == 3
        for path in ("/readyz", "/metrics"):
            assert found["deskhand_http_requests_total", f'path="{path}",status="500"'] == 0
        failed = 'outcome="failed",repeated="no",workspace="default"'
        assert found["deskhand_questions_total", failed] == 0
        assert found["deskhand_ready", ""] == 1
        assert found["deskhand_queue_depth", 'workspace="default"'] == 0
        assert found["deskhand_knowledge_documents", 'workspace="default"'] == 3
        assert found["deskhand_spend_usd", 'period="week",workspace="default"'] == 0
        assert found["deskhand_slack_calls_total", 'method="chat.postMessage",result="ok"'] >= 3
        assert found["process_resident_memory_bytes", ""] > 0
        trained = [labels for name, labels in found if name == "deskhand_trained_info"]
        assert {label.split(",")[0] for label in trained} == {
            'model="answerability"',
            'model="calibration"',
            'model="triage"',
        }
        for word in ("zebra", "parental", ann.id, ann.dm.id, "16 weeks"):
            assert word not in page


@pytest.mark.slow
async def test_a_page_does_not_wait_for_a_database_that_hangs(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hanging(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("bot.telemetry.metrics._WITHIN_S", 0.05)
    monkeypatch.setattr(GaugeStore, "standing", hanging)
    monkeypatch.setattr("bot.telemetry.gauges._WITHIN_S", 3600.0)
    with counted() as meters:
        async with stage() as scene, asyncio.timeout(30):
            page, _ = await scene.bot.show_metrics(meters).render()
        assert b"\ndeskhand_build_info{" in page


def _of(cache: str, result: str) -> str:
    return f'cache="{cache}",result="{result}",workspace="default"'


@pytest.mark.slow
async def test_without_somebody_who_counts_there_is_no_page(stage: Stage) -> None:
    async with (
        stage() as scene,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{scene.bot.port}/metrics") as got,
    ):
        assert got.status == 404
