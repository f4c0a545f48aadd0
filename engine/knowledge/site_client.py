"""The HTTP client that sites are read with: it reaches the internet and the host that was named.

A page may redirect to any address, and a name may lead to another one by the time it is used. So
what counts is the address that a connection is made to, looked at when it is made; nothing of the
network that this program runs in is fetched because a page, a sitemap or a name server says so.
Source of the threat: OWASP, Server-Side Request Forgery Prevention Cheat Sheet.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

PRIVATE_HOSTS = "DESKHAND_PRIVATE_HOSTS"
_NAT64 = IPv6Network("64:ff9b::/96")
_METADATA = tuple(
    ip_network(network)
    for network in (
        "169.254.0.0/16",  # AWS, GCP, Azure, and link-local in general
        "fe80::/10",
        "fd00:ec2::254/128",  # AWS
        "100.100.100.200/32",  # Alibaba
        "168.63.129.16/32",  # Azure, a public address
        "192.0.0.192/32",  # Oracle
    )
)
"""Where clouds hand out the credentials of a machine; no document lies there."""


class AddressRefused(OSError):
    """A connection to where no source lies; its text is the rest of a sentence."""


@dataclass(frozen=True, kw_only=True)
class SiteClient:
    """Makes the sessions of fsspec's HTTP file system (its argument `get_client`).

    host: of the source's address, as it was given. private_hosts: names, with what lies below
    them, that may lie in the network of this machine.

    Whoever gives an address that can only mean this network (a number, `localhost`, a name of one
    label) means it; a name with dots is whoever's it was registered by, who may point it anywhere.
    """

    host: str
    private_hosts: tuple[str, ...] = ()

    async def __call__(self, **options: Any) -> aiohttp.ClientSession:
        """A session; with an argument of fsspec's for each of aiohttp's."""
        door = _Door(site=self)
        connector = aiohttp.TCPConnector(resolver=door, socket_factory=door.open)
        return aiohttp.ClientSession(connector=connector, **options)

    def may_be_private(self, host: str) -> bool:
        """Whether this name may lead into the network of this machine."""
        host = host.lower().rstrip(".")
        if host == self.host and "." not in host.removesuffix(".localhost"):
            return True
        return any(host == known or host.endswith(f".{known}") for known in self.private_hosts)


def client_for(address: str, private_hosts: tuple[str, ...] = ()) -> SiteClient:
    """The client for a source at this http address."""
    host = (urlsplit(address).hostname or "").rstrip(".")
    known = tuple(sorted(name.lower().strip(".") for name in private_hosts))
    return SiteClient(host=host, private_hosts=known)


def refusal(error: BaseException) -> str | None:
    """What an error of a client's says of an address that it refused; None where it did not."""
    for cause in _causes(error):
        if isinstance(cause, AddressRefused):
            return str(cause)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = (cause.__cause__, cause.__context__, getattr(cause, "os_error", None))
        waiting += [one for one in inner if isinstance(one, BaseException)]


@dataclass(kw_only=True)
class _Door(AbstractResolver):
    """Looks names up and opens sockets; keeps which private addresses were allowed, by name."""

    site: SiteClient
    allowed: set[str] = field(default_factory=set)
    names: ThreadedResolver = field(default_factory=ThreadedResolver)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises: AddressRefused, where one of its addresses may not be reached."""
        found = await self.names.resolve(host, port, family)
        if self.site.may_be_private(host):
            self.allowed.update(one["host"] for one in found)
        for one in found:
            self._check(one["host"], host)
        return found

    async def close(self) -> None:
        await self.names.close()

    def open(self, info: Any) -> socket.socket:
        """A socket for what is about to be connected to.

        Raises: AddressRefused; this sees numbers in addresses too, which are not looked up.
        """
        self._check(info[4][0], info[4][0])
        return socket.socket(family=info[0], type=info[1], proto=info[2])

    def _check(self, number: str, name: str) -> None:
        address = _meant(number)
        if any(address in network for network in _METADATA):
            raise AddressRefused(
                f"leads to {name}, an address of the machine's own cloud; no document is read there"
            )
        if address.is_global and not address.is_multicast:
            return
        if number in self.allowed or self._is_named(number):
            return
        raise AddressRefused(
            f"leads to {name}, which lies in a private network; name that host in {PRIVATE_HOSTS} "
            "if it is meant"
        )

    def _is_named(self, number: str) -> bool:
        """Whether the source's own address, or the setting, is this number."""
        return any(
            _number_in(name) == ip_address(number)
            for name in (self.site.host, *self.site.private_hosts)
        )


def _meant(number: str) -> IPv4Address | IPv6Address:
    """The address that an address leads to: some of IPv6 hold one of IPv4."""
    address = ip_address(number)
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


def _number_in(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None
