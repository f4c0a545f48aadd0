"""Sources on other machines, through fsspec: `s3://`, `gs://`, `github://`, `https://`, ..."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from engine.containment import citable_url
from engine.errors import SourceUnreadable
from engine.knowledge.address import without_secrets
from engine.knowledge.document import RawDocument
from engine.knowledge.names import document_name
from engine.knowledge.site import Site, read_site
from engine.knowledge.source import (
    CORPUS_TYPES,
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

_CORPUS_ENDINGS = (".jsonl", ".ndjson")
_GLOB = re.compile(r"[*?\[]")
_REFERENCE = re.compile(r"(?:^|::)reference:", re.IGNORECASE)


def list_remote(
    address: str, uri: str, audience: tuple[str, ...], private_hosts: tuple[str, ...] = ()
) -> Listing:
    """Opens a remote source; blocking.

    address: as given, with what it needs to be opened. uri: the same as it is recorded and cited.

    Raises: SourceUnreadable when the scheme is not known, or the place cannot be listed.
    """
    import fsspec

    is_site = address.startswith(("http://", "https://"))
    if is_site and "@" in urlsplit(address).netloc:
        raise SourceUnreadable(
            f"{uri} was given with a password, which would stand in every "
            "citation; leave it out of the address"
        )
    if _REFERENCE.search(address):
        raise SourceUnreadable(
            f"{uri} lists files of other places, which may be anybody's; ingest those by their own "
            "addresses"
        )
    try:
        filesystem, path = fsspec.core.url_to_fs(address, **_clients(address, private_hosts))
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
            site = read_site(filesystem, address)
            _note_unknown(site, listing)
            is_corpus = (
                site.pages == [address] and filesystem.info(address).get("mimetype") in CORPUS_TYPES
            )
            listing.items = _pages(filesystem, site, audience, listing, is_corpus)
        else:
            found = _find(filesystem, path)
            if not found:
                raise SourceUnreadable(f"{uri} holds no file; check the address")
            listing.items = _files(filesystem, path, found, audience, listing)
    except SourceUnreadable:
        raise
    except Exception as error:
        raise _unreadable(uri, error) from None
    return listing


def _clients(address: str, private_hosts: tuple[str, ...]) -> dict[str, Any]:
    """What makes fsspec fetch over http with our client, also below what unpacks it."""
    from engine.knowledge.site_client import client_for

    options: dict[str, Any] = {}
    for part in address.split("::"):
        scheme = part.partition("://")[0].lower()
        if scheme in ("http", "https"):
            options[scheme] = {"get_client": client_for(part, private_hosts)}
    return options


def _unreadable(uri: str, error: Exception) -> SourceUnreadable:
    from engine.knowledge.site_client import refusal

    if refused := refusal(error):
        return SourceUnreadable(f"{uri} {refused}")
    return SourceUnreadable(
        f"{uri} cannot be listed ({type(error).__name__}); check the address, the network and the "
        "credentials, and give an address that holds a password or a signature again in full, "
        "since those are not kept"
    )


def _note_unknown(site: Site, listing: Listing) -> None:
    """What a site did not say this time is not gone."""
    if not site.has_sitemap:
        listing.without_sitemap = True
        listing.unlisted.append(f"{listing.uri}/")
    elif site.unread:
        host = urlsplit(listing.uri).netloc
        listing.unlisted += [f"http://{host}", f"https://{host}"]


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
    audience: tuple[str, ...],
    listing: Listing,
) -> Iterator[Found | Unreadable]:
    base, uri_base = root.rstrip("/"), listing.uri
    if _GLOB.search(base) and base not in found:
        base, uri_base = _fixed_part(base), _fixed_part(uri_base)
    for path in sorted(found):
        info = found[path]
        inner = path[len(base) :].lstrip("/") if path.startswith(base) else path
        name = inner or PurePosixPath(path).name
        # Of the source, not of the file system, whose paths leave out hosts and repositories.
        uri = f"{uri_base}/{inner}" if inner else uri_base
        parts = PurePosixPath(name).parts
        if any(part.startswith(".") or part in SKIPPED_FOLDERS for part in parts):
            continue
        ending = PurePosixPath(name).suffix.lower()
        if ending in NOT_DOCUMENTS and len(found) > 1:
            listing.ignored += 1
            continue
        name = document_name(name) or "unnamed"
        if ending in _CORPUS_ENDINGS:
            yield from _corpus(filesystem, path, name, uri, audience, listing)
            continue
        checksum = next((str(info[key]) for key in _CHECKSUMS if info.get(key)), "")
        stamp = ""
        if checksum:
            stamp = hashlib.sha256(repr((checksum, name, audience)).encode()).hexdigest()
        modified = info.get("LastModified") or info.get("updated") or info.get("mtime")
        yield Found(
            uri=uri,
            remote_path=path,
            document=RawDocument(
                name=name,
                content_hash=stamp,
                audience=audience,
                modified_at=modified if isinstance(modified, datetime) else None,
            ),
        )


def _fixed_part(path: str) -> str:
    """The folder above the first part with a wildcard."""
    return _GLOB.split(path, maxsplit=1)[0].rpartition("/")[0]


def _corpus(
    filesystem: Any,
    path: str,
    name: str,
    uri: str,
    audience: tuple[str, ...],
    listing: Listing,
) -> Iterator[Found | Unreadable]:
    """A remote corpus, copied here while its rows are read."""
    with TemporaryDirectory(prefix="deskhand-") as folder:
        copy = Path(folder) / (PurePosixPath(name).name[-80:] or "corpus")
        try:
            filesystem.get_file(path, str(copy))
        except Exception as error:  # each file system raises its own kinds
            listing.unlisted.append(f"{uri}#")
            reason = f"{name} could not be fetched ({type(error).__name__}); run the command again"
            yield Unreadable(name=name, uri=uri, reason=reason)
            return
        yield from corpus_rows(copy, uri, audience)


def _pages(
    filesystem: Any, site: Site, audience: tuple[str, ...], listing: Listing, is_corpus: bool
) -> Iterator[Found | Unreadable]:
    """The documents of a site. is_corpus: its one page says that it is one."""
    for page in site.pages:
        uri = without_secrets(page)
        name, ending = _page_name(uri), PurePosixPath(urlsplit(page).path).suffix.lower()
        if is_corpus or ending in _CORPUS_ENDINGS:
            yield from _corpus(filesystem, page, name, uri, audience, listing)
            continue
        yield Found(
            uri=uri,
            remote_path=page,
            document=RawDocument(
                name=name,
                content_hash="",
                url=citable_url(uri),
                media_type="text/html" if ending in ("", ".htm", ".html", ".php") else None,
                audience=audience,
            ),
        )
    for sitemap, reason in site.unread.items():
        uri = without_secrets(sitemap)
        yield Unreadable(name=_page_name(uri), uri=uri, reason=reason)


def _page_name(uri: str) -> str:
    parts = urlsplit(uri)
    query = f"?{parts.query}" if parts.query else ""
    return document_name(f"{parts.netloc}{parts.path}".rstrip("/") + query)
