"""Traces of a running bot, at a collector that takes OTLP over HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bot.telemetry.traces import tracing
from bot.workspace import Fault
from engine.telemetry.spans import attempt, begin, trace_of
from evals.model_server.models import quoting
from evals.model_server.reply import Fault as ModelFault
from evals.model_server.reply import Received, Reply
from tests.bot.app.conftest import HOW_LONG, Stage
from tests.bot.app.conftest import _published_pages as _published_pages
from tests.bot.app.conftest import knowledge as knowledge
from tests.bot.app.conftest import stage as stage
from tests.http_thread import serving


class Collector:
    """Keeps the spans; hangs where it is told to."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.hangs = False
        self.asked = 0

    def app(self) -> web.Application:
        made = web.Application()
        made.router.add_post("/v1/traces", self._take)
        return made

    async def _take(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        sent = ExportTraceServiceRequest.FromString(await request.read())
        for resource in sent.resource_spans:
            for scope in resource.scope_spans:
                self.spans += scope.spans
        return web.Response()

    def named(self, name: str) -> list[Any]:
        return [span for span in self.spans if span.name == name]


def attributes(span: Any) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes
    }


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    made = Collector()
    with serving(made.app) as port:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        yield made


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - looks at another thread
            await asyncio.sleep(0.01)


@pytest.mark.slow
async def test_a_question_is_one_trace_from_its_arrival_to_its_answer(
    stage: Stage, collector: Collector
) -> None:
    with tracing():
        async with stage(model=quoting) as scene:
            ann = scene.workspace.join("ann")
            await scene.answer(ann.say(ann.dm, HOW_LONG))
            await until(lambda: collector.named("question") and collector.named("attempt"))
    spans = collector.spans
    (root,), (attempt_span,) = collector.named("question"), collector.named("attempt")
    assert not root.parent_span_id
    assert {span.trace_id for span in spans} == {root.trace_id}
    known = {span.span_id for span in spans}
    assert all(span.parent_span_id in known for span in spans if span is not root)
    assert root.trace_id.hex() == trace_of(attributes(root)["deskhand.question"])
    assert attributes(root)["deskhand.outcome"] == "answered"
    assert root.start_time_unix_nano <= attempt_span.start_time_unix_nano
    names = {span.name for span in spans}
    assert {"intake", "retrieval", "triage", "generation", "verification", "deliver"} <= names
    assert names & {"slack chat.postMessage", "slack chat.startStream"}
    (call,) = collector.named("chat gpt-4.1-mini")
    writing = min(collector.named("generation"), key=lambda span: span.start_time_unix_nano)
    assert call.parent_span_id == writing.span_id
    said = attributes(call)
    assert said["gen_ai.operation.name"] == "chat"
    assert said["gen_ai.request.model"] == "gpt-4.1-mini"
    assert said["gen_ai.usage.input_tokens"] > 0
    assert said["gen_ai.usage.output_tokens"] > 0
    told = str(spans)
    for word in ("parental", "16 weeks", ann.id, ann.dm.id):
        assert word not in told


@pytest.mark.slow
async def test_attempts_that_fail_stand_in_the_same_trace(
    stage: Stage, collector: Collector
) -> None:
    def away(_: Received) -> Reply:
        return Reply(fault=ModelFault.SERVER_ERROR)

    with tracing():
        async with stage(model=away) as scene:
            ann = scene.workspace.join("ann")
            general = scene.workspace.public("general", ann)
            root = ann.say(general, "Planning the summer.")
            await scene.idle()
            scene.workspace.faults.add("conversations.replies", Fault.SERVER_ERROR, times=1)
            ann.mention(general, HOW_LONG, thread_ts=root.ts)
            await scene.answer(root)
            await until(lambda: collector.named("question") and len(collector.named("attempt")) > 1)
    assert len(collector.named("question")) == 1
    assert len({span.trace_id for span in collector.spans}) == 1
    read = [attributes(s).get("error.type") for s in collector.named("slack conversations.replies")]
    assert read[:2] == ["Unsure", None]
    failed = collector.named("chat gpt-4.1-mini")
    assert failed
    assert all(attributes(span)["error.type"] == "failed" for span in failed)


@pytest.mark.slow
async def test_people_are_answered_while_the_collector_hangs(
    stage: Stage, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    collector.hangs = True
    with tracing():
        async with stage() as scene:
            ann = scene.workspace.join("ann")
            for _ in range(3):
                answer = await scene.answer(ann.say(ann.dm, HOW_LONG))
                assert "16 weeks" in answer.text
            await until(lambda: collector.asked)
    assert collector.spans == []
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []


def test_without_a_collector_no_span_is_made() -> None:
    with tracing(), attempt("a question"):
        assert begin("a part") is None
