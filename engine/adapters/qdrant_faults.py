"""What goes wrong with a Qdrant server, as faults that tell a person what to do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from engine.adapters.edge_faults import REBUILD
from engine.errors import DeskhandError, IndexMismatch, IndexUnavailable, StorageUnavailable

_TRANSIENT = frozenset({429, 500, 502, 503, 504})
_FULL = ("no space left", "disk full", "not enough space", "wal buffer size exceeds")
_LONGEST_REASON = 200


class CollectionGone(IndexUnavailable):
    """The collection asked for is not there (any more)."""


class CollectionExists(IndexUnavailable):
    """Another process made the collection first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What to raise, and when the same request may be sent again.

    again_in_s: None: not again; 0: after a pause of the caller's choice; else what the server said.
    """

    error: DeskhandError
    again_in_s: float | None


def explain(error: Exception, *, server: str, secret: str | None, waited_s: float) -> Fault:
    """The fault for whatever the client raised; its sentence holds neither key nor address path.

    server: host and port. secret: the key, so that no text of the server can repeat it.
    waited_s: the time limit of the request that failed.
    """
    import httpx
    from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
    from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

    if isinstance(error, ResponseHandlingException):
        error = error.source
    if isinstance(error, (TimeoutError, httpx.TimeoutException)):
        return _again(
            f"The Qdrant server at {server} did not answer within {waited_s:g} s; try again, and "
            "look at its load if this stays."
        )
    if isinstance(error, httpx.TransportError):
        return _again(
            f"The Qdrant server at {server} cannot be reached; check that it runs, and QDRANT_URL."
        )
    if isinstance(error, ResourceExhaustedResponse):
        return _busy(server, max(0.0, float(error.retry_after_s)))
    if isinstance(error, UnexpectedResponse):
        return _answered(error, server=server, secret=secret)
    if isinstance(error, QdrantException):  # a Retry-After that is no number of seconds
        return _busy(server, 0.0)
    if isinstance(error, (ValueError, AssertionError)):  # the client's check of an answer's shape
        return Fault(error=_not_qdrant(server), again_in_s=None)
    raise error


def _answered(answer: Any, *, server: str, secret: str | None) -> Fault:
    status = int(answer.status_code or 0)
    reason = _reason(answer.content, secret)
    if status in (401, 403):
        return Fault(
            error=IndexUnavailable(
                f"The Qdrant server at {server} refuses the key ({status}); set QDRANT_API_KEY to "
                "one that may read and write.",
                retryable=False,
            ),
            again_in_s=None,
        )
    if any(mark in reason.lower() for mark in _FULL):
        return Fault(
            error=StorageUnavailable(
                f"The disk of the Qdrant server at {server} is full; free some space on it and "
                "try again."
            ),
            again_in_s=None,
        )
    if status in (429, 503):
        return _busy(server, _seconds(answer.headers.get("Retry-After")))
    if status in _TRANSIENT:
        return _again(
            f"The Qdrant server at {server} failed ({status}); try again, and look at its log if "
            "this stays."
        )
    if status == 404 and reason:
        return Fault(
            error=CollectionGone(
                f"The Qdrant server at {server} does not hold the collection asked for; run "
                "`deskhand ingest` to build it.",
                retryable=False,
            ),
            again_in_s=None,
        )
    if status == 409 or (status == 400 and "already exists" in reason):
        return Fault(
            error=CollectionExists(
                f"The Qdrant server at {server} holds a collection of that name already."
            ),
            again_in_s=None,
        )
    if status in (400, 422) and "dimension" in reason.lower():
        return Fault(error=wrong_dimension(reason), again_in_s=None)
    if not reason:
        return Fault(error=_not_qdrant(server), again_in_s=None)
    return Fault(
        error=IndexUnavailable(
            f"The Qdrant server at {server} refused a request ({status}: {reason}); Deskhand needs "
            "Qdrant 1.19 or later.",
            retryable=False,
        ),
        again_in_s=None,
    )


def wrong_dimension(what: str) -> IndexMismatch:
    """The fault of a vector that does not fit. what: such as "expected dim: 384, got 8"."""
    return IndexMismatch(
        f"A vector does not fit the search index ({what}); run `{REBUILD}` to build it anew."
    )


def _again(sentence: str) -> Fault:
    return Fault(error=IndexUnavailable(sentence), again_in_s=0.0)


def _busy(server: str, again_in_s: float) -> Fault:
    when = f"in {again_in_s:.0f} s" if again_in_s else "later"
    return Fault(
        error=IndexUnavailable(f"The Qdrant server at {server} is overloaded; try again {when}."),
        again_in_s=again_in_s,
    )


def _not_qdrant(server: str) -> IndexUnavailable:
    return IndexUnavailable(
        f"What answers at {server} does not speak Qdrant's protocol; check QDRANT_URL.",
        retryable=False,
    )


def _reason(content: bytes, secret: str | None) -> str:
    """The server's own words, short and without the key; empty when they are not Qdrant's."""
    try:
        status = json.loads(content)["status"]
        text = status["error"] if isinstance(status, dict) else status
    except (ValueError, KeyError, TypeError):
        return ""
    text = " ".join(str(text).split())
    return (text.replace(secret, "***") if secret else text)[:_LONGEST_REASON]


def _seconds(value: str | None) -> float:
    try:
        return max(0.0, float(value or 0))
    except ValueError:
        return 0.0
