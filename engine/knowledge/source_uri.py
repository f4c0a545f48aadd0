"""Sources' uris: how a path is recorded, and which source a document lies in."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from urllib.parse import quote, unquote

from engine.knowledge.names import printable

_FILE = "file://"
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*)://(.*)", re.IGNORECASE | re.DOTALL)
_SAME_SCHEME = {"http": "https", "gcs": "gs", "s3a": "s3", "s3n": "s3"}
_WILDCARDS = frozenset("*?[")


def record_path(path: str) -> str:
    """A path as it is stored: itself, or a `file://` address where it is not UTF-8."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return _FILE + quote(os.fsencode(path))
    return path


def local_path(uri: str) -> str:
    """The path that was recorded, byte for byte; any other uri as it is."""
    if uri.startswith(_FILE):
        return unquote(uri.removeprefix(_FILE), errors="surrogateescape")
    return uri


def lies_in(uri: str, source: str) -> bool:
    """True for a document's uri, or a source's, that is this source or lies below it.

    A row lies in its corpus, a file in a glob that matches it, a page below an address. Where a
    folder leaves files out (hidden ones) they lie in it all the same.
    """
    inner, outer = _comparable(uri), _comparable(source)
    if inner == outer or inner.startswith((f"{outer.rstrip('/')}/", f"{outer}#")):
        return True
    if outer.startswith("https://"):
        return inner.startswith(f"{outer}?")
    if not _WILDCARDS.isdisjoint(outer):
        pattern, parts = outer.split("/"), inner.split("#")
        files = ("#".join(parts[:count]) for count in range(1, len(parts) + 1))
        return any(_matches(file.split("/"), pattern) for file in files)
    return False


def narrowness(source: str, *, uri: str) -> tuple[int, int, int]:
    """Orders the sources that hold a document: the greater, the fewer others they hold.

    The document itself comes last, before it what lies deepest; of two alike, the one that picks
    from its folder (a glob, a sitemap) goes before the folder.
    """
    outer = _comparable(source)
    if outer == _comparable(uri):
        return (1, 0, 0)
    parts = outer.split("/")
    if not lies_in(uri, source):
        return (0, 2 * (len(parts) - 1) + 1, len(outer))
    wild = [i for i, part in enumerate(parts) if not _WILDCARDS.isdisjoint(part)]
    if wild and not outer.startswith("https://"):
        return (0, 2 * wild[0] + 1, len(outer))
    return (0, 2 * len(parts), len(outer))


def _comparable(uri: str) -> str:
    address = _ADDRESS.fullmatch(uri)
    if address is None or uri.startswith(_FILE):
        return printable(local_path(uri))
    scheme, rest = address[1].lower(), address[2].strip("/")
    scheme = _SAME_SCHEME.get(scheme, scheme)
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.lower() if scheme == 'https' else host}{slash}{path}"


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Like a path's `glob`: `*` stays within a folder, `**` spans any number of them."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(parts[start:], pattern[1:]) for start in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])
