"""The address of a server as the settings name it."""

from __future__ import annotations

from urllib.parse import urlsplit

from engine.errors import SettingsInvalid


def server_of(url: str, setting: str) -> str:
    """Host and port, for sentences about the server.

    Raises: SettingsInvalid, without the address, for one that is not http or holds credentials.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsInvalid(f"{setting} is no address; use http://HOST or https://HOST")
    if parts.username or parts.password:
        raise SettingsInvalid(f"{setting} holds a user or password; put the key into its setting")
    return parts.hostname if port is None else f"{parts.hostname}:{port}"
