from __future__ import annotations

import pytest

from engine.cited_links import CitedLinks
from engine.trust import Trust

PAGE = "https://docs.example/leave"
OURS = CitedLinks(hosts=("tidewheel.example",))


def links(
    address: str,
    url: str | None = PAGE,
    rule: CitedLinks = OURS,
    trust: Trust = Trust.TEAM,
) -> bool:
    """Whether an address in a span may be a link; else it is one of the words."""
    may_link, words = rule.of(f"See {address} for more", url, trust)
    assert may_link >= ({url} if url else set())
    assert address in may_link | words
    return address in may_link


@pytest.mark.parametrize(
    "address",
    [
        "https://docs.example/form",
        "http://DOCS.example/form",
        "https://docs.example:443/form",
        "https://tidewheel.example/x",
        "https://login.tidewheel.example/x",
        "https://docs.example./form",
    ],
)
def test_an_address_of_the_documents_own_host_or_the_companys_is_a_link(address: str) -> None:
    assert links(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.test/form",
        "https://docs.example.evil.test/form",
        "https://evil.test/docs.example",
        "https://docs.example@evil.test/form",
        "https://evil.test@docs.example/form",
        "https://docs.example:8443/form",
        "https://sub.docs.example/form",
        "https://nottidewheel.example/x",
        "https://d\u043ecs.example/form",
        "https://xn--dcs-tmc.example/form",
        "https://docs.example%2eevil.test/x",
        "ftp://docs.example/form",
        "//docs.example/form",
    ],
)
def test_any_other_address_is_words(address: str) -> None:
    assert not links(address)


def test_a_document_without_an_address_makes_links_of_the_companys_hosts_only() -> None:
    assert links("https://login.tidewheel.example/x", None)
    assert not links("https://docs.example/form", None)
    assert not links("https://login.tidewheel.example/x", None, CitedLinks())


def test_where_anybody_may_write_no_written_address_is_a_link() -> None:
    assert not links("https://docs.example/form", trust=Trust.OPEN)
    assert not links("https://login.tidewheel.example/x", trust=Trust.OPEN)


def test_an_address_that_one_document_may_link_to_is_a_link_for_all() -> None:
    said = "See https://docs.example/a"
    both = [(said, PAGE, Trust.OFFICIAL), (said, None, Trust.TEAM), (said, PAGE, Trust.OPEN)]
    may_link, words = CitedLinks().of_all(both)
    assert may_link == {PAGE, "https://docs.example/a"}
    assert words == set()
