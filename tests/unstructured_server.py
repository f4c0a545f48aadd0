"""A server that speaks the Unstructured API's partition call, on a real socket.

The form is checked with the client library's own model. Elements come from reading the file with
the local reader, so that a document has the words it has.
"""

from __future__ import annotations

import asyncio
import hashlib
import html
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import ValidationError
from unstructured_client.models import shared

from engine.adapters.document_reading import FileToRead, read_file
from engine.errors import DocumentUnreadable
from engine.knowledge.block import Block, BlockKind
from engine.knowledge.blocks import read_blocks
from engine.knowledge.parser import ParseLimits
from tests.http_thread import serving

Form = Mapping[str, str | bytes | bytearray | web.FileField]

_KINDS = {
    BlockKind.HEADING: "Title",
    BlockKind.PARAGRAPH: "NarrativeText",
    BlockKind.ITEM: "ListItem",
    BlockKind.TABLE: "Table",
    BlockKind.CODE: "CodeSnippet",
}


class ApiTrouble(StrEnum):
    """What the server does instead of answering."""

    UNAUTHORISED = "401"
    UNPAID = "402"
    NO_SUCH_PLACE = "404"
    TOO_LARGE = "413"
    UNSUPPORTED = "422"
    LIMITED = "429"
    BROKEN = "500"
    BUSY = "503"
    HANG = "hang"
    DISCONNECT = "disconnect"
    MALFORMED = "malformed JSON"
    NO_LIST = "another JSON"


@dataclass
class UnstructuredServer:
    """What a test sees of the server.

    trouble: what goes wrong now, for the next `times` requests (None: all).
    forms: the fields of each partition request, without the file. names: of the files.
    """

    api_key: str | None = None
    trouble: ApiTrouble | None = None
    times: int | None = None
    forms: list[dict[str, str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    port: int = 0
    running_now: int = 0
    most_at_once: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[UnstructuredServer]:
        """Serves until left, on the same port each time."""
        with serving(self._app, self.port) as self.port:
            yield self

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 2**20)
        app.add_routes(
            [
                web.post("/general/v0/general", self._partition),
                web.get("/general/docs", self._docs),
            ]
        )
        return app

    async def _docs(self, _: web.Request) -> web.Response:
        return web.Response(text="<html></html>", content_type="text/html")

    async def _partition(self, request: web.Request) -> web.StreamResponse:
        self.running_now += 1
        self.most_at_once = max(self.most_at_once, self.running_now)
        try:
            return await self._answer(request)
        finally:
            self.running_now -= 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        try:
            return await self._answer_form(request, form)
        finally:
            for value in form.values():
                if isinstance(value, web.FileField):
                    value.file.close()

    async def _answer_form(self, request: web.Request, form: Form) -> web.StreamResponse:
        if self.trouble is not None and self.times != 0:
            if self.times is not None:
                self.times -= 1
            return await _trouble(self.trouble, request)
        key = request.headers.get("unstructured-api-key")
        if self.api_key is not None and key != self.api_key:
            return _refusal(401, f"API key is invalid: {key}")
        file = form.get("files")
        if not isinstance(file, web.FileField):
            return _refusal(422, [{"loc": ["files"], "msg": "field required", "type": "missing"}])
        fields = {name: str(value) for name, value in form.items() if name != "files"}
        unknown = fields.keys() - shared.PartitionParameters.model_fields.keys()
        try:
            shared.PartitionParameters.model_validate(
                {"files": {"content": b"", "fileName": file.filename}, **fields}
            )
        except ValidationError as error:
            return _refusal(422, str(error.errors()[0]["msg"]))
        if unknown:
            return _refusal(422, f"unknown fields {sorted(unknown)}")
        self.forms.append(fields)
        self.names.append(file.filename)
        try:
            elements = await asyncio.to_thread(
                _elements,
                file.file.read(),
                file.filename,
                file.content_type,
                int(fields.get("starting_page_number", "1")),
            )
        except DocumentUnreadable as error:
            return _refusal(422, str(error))
        return web.json_response(elements)


def _elements(
    content: bytes, name: str, media_type: str | None, first_page: int
) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(content)
        read = read_file(FileToRead(path=path, name=name, media_type=media_type), ParseLimits())
    elements: list[dict[str, Any]] = []
    page: int | None = None
    for block in read_blocks(read.pages):
        if block.page is not None and block.page != page:
            page = block.page
            elements.append(_element("Header", f"{name}, page {page}", page, first_page))
        elements.append(_of_block(block, first_page))
    return elements


def _of_block(block: Block, first_page: int) -> dict[str, Any]:
    rows = [block.header, *block.rows] if block.header else list(block.rows)
    text = block.text or "\n".join(" ".join(row) for row in rows)
    made = _element(_KINDS[block.kind], text, block.page, first_page)
    if block.kind is BlockKind.HEADING:
        made["metadata"]["category_depth"] = min(block.level, 6) - 1
    if block.kind is BlockKind.ITEM:
        made["metadata"]["category_depth"] = block.depth
    if rows:
        cells = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows]
        body = "".join(f"<tr>{row}</tr>" for row in cells)
        made["metadata"]["text_as_html"] = f"<table><tbody>{body}</tbody></table>"
    return made


def _element(kind: str, text: str, page: int | None, first_page: int) -> dict[str, Any]:
    metadata: dict[str, Any] = {"languages": ["eng"], "filetype": "application/octet-stream"}
    if page is not None:
        metadata["page_number"] = page + first_page - 1
    seed = f"{kind} {metadata.get('page_number')} {text}"
    digest = hashlib.sha256(seed.encode()).hexdigest()[:32]
    return {"type": kind, "element_id": digest, "text": text, "metadata": metadata}


async def _trouble(trouble: ApiTrouble, request: web.Request) -> web.StreamResponse:
    if trouble.value.isdecimal():
        key = request.headers.get("unstructured-api-key", "")
        response = _refusal(int(trouble.value), f"no, said to {key}")
        if trouble is ApiTrouble.LIMITED:
            response.headers["Retry-After"] = "0.2"
        return response
    if trouble is ApiTrouble.MALFORMED:
        return web.Response(text='[{"type": "Title", "te', content_type="application/json")
    if trouble is ApiTrouble.NO_LIST:
        return web.json_response([{"page": "not an element"}])
    if trouble is ApiTrouble.HANG:
        await asyncio.sleep(3600)
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def _refusal(status: int, detail: Any) -> web.Response:
    return web.json_response({"detail": detail}, status=status)
