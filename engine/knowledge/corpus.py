"""JSONL corpora: a document a line, `{"_id", "title", "text", "url", ...}`."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from engine.audience import parse_tags
from engine.containment import citable_url
from engine.errors import DocumentEmpty, DocumentUnreadable, WrongUse
from engine.knowledge.document import RawDocument
from engine.knowledge.names import document_name

_ID_KEYS = ("_id", "id", "path")
_TEXT_KEYS = ("text", "markdown", "content", "body")
_ROW_KEYS = (*_ID_KEYS, *_TEXT_KEYS, "audience")
_LONGEST_LINE = 64 * 1024 * 1024
_LINES_TRIED = 20
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_corpus(
    path: Path, default_audience: tuple[str, ...]
) -> Iterator[RawDocument | tuple[str, DocumentUnreadable]]:
    """The rows of a corpus as documents, in order; a bad row as its place and the reason.

    The id is `_id`, or `id` or `path` where there is none; the text is `text`, or `markdown`,
    `content` or `body`. `title`, `url`, `category` and `audience` (a tag or a list) are optional;
    a row's audience goes before the source's. A url that is no plain web address is left out.
    Reads one line at a time.
    """
    seen: set[str] = set()
    file_name = document_name(path.name)
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), start=1):
            if not line.strip():
                continue
            place = f"{file_name}:{number}"
            try:
                if len(line) >= _LONGEST_LINE:
                    raise DocumentUnreadable(f"{place} is longer than {_LONGEST_LINE:,} bytes")
                document = _parse_row(line, place, default_audience)
                if document.name in seen:
                    raise DocumentUnreadable(f"{place} repeats the _id {document.name!r}")
                seen.add(document.name)
            except DocumentUnreadable as error:
                yield place, error
            else:
                yield document


def looks_like_corpus(path: Path) -> bool:
    """True when one of the first lines is a row with an id, a text or an audience; a bad line does
    not decide it.

    A row without an id cannot be read, but what it says of its readers must not be lost with the
    file taken as one document; nor in UTF-16, of which no row can be read.

    Raises: OSError.
    """
    tried = 0
    with path.open("rb") as file:
        if file.read(2) in _UTF16_MARKS:
            return True
        file.seek(0)
        for line in _lines(file):
            if not line.strip():
                continue
            with contextlib.suppress(ValueError, RecursionError):
                row = json.loads(line)
                if isinstance(row, dict) and _first(row, _ROW_KEYS) is not None:
                    return True
            tried += 1
            if tried == _LINES_TRIED:
                break
    return False


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Each line, cut at the longest one allowed."""
    while line := file.readline(_LONGEST_LINE):
        yield line
        while len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
            line = file.readline(_LONGEST_LINE)


def _parse_row(line: bytes, place: str, default_audience: tuple[str, ...]) -> RawDocument:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise DocumentUnreadable(f"{place} is not a JSON object") from None
    if not isinstance(row, dict):
        raise DocumentUnreadable(f"{place} is not a JSON object")
    identity, text = _first(row, _ID_KEYS), _first(row, _TEXT_KEYS)
    if not isinstance(identity, str | int | float) or not str(identity).strip():
        raise DocumentUnreadable(f"{place} has no _id")
    name = document_name(_storable(str(identity)))
    if not name.strip():
        raise DocumentUnreadable(f"{place} has no _id")
    if not isinstance(text, str) or not text.strip():
        raise DocumentEmpty(f"{place} ({name[:80]}) has no text", name=name)
    return RawDocument(
        name=name,
        content_hash=hashlib.sha256(
            line.strip() + b"\0" + repr(default_audience).encode()
        ).hexdigest(),
        text=_storable(text),
        media_type="text/markdown",
        title=_optional(row, "title"),
        url=citable_url(_optional(row, "url")),
        category=_optional(row, "category"),
        audience=_audience(row.get("audience"), place) or default_audience,
    )


def _first(row: Mapping[str, object], keys: tuple[str, ...]) -> object:
    return next((row[key] for key in keys if row.get(key) is not None), None)


def _optional(row: Mapping[str, object], key: str) -> str | None:
    value = row.get(key)
    return _storable(value).strip() or None if isinstance(value, str) else None


def _storable(text: str) -> str:
    """Without what JSON can say and no database keeps: NUL and halves of a character."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _audience(value: object, place: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if value == []:
        raise DocumentUnreadable(f"{place} has an empty audience; name who may read it, or no one")
    try:
        return parse_tags(value if isinstance(value, list) else [value])
    except WrongUse as error:
        raise DocumentUnreadable(f"{place}: {error}") from None
