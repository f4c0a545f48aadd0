"""What a stream shows, and what completes it to the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.delivery.answerer import Body

STREAMING_BODY: Body = {"streaming": True}
"""What is planned for a message that is being streamed, until its answer is there."""
MOST_STREAMED_BYTES = 9_000
"""Of Markdown in one streamed message; Slack cuts in at 11,000 to 12,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """A stream that is open and whose every append is known to have arrived.

    markdown: what it shows. closing: chunks that end its task cards.
    """

    markdown: str
    closing: tuple[Mapping[str, Any], ...] = ()


def remainder(body: Body, shown: str) -> tuple[str, list[Mapping[str, Any]]] | None:
    """What completes a stream: Markdown and blocks; None where it shows something else."""
    stream = body.get("stream")
    if stream is None:
        return None
    whole = str(stream["markdown"])
    if not whole.startswith(shown) or len(whole.encode()) > MOST_STREAMED_BYTES:
        return None
    return whole[len(shown) :], list(stream["blocks"])
