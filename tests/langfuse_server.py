"""A server that speaks the part of Langfuse's public API that is used, on a real socket.

Spans arrive as OTLP protobuf and are decoded with OpenTelemetry's own types; an id of an item may
belong to one data set only, as with Langfuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import encode_basic_auth, web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.http_thread import serving
from tests.mirror_trouble import Troubles

PUBLIC, SECRET = "pk-lf-0123456789abcdef", "sk-lf-fedcba9876543210"


@dataclass(frozen=True)
class Span:
    trace_id: str
    id: str
    parent: str
    name: str
    took_ms: float
    failed: bool
    attributes: Mapping[str, Any]


@dataclass
class LangfuseServer:
    """What a test sees of the project.

    has_run_items: false as of version 4. datasets: by name. items: by id. most_bytes: larger
    requests are refused.
    """

    has_run_items: bool = True
    most_bytes: int = 4_500_000
    troubles: Troubles = field(default_factory=Troubles)
    spans: list[Span] = field(default_factory=list)
    datasets: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    run_items: list[dict[str, Any]] = field(default_factory=list)
    scores: dict[str, dict[str, Any]] = field(default_factory=dict)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def roots(self) -> list[Span]:
        return [span for span in self.spans if not span.parent]

    @contextmanager
    def running(self) -> Iterator[LangfuseServer]:
        """Serves until left, on the same port each time."""
        with serving(self._app, self.port) as self.port:
            yield self

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 2**20, middlewares=[self._guard])
        app.add_routes(
            [
                web.post("/api/public/otel/v1/traces", self._export),
                web.get("/api/public/projects", self._projects),
                web.get("/api/public/v2/datasets/{name}", self._dataset),
                web.post("/api/public/v2/datasets", self._make_dataset),
                web.get("/api/public/dataset-items", self._list_items),
                web.post("/api/public/dataset-items", self._put_item),
                web.post("/api/public/dataset-run-items", self._put_run_item),
                web.post("/api/public/scores", self._put_score),
            ]
        )
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        body = await request.read()
        self.headers.append(dict(request.headers))
        struck = await self.troubles.strike(request)
        if struck is not None:
            return struck
        if request.headers.get("Authorization") != encode_basic_auth(PUBLIC, SECRET):
            return web.json_response({"message": "Invalid credentials"}, status=401)
        if len(body) > self.most_bytes:
            return web.json_response({"message": "too large"}, status=413)
        return await handler(request)

    async def _export(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/x-protobuf"
        assert request.headers["x-langfuse-ingestion-version"] == "4"
        told = ExportTraceServiceRequest.FromString(await request.read())
        for resource in told.resource_spans:
            assert [a.key for a in resource.resource.attributes] == ["service.name"]
            for scope in resource.scope_spans:
                self.spans += [_span(span) for span in scope.spans]
        return web.Response(body=b"", content_type="application/x-protobuf")

    async def _projects(self, _: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "prj1", "name": "Desk"}]})

    async def _dataset(self, request: web.Request) -> web.Response:
        found = self.datasets.get(request.match_info["name"])
        return _missing() if found is None else web.json_response(found)

    async def _make_dataset(self, request: web.Request) -> web.Response:
        body = await request.json()
        made = {**body, "id": f"ds-{len(self.datasets) + 1}"}
        self.datasets[body["name"]] = made
        return web.json_response(made)

    async def _list_items(self, request: web.Request) -> web.Response:
        name = request.query["datasetName"]
        page, limit = int(request.query["page"]), int(request.query["limit"])
        rows = [item for item in self.items.values() if item["datasetName"] == name]
        shown = rows[(page - 1) * limit : page * limit]
        return web.json_response({"data": shown, "meta": {"page": page}})

    async def _put_item(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["datasetName"] not in self.datasets:
            return _missing()
        before = self.items.get(body["id"], {})
        if before and before["datasetName"] != body["datasetName"]:
            return _missing()
        self.items[body["id"]] = {**before, **body}
        return web.json_response(self.items[body["id"]])

    async def _put_run_item(self, request: web.Request) -> web.Response:
        if not self.has_run_items:
            return _missing()
        body = await request.json()
        if body["datasetItemId"] not in self.items:
            return _missing()
        self.run_items.append(body)
        return web.json_response({**body, "id": "ri", "datasetRunId": f"run:{body['runName']}"})

    async def _put_score(self, request: web.Request) -> web.Response:
        body = await request.json()
        targets = [name for name in ("traceId", "datasetRunId", "sessionId") if body.get(name)]
        if len(targets) != 1 or not isinstance(body["value"], int | float):
            return web.json_response({"message": "Invalid request data"}, status=400)
        self.scores[body["id"]] = body
        return web.json_response({"id": body["id"]})


def _missing() -> web.Response:
    return web.json_response({"message": "not found"}, status=404)


def _span(span: Any) -> Span:
    return Span(
        trace_id=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        name=span.name,
        took_ms=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e6,
        failed=span.status.code == 2,
        attributes={a.key: _value(a.value) for a in span.attributes},
    )


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    return getattr(value, kind)
