"""Every call of Slack's Web API, and what its failures mean for whoever called.

The difference that matters is whether a failed call happened: `Refused` and `RateLimited` did not,
`Unsure` may have. The SDK's own retries are off, as one of them posts again after a connection
that broke (https://github.com/slackapi/python-slack-sdk, `AsyncConnectionErrorRetryHandler`).
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from engine.errors import DeskhandError
from engine.telemetry.catalogue import SLACK_CALLS
from engine.telemetry.instruments import add
from engine.telemetry.spans import span

log = logging.getLogger(__name__)
_sdk_log = logging.getLogger(f"{__name__}.sdk")

RESULTS = ("ok", "ratelimited", "refused", "unsure")
"""How a call ends, as metrics name it: well, or by the type of its fault."""
_DEFAULT_RETRY_AFTER_S = 30.0
_SERVER_FAULTS = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
"""Codes with which Slack answers its own faults; the call may have been carried out."""


class SlackFault(DeskhandError):
    """A call of Slack's Web API failed."""


class RateLimited(SlackFault):
    """Slack takes no more of these calls for `retry_after_s` seconds; nothing happened."""

    retryable = True

    def __init__(self, method: str, retry_after_s: float) -> None:
        super().__init__(f"Slack limits {method}; try again in {retry_after_s:.0f} s")
        self.retry_after_s = retry_after_s


class Refused(SlackFault):
    """Slack said no, with a `code` of its own; nothing happened."""

    def __init__(self, method: str, code: str, *, needed: str = "") -> None:
        hint = f"; it needs the scope {needed}" if needed else ""
        super().__init__(f"Slack refused {method}: {code}{hint}")
        self.code = code
        self.needed = needed


class Unsure(SlackFault):
    """No answer came, or one that says nothing: the call may or may not have been carried out."""

    retryable = True

    def __init__(self, method: str, why: str) -> None:
        super().__init__(f"Slack did not answer {method} ({why})")


