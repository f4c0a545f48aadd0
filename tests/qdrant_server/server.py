"""A server that speaks Qdrant's REST for the calls Deskhand makes, on a real socket.

Every request body is checked with the client library's own models; what is not known is refused
as the real server refuses it. Answers come from the real embedded engine. It runs on a thread and
event loop of its own, so that a test may block, start commands, or hang it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError
from qdrant_client import models

from tests.http_thread import serving
from tests.qdrant_server.collection import Collection, Refused

M = TypeVar("M", bound=BaseModel)
VERSION = "1.20.0"


class Trouble(StrEnum):
    """What the server does instead of answering."""

    UNAUTHORISED = "401"
    FORBIDDEN = "403"
    FULL = "full"
    BROKEN = "500"
    BUSY = "503"
    BUSY_FOR_A_SECOND = "503 with Retry-After: 1"
    LIMITED = "429"
    HANG = "hang"
    DISCONNECT = "disconnect"
    GARBAGE = "garbage"
    NOT_QDRANT = "404 of another server"


@dataclass
class QdrantServer:
    """What a test sees of the server.

    api_key: what every request must carry; None lets everybody in.
    trouble: what goes wrong now; None for nothing. troubled: for requests whose "METHOD path"
        holds this text. times: for so many requests; None for all.
    requests: "METHOD path" of each, in order.
    """

    folder: Path
    api_key: str | None = None
    trouble: Trouble | None = None
    troubled: str = ""
    times: int | None = None
    version: str = VERSION
    requests: list[str] = field(default_factory=list)
    collections: dict[str, Collection] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    port: int = 0
    _made: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[QdrantServer]:
        """Serves until left, on the same port each time; drops every collection at the end."""
        with serving(self._app, self.port) as self.port:
            yield self

    def drop_all(self) -> None:
        """Forgets everything, as a server with an empty disk."""
        for collection in self.collections.values():
            collection.drop()
        self.collections.clear()
        self.aliases.clear()

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=64 * 2**20)
        name = "/collections/{name}"
        app.add_routes(
            [
                web.get("/", self._root),
                web.get("/aliases", self._list_aliases),
                web.post("/collections/aliases", self._update_aliases),
                web.get("/collections", self._list),
                web.get(name, self._get),
                web.put(name, self._create),
                web.delete(name, self._drop),
                web.put(f"{name}/index", self._index),
                web.put(f"{name}/points", self._upsert),
                web.post(f"{name}/points/payload", self._set_payload),
                web.post(f"{name}/points/delete", self._delete),
                web.post(f"{name}/points/query/batch", self._query),
                web.post(f"{name}/points/count", self._count),
                web.post(f"{name}/points/scroll", self._scroll),
                web.post(f"{name}/facet", self._facet),
            ]
        )
        return app

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.Response]]
    ) -> web.StreamResponse:
        called = f"{request.method} {request.path}"
        self.requests.append(called)
        if self.trouble is not None and self.troubled in called and self.times != 0:
            if self.times is not None:
                self.times -= 1
            return await _trouble(self.trouble, request)
        if self.api_key is not None and request.headers.get("api-key") != self.api_key:
            return web.Response(status=401, text="Must provide an API key or an Authorization")
        try:
            return await handler(request)
        except Refused as refusal:
            return _error(refusal.status, str(refusal))
        except web.HTTPNotFound:
            return web.Response(status=404)
        except web.HTTPMethodNotAllowed:
            return web.Response(status=405)
        except Exception as error:
            return _error(500, f"Service internal error: {error}")

    def _named(self, request: web.Request) -> Collection:
        name = request.match_info["name"]
        found = self.collections.get(self.aliases.get(name, name))
        if found is None:
            raise Refused(404, f"Not found: Collection `{name}` doesn't exist!")
        return found

    async def _root(self, _: web.Request) -> web.Response:
        return web.json_response(
            {"title": "qdrant - vector search engine", "version": self.version, "commit": None}
        )

    async def _list(self, _: web.Request) -> web.Response:
        return _result({"collections": [{"name": name} for name in self.collections]})

    async def _get(self, request: web.Request) -> web.Response:
        return _result(self._named(request).info())

    async def _create(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        wanted = await _body(request, models.CreateCollection)
        if name in self.collections:
            raise Refused(409, f"Wrong input: Collection `{name}` already exists!")
        if name in self.aliases:
            raise Refused(409, f"Wrong input: Can't create collection with name {name}: an alias")
        self._made += 1
        self.collections[name] = Collection(name, self.folder / f"{self._made}", wanted)
        return _result(True)

    async def _drop(self, request: web.Request) -> web.Response:
        gone = self.collections.pop(request.match_info["name"], None)
        if gone is not None:
            gone.drop()
            self.aliases = {a: c for a, c in self.aliases.items() if c != gone.name}
        return _result(gone is not None)

    async def _list_aliases(self, _: web.Request) -> web.Response:
        named = [{"alias_name": a, "collection_name": c} for a, c in self.aliases.items()]
        return _result({"aliases": named})

    async def _update_aliases(self, request: web.Request) -> web.Response:
        wanted = dict(self.aliases)
        for action in (await _body(request, models.ChangeAliasesOperation)).actions:
            if isinstance(action, models.CreateAliasOperation):
                made = action.create_alias
                if made.collection_name not in self.collections:
                    raise Refused(404, f"Not found: Collection `{made.collection_name}`")
                if made.alias_name in self.collections:
                    raise Refused(409, f"Wrong input: Collection `{made.alias_name}` exists")
                wanted[made.alias_name] = made.collection_name
            elif isinstance(action, models.DeleteAliasOperation):
                if wanted.pop(action.delete_alias.alias_name, None) is None:
                    raise Refused(404, "Not found: Alias does not exist")
            else:
                raise Refused(400, "the test server does not rename aliases")
        self.aliases = wanted
        return _result(True)

    async def _index(self, request: web.Request) -> web.Response:
        wanted = await _body(request, models.CreateFieldIndex)
        if not isinstance(wanted.field_schema, models.KeywordIndexParams):
            raise Refused(400, "the test server has keyword indexes only")
        self._named(request).create_index(wanted.field_name, wanted.field_schema)
        return _updated(request)

    async def _upsert(self, request: web.Request) -> web.Response:
        body = await _body(request, models.PointsList)
        self._named(request).upsert(body.points)
        return _updated(request)

    async def _set_payload(self, request: web.Request) -> web.Response:
        body = await _body(request, models.SetPayload)
        if body.filter is None or body.points is not None or body.key is not None:
            raise Refused(400, "the test server sets payloads by filter only")
        self._named(request).set_payload(body.payload, body.filter)
        return _updated(request)

    async def _delete(self, request: web.Request) -> web.Response:
        body = await _body(request, models.FilterSelector)
        self._named(request).delete(body.filter)
        return _updated(request)

    async def _query(self, request: web.Request) -> web.Response:
        body = await _body(request, models.QueryRequestBatch)
        found = self._named(request).query(body.searches)
        return _result([{"points": points} for points in found])

    async def _count(self, request: web.Request) -> web.Response:
        body = await _body(request, models.CountRequest)
        return _result({"count": self._named(request).count(body.filter)})

    async def _scroll(self, request: web.Request) -> web.Response:
        body = await _body(request, models.ScrollRequest)
        return _result(self._named(request).scroll(body))

    async def _facet(self, request: web.Request) -> web.Response:
        body = await _body(request, models.FacetRequest)
        return _result({"hits": self._named(request).facet(body)})


async def _body(request: web.Request, model: type[M]) -> M:
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise Refused(400, f"Format error in JSON body: {where}: {first['msg']}") from None


async def _trouble(trouble: Trouble, request: web.Request) -> web.StreamResponse:
    if trouble is Trouble.UNAUTHORISED:
        return web.Response(status=401, text="Must provide an API key or an Authorization")
    if trouble is Trouble.FORBIDDEN:
        key = request.headers.get("api-key", "")
        return _error(403, f"Forbidden: Global manage access is required, {key} has none")
    if trouble is Trouble.FULL:
        return _error(500, "Service internal error: No space left on device: WAL buffer size")
    if trouble is Trouble.BROKEN:
        return _error(500, "Service internal error: task panicked")
    if trouble is Trouble.BUSY:
        return web.Response(status=503, text="upstream connect error")
    if trouble is Trouble.BUSY_FOR_A_SECOND:
        return web.Response(status=503, headers={"Retry-After": "1"})
    if trouble is Trouble.LIMITED:
        response = _error(429, "Rate limiting exceeded: Read rate limit exceeded")
        response.headers["Retry-After"] = "1"
        return response
    if trouble is Trouble.GARBAGE:
        return web.Response(text="<html>Welcome to nginx!</html>", content_type="text/html")
    if trouble is Trouble.NOT_QDRANT:
        return web.Response(status=404, text="<html>404</html>", content_type="text/html")
    if trouble is Trouble.HANG:
        await asyncio.sleep(3600)
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def _result(value: Any) -> web.Response:
    return web.json_response({"result": value, "status": "ok", "time": 0.0})


def _updated(request: web.Request) -> web.Response:
    done = "completed" if request.query.get("wait") == "true" else "acknowledged"
    return _result({"operation_id": 0, "status": done})


def _error(status: int, reason: str) -> web.Response:
    return web.json_response({"status": {"error": reason}, "time": 0.0}, status=status)
