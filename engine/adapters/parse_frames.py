"""The messages between the program and a parsing process: a length, then JSON."""

from __future__ import annotations

import json
import struct
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.adapters.document_reading import FileToRead
from engine.knowledge.document import Hidden, Hiding, Page, ParsedDocument
from engine.knowledge.parser import ParseLimits

LENGTH = struct.Struct(">I")


def pack(message: dict[str, Any]) -> bytes:
    """A message with its length before it; in ASCII, so that a file name that is no UTF-8, which
    Python holds with half characters in it, comes through."""
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    return LENGTH.pack(len(body)) + body


def unpack(body: bytes) -> dict[str, Any]:
    """The message in `body`, which is without its length.

    Raises: ValueError if it is none.
    """
    message = json.loads(body)
    if not isinstance(message, dict):
        raise ValueError("not a message")
    return message


def render_request(file: FileToRead, limits: ParseLimits) -> dict[str, Any]:
    """A request to read one file."""
    return {
        "path": str(file.path),
        "name": file.name,
        "media_type": file.media_type,
        "title": file.title,
        "limits": asdict(limits),
    }


def parse_request(message: dict[str, Any]) -> tuple[FileToRead, ParseLimits]:
    """The request in a message."""
    file = FileToRead(
        path=Path(message["path"]),
        name=message["name"],
        media_type=message["media_type"],
        title=message["title"],
    )
    return file, ParseLimits(**message["limits"])


def render_document(document: ParsedDocument) -> dict[str, Any]:
    """A reply that holds a document."""
    return {
        "title": document.title,
        "pages": [[page.number, page.markdown] for page in document.pages],
        "front_matter": dict(document.front_matter),
        "hidden": [[each.hiding.value, each.parts, each.orders] for each in document.hidden],
    }


def parse_document(message: dict[str, Any]) -> ParsedDocument:
    """The document in a reply."""
    return ParsedDocument(
        title=message["title"],
        pages=tuple(Page(markdown=text, number=number) for number, text in message["pages"]),
        front_matter=message["front_matter"],
        hidden=tuple(
            Hidden(hiding=Hiding(hiding), parts=parts, orders=orders)
            for hiding, parts, orders in message["hidden"]
        ),
    )
