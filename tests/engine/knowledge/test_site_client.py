"""Servers and names that lead a site's reader into the network it runs in."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.resolver import ThreadedResolver

from engine.errors import DocumentUnreadable, SourceUnreadable
from engine.knowledge import site_client
from engine.knowledge.site_client import AddressRefused, client_for, refusal
from engine.knowledge.source import Found, Listing, list_source

MAX = 100_000


class Names:
    """The name server of a test: what each name leads to, one answer after the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **answers: list[str]) -> None:
        self.answers = {name.replace("_", "."): list(found) for name, found in answers.items()}
        monkeypatch.setattr(ThreadedResolver, "resolve", self._resolve)

    async def _resolve(self, host: str, port: int = 0, family: int = 0) -> list[dict[str, Any]]:
        found = self.answers[host]
        number = found.pop(0) if len(found) > 1 else found[0]
        kind = socket.AF_INET6 if ":" in number else socket.AF_INET
        return [
            {"hostname": host, "host": number, "port": port, "family": kind, "proto": 0, "flags": 0}
        ]


def fetched(listing: Listing, tmp_path: Path) -> list[str]:
    texts = []
    for item in listing.items:
        assert isinstance(item, Found)
        document = listing.fetch(item, tmp_path, MAX)
        assert document.path is not None
        texts.append(document.path.read_text())
    return texts


async def reached(client: site_client.SiteClient, url: str) -> int | str:
    """The status of what is there, or why it was refused."""
    async with await client() as session:
        try:
            async with session.get(url) as response:
                return response.status
        except aiohttp.ClientError as error:
            return refusal(error) or repr(error)


def test_a_page_that_redirects_into_the_private_network_is_not_read(
    site: Any, tmp_path: Path
) -> None:
    inner = site.url.replace("127.0.0.1", "127.0.0.2")
    site.pages["/a.html"] = "<p>Fine.</p>"
    site.moved["/b.html"] = f"{inner}/secret"
    site.pages["/secret"] = "<p>Key.</p>"
    site.pages["/sitemap.xml"] = site.sitemap("/a.html", "/b.html")
    listing = list_source(site.url, (), MAX)
    good, bad = listing.items
    assert isinstance(good, Found)
    assert isinstance(bad, Found)
    listing.fetch(good, tmp_path, MAX)
    with pytest.raises(DocumentUnreadable) as caught:
        listing.fetch(bad, tmp_path, MAX)
    assert str(caught.value).endswith(
        "leads to 127.0.0.2, which lies in a private network; name that host in "
        "DESKHAND_PRIVATE_HOSTS if it is meant"
    )
    assert "/secret" not in site.asked


def test_a_page_that_redirects_to_a_host_that_is_named_is_read(site: Any, tmp_path: Path) -> None:
    site.moved["/b.html"] = site.url.replace("127.0.0.1", "localhost") + "/c.html"
    site.pages["/c.html"] = "<p>Fine.</p>"
    listing = list_source(f"{site.url}/b.html", (), MAX, ("localhost",))
    assert fetched(listing, tmp_path) == ["<p>Fine.</p>"]


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://[fd00:ec2::254]/latest",
        "http://[::ffff:169.254.169.254]/latest",
        "http://[64:ff9b::a9fe:a9fe]/latest",
        "http://100.100.100.200/latest",
        "http://168.63.129.16/machine",
    ],
)
async def test_the_metadata_of_a_cloud_is_never_fetched(address: str) -> None:
    host = address.partition("://")[2].partition("/")[0].strip("[]")
    client = client_for(address, (host,))
    assert "no document is read there" in str(await reached(client, address))


def test_a_source_at_a_metadata_address_is_said_as_one_sentence() -> None:
    with pytest.raises(SourceUnreadable) as caught:
        list_source("http://169.254.169.254/latest/meta-data", (), MAX)
    assert str(caught.value) == (
        "http://169.254.169.254/latest/meta-data leads to 169.254.169.254, an address of the "
        "machine's own cloud; no document is read there"
    )


async def test_a_name_that_comes_to_mean_this_machine_is_refused(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = site.url.rpartition(":")[2]
    Names(monkeypatch, docs_example_com=["203.0.113.9", "127.0.0.1"], wiki=["127.0.0.1"])
    url = f"http://docs.example.com:{port}/"
    site.pages["/"] = "x"
    client = client_for(url)
    door = site_client._Door(site=client)
    with pytest.raises(AddressRefused, match="private network"):  # a net for documentation
        await door.resolve("docs.example.com", 80)
    assert "lies in a private network" in str(await reached(client, url))
    assert site.asked == []
    assert await reached(client_for(url, ("example.com",)), url) == 200
    inner = f"http://wiki:{port}/"
    assert await reached(client_for(inner), inner) == 200
    assert "lies in a private network" in str(await reached(client, inner))


@pytest.mark.parametrize(
    "number", ["10.0.0.1", "::1", "fe80::1", "::ffff:10.0.0.1", "2002:0a00:0001::1", "224.0.0.1"]
)
async def test_a_socket_is_opened_for_no_private_number(number: str) -> None:
    door = site_client._Door(site=client_for("https://docs.example.com"))
    kind = socket.AF_INET6 if ":" in number else socket.AF_INET
    with pytest.raises(AddressRefused):
        door.open((kind, socket.SOCK_STREAM, 0, "", (number, 80)))


async def test_a_socket_is_opened_for_a_public_number() -> None:
    door = site_client._Door(site=client_for("https://docs.example.com"))
    opened = door.open((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("93.184.216.34", 80)))
    opened.close()
    await asyncio.sleep(0)


def test_a_list_of_other_places_is_not_followed(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="lists files of other places"):
        list_source("reference://::file:///tmp/refs.json", (), MAX)
