"""The pages of a website: those of its sitemap, or the page alone."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element, ParseError, fromstring

from engine.errors import SourceUnreadable
from engine.knowledge.address import without_secrets

_MOST_SITEMAPS = 200
_MOST_PAGES = 50_000
_LARGEST_SITEMAP = 50 * 1024 * 1024
_GZIP = b"\x1f\x8b"


@dataclass(slots=True, kw_only=True)
class Site:
    """What is known of a site.

    pages: addresses, in the order of the sitemap. unread: sitemaps that were left out, by address,
    each with one sentence. has_sitemap: False where a page was found and nothing else looked for
    or met, so that its other pages are unknown.
    """

    pages: list[str]
    unread: dict[str, str] = field(default_factory=dict)
    has_sitemap: bool = True


def read_site(filesystem: Any, address: str) -> Site:
    """The site at an address: a sitemap's pages, those of the host's sitemap below the address, or
    the page.

    Raises: SourceUnreadable, and what the file system raises, when it cannot be told.
    """
    parts = urlsplit(address)
    path = parts.path
    if path.lower().endswith((".xml", ".xml.gz")):
        return _read_sitemaps(filesystem, address, below=None)
    may_have_more = not parts.query and (path in ("", "/") or "." not in path.rsplit("/", 1)[-1])
    if may_have_more:
        try:
            site = _read_sitemaps(filesystem, urljoin(address + "/", "/sitemap.xml"), below=address)
        except Exception as error:
            if not _means_absent(error):
                raise
        else:
            if site.pages:
                return site
    return Site(pages=[address], has_sitemap=not may_have_more)


def _means_absent(error: Exception) -> bool:
    """True for a site without a sitemap; an outage is none, since pages not listed are removed."""
    if isinstance(error, FileNotFoundError):
        return True
    status = getattr(error, "status", 0)
    return isinstance(status, int) and 400 <= status < 500 and status not in (408, 429)


def _read_sitemaps(filesystem: Any, address: str, below: str | None) -> Site:
    """Page addresses of a sitemap and of the sitemaps it names, of the same host only."""
    host = urlsplit(address).netloc
    waiting, met, pages = [address], {address}, dict[str, None]()
    site = Site(pages=[])
    for read in range(_MOST_SITEMAPS):
        if not waiting or len(pages) > _MOST_PAGES:
            break
        sitemap = waiting.pop(0)
        try:
            root = _sitemap_root(filesystem, sitemap)
        except Exception as error:
            if read == 0:
                raise
            site.unread[sitemap] = _why_unread(sitemap, error)
            continue
        for tag, location in _locations(root):
            there = urlsplit(location)
            if there.scheme not in ("http", "https"):
                continue
            if tag == "sitemap" and location not in met:
                met.add(location)
                if there.netloc == host:
                    waiting.append(location)
                else:
                    site.unread[location] = (
                        f"the sitemap {without_secrets(location)} lies on another host than the "
                        "site and is not read; ingest it by its own address"
                    )
            elif tag == "url" and there.netloc == host and _is_below(location, below):
                pages[location] = None
    if len(pages) > _MOST_PAGES:
        site.unread[address] = (
            f"{without_secrets(address)} names more than {_MOST_PAGES:,} pages; ingest parts of "
            "the site by their own addresses"
        )
    elif waiting:
        site.unread[waiting[0]] = (
            f"{without_secrets(address)} names more than {_MOST_SITEMAPS:,} sitemaps; ingest "
            "the others by their own addresses"
        )
    site.pages = list(pages)[:_MOST_PAGES]
    return site


def _locations(root: Element) -> list[tuple[str, str]]:
    """(`url` or `sitemap`, address) for each entry."""
    found = []
    for element in root.iter():
        tag = str(element.tag).rsplit("}", 1)[-1]
        if tag in ("url", "sitemap"):
            texts = (c.text.strip() for c in element if str(c.tag).endswith("loc") and c.text)
            found.append((tag, next(texts, "")))
    return found


def _is_below(location: str, below: str | None) -> bool:
    return below is None or f"{location.rstrip('/')}/".startswith(f"{below.rstrip('/')}/")


def _sitemap_root(filesystem: Any, address: str) -> Element:
    """Raises: FileNotFoundError where there is none, be it that a page comes in its place."""
    body = _unpacked(filesystem.cat_file(address, end=_LARGEST_SITEMAP), address)
    if b"urlset" not in body and b"sitemapindex" not in body:
        raise FileNotFoundError(address)
    if b"<!ENTITY" in body or b"<!DOCTYPE" in body:
        raise SourceUnreadable(f"{without_secrets(address)} declares entities; not read")
    return fromstring(body)  # noqa: S314 - declares no entities


def _unpacked(body: bytes, address: str) -> bytes:
    """A sitemap as it was before gzip, never more than the largest one that is read."""
    if not body.startswith(_GZIP):
        return body
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = unpacking.decompress(body, _LARGEST_SITEMAP)
    except zlib.error:
        raise SourceUnreadable(f"{without_secrets(address)} is damaged gzip; not read") from None
    if not unpacking.eof or unpacking.unused_data:
        raise SourceUnreadable(
            f"{without_secrets(address)} is cut off, or larger than {_LARGEST_SITEMAP:,} bytes; "
            "not read"
        )
    return plain


def _why_unread(sitemap: str, error: Exception) -> str:
    from engine.knowledge.site_client import refusal

    if isinstance(error, SourceUnreadable):
        return str(error)
    if refused := refusal(error):
        return f"the sitemap {without_secrets(sitemap)} {refused}"
    why = "it is no sitemap" if isinstance(error, FileNotFoundError | ParseError) else "it failed"
    return (
        f"the sitemap {without_secrets(sitemap)} cannot be read ({why}); the pages known so far "
        "are kept, so run the command again later"
    )
