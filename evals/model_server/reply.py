"""What the model server is told to do with one request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """Something that goes wrong with a request; each names its one clear outcome."""

    UNAUTHORIZED = "401"
    RATE_LIMITED = "429"
    OUT_OF_QUOTA = "quota"
    SERVER_ERROR = "500"
    HANG = "hang"
    CUT = "cut"
    MALFORMED = "malformed"
    WRONG_MODEL = "404"
    TOO_LONG = "too-long"
    CONTENT_FILTER = "content-filter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer of the server.

    text: what the model says. pieces: how a stream cuts it; None cuts it every few characters.
    fault: what goes wrong; None is nothing. A cut, malformed or filtered stream goes wrong after
        its pieces were sent.
    retry_after: that header of a 429 or 500. first_s: waited before the first piece, piece_s:
        between pieces. finish_reason: as the API names it. usage: whether tokens are reported.
    """

    text: str = ""
    pieces: Sequence[str] | None = None
    fault: Fault | None = None
    retry_after: str | None = None
    first_s: float = 0.0
    piece_s: float = 0.0
    finish_reason: str = "stop"
    usage: bool = True

    def cut(self) -> list[str]:
        """The pieces that are streamed."""
        if self.pieces is not None:
            return list(self.pieces)
        return [self.text[at : at + 7] for at in range(0, len(self.text), 7)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The tokens of one answered request, as the server counts them."""

    prompt: int = 0
    completion: int = 0
    embedding: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request as it came. path: such as "/v1/chat/completions"; headers in lower case."""

    path: str
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def messages(self, role: str) -> str:
        """The texts of all messages of one role, joined by line breaks."""
        found = [m["content"] for m in self.body.get("messages", ()) if m["role"] == role]
        return "\n".join(found)


Respond = Callable[[Received], Reply]
