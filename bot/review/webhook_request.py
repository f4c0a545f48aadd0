"""One call of a server of others: signed, bounded, and what its answer means."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from engine.clock import Clock
from engine.storage.webhook_calls import WebhookCall

TIMEOUT_S = 15.0
_MOST_BYTES = 65_536
_MOST_CHARS = {"id": 200, "url": 2_000}
_TRY_AGAIN = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server that is told. url: where, which may hold a key of its own; host: the part of it that
    may be shown. secret: signs."""

    name: str
    url: str = field(repr=False)
    host: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """It took the call. answer: the `id` and `url` that it gave, where it did."""

    answer: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTold:
    """It did not, or nobody knows. why: for people, without a word of its answer. final: it will
    not take it another time either. retry_after_s: what it asked for; None where it did not."""

    why: str
    final: bool = False
    retry_after_s: float | None = None


def signature_of(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 of timestamp, a full stop and the body, as `v1=` and hexadecimal digits."""
    signed = timestamp.encode("ascii") + b"." + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def as_bytes(body: Mapping[str, Any]) -> bytes:
    """The body as it is sent and signed, the same in each attempt."""
    compact = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return compact.encode("utf-8", "replace")


def open_session() -> aiohttp.ClientSession:
    """Connections to such servers. Needs a running event loop."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,  # what few bytes blow up into is not bounded by their number
        trust_env=False,
    )


async def send(
    session: aiohttp.ClientSession, target: Target, call: WebhookCall, *, clock: Clock
) -> Told | NotTold:
    """Makes a call once. Redirects are not followed, and of an answer little is read."""
    body, timestamp = as_bytes(call.body), str(int(clock().timestamp()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "Deskhand",
        "Idempotency-Key": call.id,
        "X-Deskhand-Timestamp": timestamp,
        "X-Deskhand-Signature": signature_of(target.secret, timestamp, body),
    }
    try:
        async with asyncio.timeout(TIMEOUT_S):
            async with session.post(
                target.url, data=body, headers=headers, allow_redirects=False
            ) as response:
                if 200 <= response.status < 300:
                    return Told(answer=await _answer_of(response))
                return _refusal(response, at=clock())
    except TimeoutError:
        return NotTold(why=f"{target.host} did not answer within {TIMEOUT_S:.0f} s")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # The error's own words may hold the whole address.
        return NotTold(why=f"{target.host} could not be reached ({type(error).__name__})")


async def _answer_of(response: aiohttp.ClientResponse) -> dict[str, str]:
    """What a success says of itself; what cannot be read changes nothing about it."""
    read = b""
    try:
        while len(read) <= _MOST_BYTES and (
            more := await response.content.read(_MOST_BYTES + 1 - len(read))
        ):
            read += more
        said = json.loads(read) if len(read) <= _MOST_BYTES else None
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, RecursionError):
        return {}
    if not isinstance(said, dict):
        return {}
    return {name: value for name in _MOST_CHARS if (value := _kept(name, said.get(name)))}


def _kept(name: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value) if isinstance(value, str) or abs(value) < 10**30 else ""
    if len(text) > _MOST_CHARS[name] or not text.isprintable():
        return ""
    if name == "url" and not text.startswith(("https://", "http://")):
        return ""
    return text


def _refusal(response: aiohttp.ClientResponse, *, at: datetime) -> NotTold:
    status = response.status
    if 300 <= status < 400:
        return NotTold(why=f"HTTP {status}, a redirect, which is not followed", final=True)
    return NotTold(
        why=f"HTTP {status}",
        final=status < 500 and status not in _TRY_AGAIN,
        retry_after_s=_retry_after_s(response.headers.get("Retry-After"), at),
    )


def _retry_after_s(header: str | None, at: datetime) -> float | None:
    """Seconds, or until a moment: RFC 9110, 10.2.3. None where it is neither."""
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(header.strip()[:9])
    try:
        moment = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - at).total_seconds(), 0.0)
