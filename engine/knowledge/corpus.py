"""JSONL corpora: a document a line, `{"_id", "title", "text", "url", ...}`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.audience import parse_tags
from engine.errors import DocumentUnreadable, WrongUse
from engine.knowledge.document import RawDocument

_ID_KEYS = ("_id", "id", "path")
_TEXT_KEYS = ("text", "markdown", "content", "body")
_LONGEST_LINE = 64 * 1024 * 1024


def read_corpus(
    path: Path, default_audience: tuple[str, ...]
) -> Iterator[RawDocument | tuple[str, DocumentUnreadable]]:
    """The rows of a corpus as documents, in order; a bad row as its place and the reason.

    The id is `_id`, or `id` or `path` where there is none; the text is `text`, or `markdown`,
    `content` or `body`. `title`, `url`, `category` and `audience` (a tag or a list) are optional;
    a row's audience goes before the source's. Reads one line at a time.
    """
    seen: set[str] = set()
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), start=1):
            if not line.strip():
                continue
            place = f"{path.name}:{number}"
            try:
                document = _parse_row(line, place, default_audience)
                if document.name in seen:
                    raise DocumentUnreadable(f"{place} repeats the _id {document.name!r}")
                seen.add(document.name)
            except DocumentUnreadable as error:
                yield place, error
            else:
                yield document


def looks_like_corpus(path: Path) -> bool:
    """True when the first line that is not blank is a row with an id and a text."""
    try:
        with path.open("rb") as file:
            for line in iter(lambda: file.readline(_LONGEST_LINE), b""):
                if line.strip():
                    row = json.loads(line)
                    return isinstance(row, dict) and _first(row, _ID_KEYS) is not None
    except (OSError, ValueError):
        return False
    return False


def _parse_row(line: bytes, place: str, default_audience: tuple[str, ...]) -> RawDocument:
    try:
        row = json.loads(line)
    except ValueError:
        raise DocumentUnreadable(f"{place} is not a JSON object") from None
    if not isinstance(row, dict):
        raise DocumentUnreadable(f"{place} is not a JSON object")
    identity, text = _first(row, _ID_KEYS), _first(row, _TEXT_KEYS)
    if identity is None or not str(identity).strip():
        raise DocumentUnreadable(f"{place} has no _id")
    if not isinstance(text, str) or not text.strip():
        raise DocumentUnreadable(f"{place} ({str(identity)[:80]}) has no text")
    return RawDocument(
        name=str(identity),
        content_hash=hashlib.sha256(
            line.strip() + b"\0" + repr(default_audience).encode()
        ).hexdigest(),
        text=text,
        media_type="text/markdown",
        title=_optional(row, "title"),
        url=_optional(row, "url"),
        category=_optional(row, "category"),
        audience=_audience(row.get("audience"), place) or default_audience,
    )


def _first(row: Mapping[str, object], keys: tuple[str, ...]) -> object:
    return next((row[key] for key in keys if row.get(key) is not None), None)


def _optional(row: Mapping[str, object], key: str) -> str | None:
    value = row.get(key)
    return value.strip() or None if isinstance(value, str) else None


def _audience(value: object, place: str) -> tuple[str, ...]:
    if value is None:
        return ()
    try:
        return parse_tags(value if isinstance(value, list) else [value])
    except WrongUse as error:
        raise DocumentUnreadable(f"{place}: {error}") from None