class SlackApi:
    """Calls methods of the Web API as the app; one pool of connections for all of them."""

    def __init__(self, token: str, *, url: str, timeout_s: float) -> None:
        self._token = token
        self._url = url
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None
        self._client: AsyncWebClient | None = None

    def use(self, token: str) -> None:
        """Another token of the same app in the same workspace, from the next call on."""
        self._token = token
        if self._client is not None:
            self._client.token = token

    @property
    def timeout_s(self) -> float:
        """After this long without an answer, a call counts as `Unsure`."""
        return self._timeout_s

    @property
    def client(self) -> AsyncWebClient:
        """The SDK's client, for Bolt. Needs a running event loop."""
        if self._client is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._timeout_s), trust_env=False
            )
            _sdk_log.setLevel(logging.INFO)  # below it the SDK writes whole messages
            self._client = AsyncWebClient(
                self._token,
                base_url=self._url,
                session=self._session,
                timeout=max(1, round(self._timeout_s)),
                retry_handlers=[],
                logger=_sdk_log,
            )
        return self._client

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """The answer of a method, such as `chat.postMessage`; arguments that are None are left out.

        Raises: RateLimited, Refused, Unsure.
        """
        return (await self.call_with_headers(method, **arguments))[0]

    async def call_with_headers(
        self, method: str, **arguments: Any
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """As `call`, and the headers of the answer by their names in lower case.

        Raises: RateLimited, Refused, Unsure.
        """
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            with span(f"slack {method}", **{"rpc.system": "slack", "rpc.method": method}):
                data, headers = await self._called(method, given)
        except SlackFault as fault:
            add(SLACK_CALLS, method=method, result=type(fault).__name__.lower())
            raise
        add(SLACK_CALLS, method=method, result="ok")
        return data, headers

    async def _called(
        self, method: str, given: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self.client.api_call(method, data=_form(given))
        except SlackApiError as error:
            raise _meaning(method, error) from None
        except TimeoutError:
            raise Unsure(method, "no answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError, AttributeError) as error:
            # AttributeError: the SDK takes whatever JSON comes for an object
            raise Unsure(method, type(error).__name__) from None
        data = response.data
        if not isinstance(data, dict):
            raise Unsure(method, "an answer that is no JSON object")
        return data, {str(name).lower(): str(value) for name, value in response.headers.items()}

    async def download(
        self,
        url: str,
        *,
        max_bytes: int,
        timeout_s: float | None = None,
        page_bytes: int | None = None,
    ) -> bytes:
        """The bytes of a file that Slack holds, read with the app's token.

        timeout_s: for all of them; None for that of a call. page_bytes: the length of a file that
            is an HTML page itself, by which it is told from a page to sign in.

        Raises: RateLimited, Unsure; Refused for what is no file for the app, such as a page to
            sign in, or is longer.
        """
        if self.client.session is None:  # set along with the client
            raise RuntimeError("no session")
        if not self._is_slacks(url):  # of a file that lives elsewhere; the token is not for them
            raise Refused("file download", "external_file")
        try:
            async with (
                asyncio.timeout(timeout_s or self._timeout_s),
                self.client.session.get(
                    url,
                    headers={"Authorization": f"Bearer {self._token}"},
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(total=timeout_s or self._timeout_s),
                ) as response,
            ):
                if response.status == 429:
                    raise RateLimited("file download", _retry_after_s(response.headers))
                if response.status >= 500:
                    raise Unsure("file download", f"HTTP {response.status}")
                is_page = response.content_type == "text/html"
                if response.status != 200 or (is_page and page_bytes is None):
                    raise Refused("file download", f"http_{response.status}")
                content = await response.content.read(max_bytes + 1)
                while len(content) <= max_bytes and (
                    more := await response.content.read(max_bytes + 1 - len(content))
                ):
                    content += more
        except TimeoutError:
            raise Unsure("file download", "no answer in time") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Unsure("file download", type(error).__name__) from None
        if len(content) > max_bytes:
            raise Refused("file download", "file_too_large")
        if is_page and len(content) != page_bytes:
            raise Refused("file download", "sign_in_page")
        return content

    async def upload(self, url: str, content: bytes) -> None:
        """Sends a file's bytes to the address that `files.getUploadURLExternal` gave.

        Nothing is to be seen of it before `files.completeUploadExternal`.

        Raises: RateLimited, Unsure, Refused.
        """
        if self.client.session is None:  # set along with the client
            raise RuntimeError("no session")
        if not self._is_slacks(url):
            raise Refused("file upload", "foreign_address")
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self.client.session.post(
                    url,
                    data=content,
                    headers={"Content-Type": "application/octet-stream"},
                    allow_redirects=False,
                ) as response,
            ):
                if response.status == 429:
                    raise RateLimited("file upload", _retry_after_s(response.headers))
                if response.status >= 500:
                    raise Unsure("file upload", f"HTTP {response.status}")
                if response.status != 200:
                    raise Refused("file upload", f"http_{response.status}")
        except TimeoutError:
            raise Unsure("file upload", "no answer in time") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Unsure("file upload", type(error).__name__) from None

    def _is_slacks(self, url: str) -> bool:
        given, ours = urlsplit(url), urlsplit(self._url)
        if (given.scheme, given.netloc) == (ours.scheme, ours.netloc):
            return True
        host = given.hostname or ""
        return given.scheme == "https" and host.endswith((".slack.com", ".slack-files.com"))

    async def aclose(self) -> None:
        """Closes its connections; idempotent."""
        session, self._session, self._client = self._session, None, None
        if session is not None:
            await session.close()


def _form(arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments as a form, which every method reads; a JSON body only those that write.

    https://api.slack.com/changelog/2017-10-keeping-up-with-the-jsons
    """
    return {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
        for name, value in arguments.items()
    }


def _meaning(method: str, error: SlackApiError) -> SlackFault:
    response = error.response
    status = getattr(response, "status_code", 0)
    headers = getattr(response, "headers", {}) or {}
    data = getattr(response, "data", None)
    code = data.get("error", "") if isinstance(data, dict) else ""
    if status == 429 or code in ("ratelimited", "rate_limited"):
        return RateLimited(method, _retry_after_s(headers))
    if status >= 500 or not code or code in _SERVER_FAULTS:
        return Unsure(method, f"HTTP {status} {code}".strip())
    needed = data.get("needed", "") if isinstance(data, dict) else ""
    return Refused(method, str(code), needed=str(needed))


def _retry_after_s(headers: Any) -> float:
    """Slack's header, in whatever case the server wrote it."""
    for name, value in dict(headers).items():
        if str(name).lower() == "retry-after":
            first = value[0] if isinstance(value, list | tuple) else value
            try:
                return max(0.0, float(first))
            except ValueError:
                break
    return _DEFAULT_RETRY_AFTER_S
