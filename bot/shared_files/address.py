"""How a channel and a file in it are named as a source and a document.

Apart from what fetches them: the command line asks this of every source, and needs no Slack.
"""

from __future__ import annotations

_SCHEME = "slack:"


def source_uri(channel: str) -> str:
    """The source that a channel is."""
    return f"{_SCHEME}{channel}"


def channel_of(uri: str) -> str | None:
    """The channel that a source is; None for a source of another kind."""
    return uri.removeprefix(_SCHEME) if uri.startswith(_SCHEME) else None


def document_uri(channel: str, file: str) -> str:
    """The document that a file in a channel is."""
    return f"{_SCHEME}{channel}/{file}"
