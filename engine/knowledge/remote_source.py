"""Sources on other machines, through fsspec: `s3://`, `gs://`, `github://`, `https://`, ..."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element, fromstring

from engine.errors import SourceUnreadable
from engine.knowledge.document import RawDocument
from engine.knowledge.source import (
    NOT_DOCUMENTS,
    SKIPPED_FOLDERS,
    Found,
    Listing,
    Unreadable,
    corpus_rows,
)

_CHECKSUMS = ("ETag", "etag", "md5Hash", "sha", "crc32c")
"""Where fsspec's file systems keep a checksum of the content; with one, an unchanged file is
not even fetched."""

_MOST_SITEMAPS = 200
_MOST_PAGES = 50_000
_LARGEST_SITEMAP = 50 * 1024 * 1024


def list_remote(uri: str, audience: tuple[str, ...]) -> Listing:
    """Opens a remote source; blocking.

    Raises: SourceUnreadable when the scheme is not known, or the place cannot be listed.
    """
    import fsspec

    is_site = uri.startswith(("http://", "https://"))
    if is_site and "@" in urlsplit(uri).netloc:
        raise SourceUnreadable(
            f"{_without_secrets(uri)} was given with a password, which would stand in every "
            "citation; leave it out of the address"
        )
    try:
        filesystem, path = fsspec.core.url_to_fs(uri)
    except (ValueError, ImportError) as error:
        kind = uri.split("://", 1)[0]
        detail = "its driver is not installed" if isinstance(error, ImportError) else "not known"
        raise SourceUnreadable(
            f"{kind}:// cannot be read ({detail}); use a path, s3://, gs://, github:// or https://"
        ) from None
    except Exception as error:
        raise _unreadable(uri, error) from None
    listing = Listing(uri=uri, items=iter(()), filesystem=filesystem)
    try:
        filesystem.invalidate_cache()
        if is_site:
            pages = _pages(filesystem, uri)
            listing.items = (_page(page, uri, audience) for page in pages)
        else:
            found = _find(filesystem, path)
            if not found:
                raise SourceUnreadable(f"{uri} holds no file; check the address")
            listing.items = _files(filesystem, path, found, uri, audience, listing)
    except SourceUnreadable:
        raise
    except Exception as error:
        raise _unreadable(uri, error) from None
    return listing


def _unreadable(uri: str, error: Exception) -> SourceUnreadable:
    return SourceUnreadable(
        f"{_without_secrets(uri)} cannot be listed ({type(error).__name__}); check the address, "
        "the network and the credentials"
    )


def _without_secrets(uri: str) -> str:
    scheme, _, rest = uri.partition("://")
    if scheme == "github":  # org:repository@branch
        return uri
    netloc, slash, path = rest.partition("/")
    return f"{scheme}://{netloc.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def _find(filesystem: Any, path: str) -> dict[str, dict[str, Any]]:
    if any(c in path for c in "*?["):
        matched = filesystem.glob(path, detail=True)
        return {name: info for name, info in matched.items() if info.get("type") != "directory"}
    if filesystem.isfile(path):
        return {path: filesystem.info(path)}
    found: dict[str, dict[str, Any]] = filesystem.find(path, detail=True)
    return found


def _files(
    filesystem: Any,
    root: str,
    found: dict[str, dict[str, Any]],
    uri: str,
    audience: tuple[str, ...],
    listing: Listing,
) -> Iterator[Found | Unreadable]:
    base = root.rstrip("/")
    for path in sorted(found):
        info = found[path]
        inner = path[len(base) :].lstrip("/") if path.startswith(base) else path
        name = inner or PurePosixPath(path).name
        parts = PurePosixPath(name).parts
        if any(part.startswith(".") or part in SKIPPED_FOLDERS for part in parts):
            continue
        if PurePosixPath(name).suffix.lower() in NOT_DOCUMENTS and len(found) > 1:
            listing.ignored += 1
            continue
        if PurePosixPath(name).suffix.lower() in (".jsonl", ".ndjson"):
            yield from _corpus(filesystem, path, name, audience, listing)
            continue
        checksum = next((str(info[key]) for key in _CHECKSUMS if info.get(key)), "")
        stamp = ""
        if checksum:
            stamp = hashlib.sha256(repr((checksum, name, audience)).encode()).hexdigest()
        modified = info.get("LastModified") or info.get("updated") or info.get("mtime")
        yield Found(
            uri=filesystem.unstrip_protocol(path),
            remote_path=path,
            document=RawDocument(
                name=name,
                content_hash=stamp,
                audience=audience,
                modified_at=modified if isinstance(modified, datetime) else None,
            ),
        )


def _corpus(
    filesystem: Any, path: str, name: str, audience: tuple[str, ...], listing: Listing
) -> Iterator[Found | Unreadable]:
    """A remote corpus, copied here while its rows are read."""
    uri = filesystem.unstrip_protocol(path)
    with TemporaryDirectory(prefix="deskhand-") as folder:
        copy = Path(folder) / PurePosixPath(name).name
        try:
            filesystem.get_file(path, str(copy))
        except Exception as error:  # each file system raises its own kinds
            listing.unlisted.append(f"{uri}#")
            reason = f"{name} could not be fetched ({type(error).__name__}); run the command again"
            yield Unreadable(name=name, uri=uri, reason=reason)
            return
        yield from corpus_rows(copy, uri, audience)


def _page(page: str, root: str, audience: tuple[str, ...]) -> Found:
    parts = urlsplit(page)
    name = f"{parts.netloc}{parts.path}".rstrip("/") + (f"?{parts.query}" if parts.query else "")
    last = PurePosixPath(parts.path).suffix.lower()
    return Found(
        uri=page,
        remote_path=page,
        document=RawDocument(
            name=name,
            content_hash="",
            url=page,
            media_type=None if last and last not in (".htm", ".html", ".php") else "text/html",
            audience=audience,
        ),
    )


def _pages(filesystem: Any, uri: str) -> list[str]:
    """The pages of a site: those of its sitemap below `uri`, or `uri` alone."""
    if urlsplit(uri).path.lower().endswith(".xml"):
        return _sitemap(filesystem, uri, below=None)
    path = urlsplit(uri).path
    if path in ("", "/") or "." not in path.rsplit("/", 1)[-1]:
        try:
            pages = _sitemap(filesystem, urljoin(uri + "/", "/sitemap.xml"), below=uri)
        except Exception as error:
            if not _means_absent(error):
                raise
            pages = []
        if pages:
            return pages
    filesystem.info(uri)
    return [uri]


def _means_absent(error: Exception) -> bool:
    """True for a site without a sitemap; an outage is none, since pages not listed are removed."""
    if isinstance(error, FileNotFoundError):
        return True
    status = getattr(error, "status", 0)
    return isinstance(status, int) and 400 <= status < 500 and status not in (408, 429)


def _sitemap(filesystem: Any, address: str, below: str | None) -> list[str]:
    """Page addresses of a sitemap and of the sitemaps it names, of the same host only."""
    waiting, pages, read = [address], dict[str, None](), 0
    host = urlsplit(address).netloc
    while waiting and read < _MOST_SITEMAPS and len(pages) < _MOST_PAGES:
        read += 1
        try:
            root = _sitemap_root(filesystem, waiting.pop(0))
        except FileNotFoundError:
            if read == 1:
                raise
            continue
        for element in root.iter():
            tag = str(element.tag).rsplit("}", 1)[-1]
            if tag not in ("url", "sitemap"):
                continue
            location = next(
                (c.text.strip() for c in element if str(c.tag).endswith("loc") and c.text), ""
            )
            there = urlsplit(location)
            if there.netloc != host or there.scheme not in ("http", "https"):
                continue
            if tag == "sitemap":
                waiting.append(location)
            elif below is None or f"{location.rstrip('/')}/".startswith(f"{below.rstrip('/')}/"):
                pages[location] = None
    return list(pages)[:_MOST_PAGES]


def _sitemap_root(filesystem: Any, address: str) -> Element:
    """Raises: FileNotFoundError where there is none, be it that a page comes in its place."""
    body: bytes = filesystem.cat_file(address, end=_LARGEST_SITEMAP)
    if b"urlset" not in body and b"sitemapindex" not in body:
        raise FileNotFoundError(address)
    if b"<!ENTITY" in body or b"<!DOCTYPE" in body:
        raise SourceUnreadable(f"{_without_secrets(address)} declares entities; not read")
    return fromstring(body)  # noqa: S314 - declares no entities
