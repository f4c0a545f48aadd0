"""Which addresses in a cited span are links in an answer: those of whoever its document is from.

Whoever may write a document may write any address into it. A link is the company's word for where
it leads, so an address is one only where it leads to the document's own host, or to one that the
company names as its own; any other stands as words, to be read and not pressed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from engine.containment import citable_url, urls_in
from engine.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedLinks:
    """hosts: the company's own, in lower case; what lies below them is too."""

    hosts: tuple[str, ...] = ()

    def of(self, span: str, url: str | None, trust: Trust) -> tuple[set[str], set[str]]:
        """Addresses that may be links, and those written in the span that may only be words.

        span: a cited text. url: of its document; None where it has none. trust: of its source;
        where anybody may write, no written address is a link.
        """
        own = citable_url(url)
        home = _host(own) if own else None
        written = urls_in(span)
        if trust == Trust.OPEN:
            return ({own} if own else set()), written - {own}
        links = {u for u in written if (host := _host(u)) and self._leads_home(host, home)}
        return links | ({own} if own else set()), written - links

    def of_all(self, spans: Collection[tuple[str, str | None, Trust]]) -> tuple[set[str], set[str]]:
        """The same of several spans with their documents' addresses and tiers."""
        links: set[str] = set()
        words: set[str] = set()
        for span, url, trust in spans:
            here, there = self.of(span, url, trust)
            links |= here
            words |= there
        return links, words - links

    def _leads_home(self, host: str, home: str | None) -> bool:
        return host == home or any(host == own or host.endswith(f".{own}") for own in self.hosts)


def _host(url: str) -> str | None:
    """Whom a web address leads to, with a port that is not the usual one; None where what stands
    in it may lead a reader, or a client, to believe something else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").rstrip(".").lower()
    plain = host.isascii() and "xn--" not in host and "%" not in host
    if parts.scheme.lower() not in ("http", "https") or not host or not plain:
        return None
    if "@" in parts.netloc or "\\" in url:
        return None
    usual = {"http": 80, "https": 443}[parts.scheme.lower()]
    return host if port in (None, usual) else f"{host}:{port}"
