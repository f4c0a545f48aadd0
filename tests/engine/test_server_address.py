from __future__ import annotations

import pytest

from engine.errors import SettingsInvalid
from engine.server_address import server_of


def test_names_the_host_and_the_port_alone() -> None:
    assert server_of("https://q.example:6333/prefix?x=1", "QDRANT_URL") == "q.example:6333"
    assert server_of("http://q.example", "QDRANT_URL") == "q.example"


@pytest.mark.parametrize("url", ["q.example:6333", "ftp://q", "http://", "http://[x", "http://h:x"])
def test_refuses_what_is_no_address(url: str) -> None:
    with pytest.raises(SettingsInvalid, match="QDRANT_URL is no address; use http://HOST"):
        server_of(url, "QDRANT_URL")


def test_refuses_credentials_without_showing_them() -> None:
    with pytest.raises(SettingsInvalid, match="QDRANT_URL holds a user or password") as raised:
        server_of("https://me:pass-word@q.example", "QDRANT_URL")
    assert "pass-word" not in str(raised.value)
