"""The address of a server as the settings name it."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from engine.errors import SettingsInvalid

NO_ADDRESS = "is no address; use http://HOST or https://HOST"
"""What is said of a setting that holds none."""


def is_address(url: str) -> bool:
    """Whether this is an http address with a host."""
    return _parsed(url) is not None


def server_of(url: str, setting: str) -> str:
    """Host and port, for sentences about the server.

    Raises: SettingsInvalid, without the address, for one that is not http or holds credentials.
    """
    parts = _parsed(url)
    if parts is None:
        raise SettingsInvalid(f"{setting} {NO_ADDRESS}")
    if parts.username or parts.password:
        raise SettingsInvalid(f"{setting} holds a user or password; put the key into its setting")
    return f"{parts.hostname}" if parts.port is None else f"{parts.hostname}:{parts.port}"


def _parsed(url: str) -> SplitResult | None:
    if any(c.isspace() or not c.isprintable() for c in url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None
