"""Where documents come from: folders, files, globs, buckets, repositories, sites, corpora."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from engine.errors import DocumentEmpty, SourceUnreadable
from engine.knowledge.address import without_secrets
from engine.knowledge.corpus import looks_like_corpus, read_corpus
from engine.knowledge.document import RawDocument
from engine.knowledge.names import document_name, printable
from engine.knowledge.source_uri import local_path, record_path

_REMOTE = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "__MACOSX", "venv"})
NOT_DOCUMENTS = frozenset(
    (
        ".png .jpg .jpeg .gif .webp .svg .ico .bmp .tif .tiff .heic .mp3 .wav .ogg .flac .mp4 .mov "
        ".avi .mkv .webm .zip .gz .tgz .bz2 .xz .7z .rar .tar .exe .dll .so .dylib .o .a .class "
        ".jar .pyc .css .js .mjs .ts .tsx .scss .less .map .woff .woff2 .ttf .otf .eot .db .sqlite "
        ".lock .bin .iso .dmg .apk .parquet .npy .npz .onnx .safetensors"
    ).split()
)
CORPUS_TYPES = frozenset(
    f"application/{kind}" for kind in ("jsonl", "x-jsonl", "jsonlines", "x-jsonlines", "x-ndjson")
) | {"application/ndjson"}
_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A document or folder of a source that could not be read; `reason` is one sentence.

    emptied: uri of a document that is known by it to hold no text any more; None where it is not.
    """

    name: str
    uri: str
    reason: str
    emptied: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A document of a source. uri: absolute, unique; `document.path` may have to be fetched."""

    uri: str
    document: RawDocument
    remote_path: str | None = None


@dataclass(slots=True, kw_only=True)
class Listing:
    """What a source holds.

    uri: the source, normalised, so that the same one is always written the same way.
    items: documents and what could not be read; iterate once, in a thread (it reads files).
    ignored: files that are no documents (pictures, archives, programs) and links to folders; grows
        while iterating.
    unlisted: uris below which nothing is known this time, so nothing there counts as removed.
    without_sitemap: a site of which only the page itself is known this time.
    """

    uri: str
    items: Iterator[Found | Unreadable]
    filesystem: Any = None
    ignored: int = 0
    unlisted: list[str] = field(default_factory=list)
    without_sitemap: bool = False

    def was_listed(self, uri: str) -> bool:
        """False when `uri` lies in a part of the source that could not be listed."""
        return not any(uri.startswith(prefix) for prefix in self.unlisted)

    def fetch(self, found: Found, folder: Path, max_bytes: int) -> RawDocument:
        """The document with its bytes on this machine; remote ones are fetched into `folder`.

        Raises: DocumentUnreadable when it cannot be fetched or is larger than `max_bytes`.
        """
        if found.remote_path is None:
            return found.document
        from engine.knowledge.fetching import fetch

        return fetch(self.filesystem, found, folder, max_bytes)


def normalise(source: str) -> str:
    """A source as it is recorded: an absolute path, or the address without its secrets."""
    if _REMOTE.match(source):
        scheme, _, rest = source.partition("://")
        if scheme.lower() == "file":
            path = unquote(rest, errors="surrogateescape")
            return record_path(os.path.abspath(path))  # noqa: PTH100 - must not resolve links or globs
        return without_secrets(f"{scheme.lower()}://{rest}").rstrip("/")
    return record_path(os.path.abspath(os.path.expanduser(source)))  # noqa: PTH100, PTH111


def list_source(
    source: str,
    audience: tuple[str, ...],
    max_bytes: int,
    private_hosts: tuple[str, ...] = (),
) -> Listing:
    """Opens a source; blocking, so call it in a thread.

    source: a folder, a file, a glob, a `.jsonl` corpus, or `s3://`, `gs://`, `github://`,
        `https://` (a page, a `sitemap.xml`, or a site that has one).
    audience: default tags of its documents; empty means not said.
    private_hosts: hosts of this network that sites are read from.

    Raises: SourceUnreadable with one sentence.
    """
    if not source.strip():
        raise SourceUnreadable("the source has no name; give a folder, a file or an address")
    uri = normalise(source)
    place = local_path(uri)
    if _REMOTE.match(place):
        from engine.knowledge.remote_source import list_remote

        scheme, _, rest = source.partition("://")
        address = f"{scheme.lower()}://{rest if '?' in rest else rest.rstrip('/')}"
        return list_remote(address, uri, audience, private_hosts)
    path = Path(place)
    listing = Listing(uri=uri, items=iter(()))
    try:
        if path.is_dir():
            os.scandir(path).close()
            listing.items = _walk(path, audience, max_bytes, listing)
        elif path.exists():
            listing.items = _file(path, path.name, audience, max_bytes, listing)
        elif any(c in place for c in "*?["):
            root = _glob_root(path)
            pattern = path.relative_to(root)
            matches = frozenset(p for p in root.glob(str(pattern)) if p.is_file())
            if not matches:
                raise SourceUnreadable(f"{source} matches no file")
            depth = None if "**" in pattern.parts else len(pattern.parts)
            listing.items = _walk(root, audience, max_bytes, listing, only=matches, depth=depth)
        else:
            raise SourceUnreadable(f"{source} does not exist; give a folder, a file or an address")
    except PermissionError:
        raise SourceUnreadable(
            f"{source} cannot be opened; give this user the right to read it"
        ) from None
    except OSError as error:
        raise SourceUnreadable(
            f"{source} cannot be read: {error.strerror or 'input error'}"
        ) from None
    return listing


def _glob_root(path: Path) -> Path:
    parts = []
    for part in path.parts:
        if any(c in part for c in "*?["):
            break
        parts.append(part)
    return Path(*parts)


def _walk(
    root: Path,
    audience: tuple[str, ...],
    max_bytes: int,
    listing: Listing,
    *,
    only: frozenset[Path] | None = None,
    depth: int | None = None,
) -> Iterator[Found | Unreadable]:
    """Documents below a folder. only: of these files; None means all. depth: levels gone down."""
    unreadable: list[Path] = []

    def note(error: OSError) -> None:
        unreadable.append(Path(error.filename))

    for folder, folders, files in os.walk(root, onerror=note):
        folders[:] = sorted(
            f for f in folders if not f.startswith(".") and f not in SKIPPED_FOLDERS
        )
        if depth is not None and len(Path(folder).relative_to(root).parts) >= depth - 1:
            folders.clear()
        for link in (Path(folder) / f for f in folders):  # not followed: they may go round, or out
            if link.is_symlink():
                listing.ignored += 1 if only is None else sum(link in p.parents for p in only)
        for name in sorted(files):
            path = Path(folder) / name
            if name.startswith((".", "~$")) or (only is not None and path not in only):
                continue
            if path.suffix.lower() in NOT_DOCUMENTS:
                listing.ignored += 1
                continue
            if path.is_symlink() and _leaves(path, root):
                yield _link_out(path, root)
                continue
            inner = path.relative_to(root).as_posix()
            yield from _file(path, inner, audience, max_bytes, listing)
    for path in unreadable:
        uri, name = printable(str(path)), document_name(path.relative_to(root).as_posix())
        listing.unlisted.append(f"{uri}{os.sep}")
        reason = f"the folder {name} cannot be opened; give this user the right to read it"
        yield Unreadable(name=name, uri=uri, reason=reason)


def _leaves(link: Path, root: Path) -> bool:
    """Whether a link leads out of the folder: who may write there may not read all that we may."""
    try:
        return not link.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # nowhere, or round in circles: reading it says so
        return False


def _link_out(path: Path, root: Path) -> Unreadable:
    uri, name = printable(str(path)), document_name(path.relative_to(root).as_posix())
    reason = f"{name} is a link out of the folder; ingest what it leads to by its own path"
    return Unreadable(name=name, uri=uri, reason=reason)


def _file(
    path: Path, name: str, audience: tuple[str, ...], max_bytes: int, listing: Listing
) -> Iterator[Found | Unreadable]:
    uri, name = printable(str(path)), document_name(name) or "unnamed"
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            yield Unreadable(name=name, uri=uri, reason=f"{name} is not a regular file")
            return
        if path.suffix.lower() in (".jsonl", ".ndjson") and looks_like_corpus(path):
            yield from corpus_rows(path, uri, audience)
            return
        digest = "too large" if info.st_size > max_bytes else _hash_file(path)
    except OSError as error:
        listing.unlisted.append(f"{uri}#")
        reason = f"{name} cannot be read: {error.strerror or 'input error'}"
        if isinstance(error, PermissionError):
            reason = f"{name} cannot be opened; give this user the right to read it"
        yield Unreadable(name=name, uri=uri, reason=reason)
        return
    yield Found(
        uri=uri,
        document=RawDocument(
            name=name,
            content_hash=content_hash(digest, path.name, audience),
            path=path,
            audience=audience,
            modified_at=_moment(info.st_mtime),
        ),
    )


def _moment(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):  # a file system may hold any number
        return None


def corpus_rows(path: Path, uri: str, audience: tuple[str, ...]) -> Iterator[Found | Unreadable]:
    """The rows of the corpus in `path`, which the world knows as `uri`."""
    for row in read_corpus(path, audience):
        if isinstance(row, RawDocument):
            yield Found(uri=f"{uri}#{row.name}", document=row)
        else:
            place, error = row
            emptied = f"{uri}#{error.name}" if isinstance(error, DocumentEmpty) else None
            yield Unreadable(name=place, uri=f"{uri}#{place}", reason=str(error), emptied=emptied)


def _hash_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def content_hash(content: str, file_name: str, audience: tuple[str, ...]) -> str:
    """Changes with whatever a document is read anew for. content: the digest of its bytes."""
    return hashlib.sha256(repr((content, file_name, audience)).encode(errors="replace")).hexdigest()
