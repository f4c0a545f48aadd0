"""Signed HTTP delivery: events as JSON, interactions and commands as forms."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from urllib.parse import urlencode

import aiohttp

from bot.workspace.clock import Clock
from bot.workspace.delivery import ACK_WITHIN_S, Answer, Envelope, EnvelopeType, within
from bot.workspace.errors import Json


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Slack's `X-Slack-Signature` of a body."""
    signed = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class VerificationFailed(Exception):
    """The address did not answer `url_verification` with its challenge."""


class HttpDelivery:
    """The transport that posts to the app's request URL.

    `wall` dates the signatures: the app compares them with its own clock, not the workspace's.
    """

    def __init__(
        self, *, url: str, secret: str, clock: Clock, wall: Callable[[], float] = time.time
    ) -> None:
        self.url = url
        self.secret = secret
        self.ack_within_s = ACK_WITHIN_S
        self._clock = clock
        self._wall = wall
        self._session: aiohttp.ClientSession | None = None

    async def verify(self, token: str) -> None:
        """Sends `url_verification`.

        Raises:
            VerificationFailed: the challenge did not come back.
        """
        challenge = hashlib.sha256(self.url.encode()).hexdigest()
        asked = {"type": "url_verification", "token": token, "challenge": challenge}
        status, body, _ = await self._post(json.dumps(asked).encode(), "application/json", {})
        try:
            parsed = json.loads(body)
            given = parsed.get("challenge") if isinstance(parsed, dict) else parsed
        except ValueError:
            given = body.strip()
        if status != 200 or given != challenge:
            raise VerificationFailed(f"{self.url} answered {status}")

    async def send(self, envelope: Envelope, attempt: int, reason: str) -> Answer:
        """Posts once; a status of 2xx within three seconds acknowledges."""
        headers = {}
        if attempt:
            headers = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        if envelope.type is EnvelopeType.EVENT:
            body, kind = json.dumps(envelope.payload).encode(), "application/json"
        elif envelope.type is EnvelopeType.COMMAND:
            body, kind = urlencode(envelope.payload).encode(), "application/x-www-form-urlencoded"
        else:
            body = urlencode({"payload": json.dumps(envelope.payload)}).encode()
            kind = "application/x-www-form-urlencoded"
        posted = asyncio.ensure_future(self._post(body, kind, headers))
        if not await within(self._clock, self.ack_within_s, posted):
            return Answer(acked=False, reason="http_timeout")
        try:
            status, text, response = posted.result()
        except (aiohttp.ClientError, OSError):
            return Answer(acked=False, reason="connection_failed")
        if not 200 <= status < 300:
            wanted = response.get("X-Slack-No-Retry") != "1"
            return Answer(acked=False, reason="http_error", retry=wanted)
        return Answer(acked=True, body=_parse_ack(text))

    async def aclose(self) -> None:
        """Closes its connections."""
        if self._session is not None:
            await self._session.close()

    async def _post(
        self, body: bytes, kind: str, headers: dict[str, str]
    ) -> tuple[int, str, dict[str, str]]:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        stamp = str(int(self._wall()))
        signed = {
            **headers,
            "Content-Type": kind,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature(self.secret, stamp, body),
        }
        async with self._session.post(self.url, data=body, headers=signed) as response:
            return response.status, await response.text(), dict(response.headers)


def _parse_ack(text: str) -> Json:
    if not text.strip():
        return {}
    try:
        parsed = json.loads(text)
    except ValueError:
        return {"text": text}
    return parsed if isinstance(parsed, dict) else {}
