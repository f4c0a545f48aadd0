"""A server that speaks the part of LangSmith's API that its client uses here, on a real socket."""

from __future__ import annotations

import email
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.http_thread import serving
from tests.mirror_trouble import Troubles

KEY = "lsv2_pt_0123456789abcdef0123456789abcdef_0123456789"
TENANT = str(uuid.UUID(int=7))
AT = "2026-01-01T00:00:00+00:00"


@dataclass
class LangSmithServer:
    """What a test sees of the workspace.

    takes_multipart: of examples, as the hosted service does; one's own may be older. runs,
    feedback, examples, projects, datasets: by id. most_bytes: larger requests are refused.
    """

    takes_multipart: bool = True
    most_bytes: int = 20_000_000
    troubles: Troubles = field(default_factory=Troubles)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    feedback: dict[str, dict[str, Any]] = field(default_factory=dict)
    examples: dict[str, dict[str, Any]] = field(default_factory=dict)
    projects: dict[str, dict[str, Any]] = field(default_factory=dict)
    datasets: dict[str, dict[str, Any]] = field(default_factory=dict)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def roots(self) -> list[dict[str, Any]]:
        return [run for run in self.runs.values() if not run.get("parent_run_id")]

    @contextmanager
    def running(self) -> Iterator[LangSmithServer]:
        """Serves until left, on the same port each time."""
        with serving(self._app, self.port) as self.port:
            yield self

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 2**20, middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/info", self._info),
                web.post("/runs/multipart", self._ingest),
                web.get("/sessions", self._list_projects),
                web.post("/sessions", self._make_project),
                web.patch("/sessions/{id}", self._change_project),
                web.get("/datasets", self._list_datasets),
                web.post("/datasets", self._make_dataset),
                web.get("/examples", self._list_examples),
                web.delete("/examples", self._delete_examples),
                web.post("/examples/bulk", self._make_examples),
                web.post("/v1/platform/datasets/{id}/examples", self._upload_examples),
                web.post("/feedback", self._make_feedback),
                web.patch("/feedback/{id}", self._change_feedback),
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
        if request.headers.get("x-api-key") != KEY:
            return web.json_response({"detail": "Invalid token"}, status=401)
        if len(body) > self.most_bytes:
            return web.json_response({"detail": "too large"}, status=413)
        return await handler(request)

    async def _info(self, _: web.Request) -> web.Response:
        flags = {"dataset_examples_multipart_enabled": self.takes_multipart}
        return web.json_response({"version": "0.12.0", "instance_flags": flags})

    async def _ingest(self, request: web.Request) -> web.Response:
        """Checks what the real one insists on: every run has its place in a trace."""
        runs: dict[str, dict[str, Any]] = {}
        for name, value in (await _parts(request)).items():
            kind, found, *key = name.split(".", 2)
            if kind == "feedback":
                self.feedback[found] = value
                self._project_named("", value["session_id"])
            elif key:
                runs[found][key[0]] = value
            else:
                assert kind == "post"
                assert value["id"] == found
                runs[found] = value
        for run in runs.values():
            order = run["dotted_order"].split(".")
            assert order[0].endswith(run["trace_id"])
            assert order[-1].endswith(run["id"])
            assert (len(order) > 1) == ("parent_run_id" in run)
            run["session_id"] = self._project_named(run["session_name"])["id"]
        known = bool(self.runs.keys() & runs)
        self.runs.update(runs)
        if known:
            return web.json_response({"detail": "exists"}, status=409)
        return web.json_response({"message": "Accepted"}, status=202)

    def _project_named(self, name: str, project_id: str = "") -> dict[str, Any]:
        for project in self.projects.values():
            if project["name"] == name or project["id"] == project_id:
                return project
        assert not project_id, "feedback on a project that is not there"
        return self._add_project({"id": str(uuid.uuid4()), "name": name})

    def _add_project(self, body: dict[str, Any]) -> dict[str, Any]:
        made = {"tenant_id": TENANT, "reference_dataset_id": None, "start_time": AT, **body}
        self.projects[made["id"]] = made
        return made

    async def _list_projects(self, request: web.Request) -> web.Response:
        name = request.query.get("name")
        found = [p for p in self.projects.values() if name is None or p["name"] == name]
        return web.json_response(found[: int(request.query.get("limit", 100))])

    async def _make_project(self, request: web.Request) -> web.Response:
        body = await request.json()
        there = [p for p in self.projects.values() if p["name"] == body["name"]]
        if there and "upsert" not in request.query:
            return web.json_response({"detail": "exists"}, status=409)
        if there:
            body["id"] = there[0]["id"]
        return web.json_response(self._add_project(body))

    async def _change_project(self, request: web.Request) -> web.Response:
        project = self.projects[request.match_info["id"]]
        project |= {k: v for k, v in (await request.json()).items() if v is not None}
        return web.json_response(project)

    async def _list_datasets(self, request: web.Request) -> web.Response:
        name = request.query["name"]
        return web.json_response([d for d in self.datasets.values() if d["name"] == name])

    async def _make_dataset(self, request: web.Request) -> web.Response:
        made = {**await request.json(), "id": str(uuid.uuid4()), "created_at": AT}
        self.datasets[made["id"]] = made
        return web.json_response(made)

    async def _list_examples(self, request: web.Request) -> web.Response:
        offset, limit = int(request.query["offset"]), int(request.query["limit"])
        wanted = request.query["dataset"]
        found = [e for e in self.examples.values() if e["dataset_id"] == wanted]
        return web.json_response(found[offset : offset + limit])

    async def _delete_examples(self, request: web.Request) -> web.Response:
        for example_id in request.query.getall("example_ids"):
            del self.examples[example_id]
        return web.json_response({})

    async def _make_examples(self, request: web.Request) -> web.Response:
        made = [self._add_example(row["id"], row) for row in await request.json()]
        return web.json_response(made)

    async def _upload_examples(self, request: web.Request) -> web.Response:
        rows: dict[str, dict[str, Any]] = {}
        for name, value in (await _parts(request)).items():
            example_id, _, key = name.partition(".")
            rows.setdefault(example_id, {}).update({key: value} if key else value)
        for example_id, row in rows.items():
            self._add_example(example_id, {**row, "dataset_id": request.match_info["id"]})
        return web.json_response({"example_ids": list(rows), "count": len(rows), "as_of": AT})

    def _add_example(self, example_id: str, row: dict[str, Any]) -> dict[str, Any]:
        assert example_id not in self.examples
        assert row["dataset_id"] in self.datasets
        self.examples[example_id] = {**row, "id": example_id, "created_at": AT}
        return self.examples[example_id]

    async def _make_feedback(self, request: web.Request) -> web.Response:
        body = await request.json()
        assert body["session_id"] in self.projects
        if body["id"] in self.feedback:
            return web.json_response({"detail": "exists"}, status=409)
        self.feedback[body["id"]] = body
        return web.json_response(body)

    async def _change_feedback(self, request: web.Request) -> web.Response:
        self.feedback[request.match_info["id"]] |= await request.json()
        return web.json_response({})


async def _parts(request: web.Request) -> dict[str, Any]:
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    found: dict[str, Any] = {}
    for part in email.message_from_bytes(head + await request.read()).get_payload():
        content = part.get_payload(decode=True)
        assert part.get_content_type() == "application/json"
        found[part.get_param("name", header="Content-Disposition")] = json.loads(content)
    return found
