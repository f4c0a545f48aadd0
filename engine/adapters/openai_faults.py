"""What a model server's failures mean to a person, and what may be tried again."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from engine.errors import ModelUnavailable

_TOO_LONG = re.compile(
    r"context.?length|maximum context|context (?:size|window)|too many tokens|"
    r"(?:prompt|input) is too (?:long|large)|reduce the length",
    re.IGNORECASE,
)

_NOT_REACHED = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout"})
"""Exceptions of the HTTP library, by name: which library the client brings along has changed."""


class ModelFault(ModelUnavailable):
    """A call failed.

    retry_after_s: what the server asked for; None where it said nothing. is_servers: it tells
    something about the server, not about this one request. is_limit: too much was asked of it.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool,
        retry_after_s: float | None = None,
        is_servers: bool = True,
        is_limit: bool = False,
    ) -> None:
        super().__init__(message, retryable=retryable)
        self.retry_after_s = retry_after_s
        self.is_servers = is_servers
        self.is_limit = is_limit


def explain(error: Exception, *, server: str, model: str, setting: str) -> ModelFault:
    """One sentence for a failure, without key, address or texts.

    server: as `provider_of` names it. setting: which one names the model.
    """
    import openai

    where = f"the model server {server}"
    if isinstance(error, ModelFault):
        return error
    if isinstance(error, (TimeoutError, openai.APITimeoutError)):
        return ModelFault(f"{where} did not answer in time; try again later", retryable=True)
    if isinstance(error, openai.APIConnectionError):
        return ModelFault(
            f"{where} cannot be reached or dropped the connection; check that it runs, and "
            "OPENAI_BASE_URL",
            retryable=True,
        )
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, where, model, setting)
    if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError, openai.APIError, ValueError)):
        return ModelFault(
            f"{where} sent something that cannot be read; check that OPENAI_BASE_URL is an "
            "OpenAI-compatible address, which usually ends in /v1",
            retryable=True,
        )
    return ModelFault(f"{where} failed ({type(error).__name__})", retryable=True)


def _of_status(error: Any, where: str, model: str, setting: str) -> ModelFault:
    status, code = int(error.status_code), str(error.code or "")
    if status == 401:
        return ModelFault(f"{where} refuses the key; mend OPENAI_API_KEY", retryable=False)
    if status == 403:
        return ModelFault(
            f"{where} does not let this key use {model}; allow it there, or mend {setting}",
            retryable=False,
        )
    if status == 404:
        return ModelFault(
            f"{where} knows no model {model}; mend {setting} or OPENAI_BASE_URL", retryable=False
        )
    if code == "insufficient_quota" or status == 402:
        return ModelFault(
            f"{where} has no credit left for this key; add some there", retryable=False
        )
    if status == 429:
        return ModelFault(
            f"{where} limits how often it may be asked; try again later",
            retryable=True,
            retry_after_s=retry_after_s(error.response.headers),
            is_limit=True,
        )
    if status >= 500 or status in (408, 409, 425):
        return ModelFault(
            f"{where} has a fault of its own (status {status}); try again later",
            retryable=True,
            retry_after_s=retry_after_s(error.response.headers),
        )
    if code == "content_filter":
        return filtered(where)
    if is_too_long(error):
        return ModelFault(
            f"the passages are too long for {model}; lower DESKHAND_RETRIEVAL__TOP_K, or name a "
            f"model that reads more in {setting}",
            retryable=False,
            is_servers=False,
        )
    return ModelFault(
        f"{where} refused the request (status {status}); check {setting}",
        retryable=False,
        is_servers=False,
    )


def may_have_counted(error: Exception) -> bool:
    """Whether a server may charge for a call that failed so: it took it, and refused it not."""
    import openai

    if isinstance(error, openai.APIStatusError):
        return False
    return type(error.__cause__).__name__ not in _NOT_REACHED


def filtered(where: str) -> ModelFault:
    """The content filter of the server stopped the answer."""
    return ModelFault(
        f"{where} stopped the answer by its content filter", retryable=False, is_servers=False
    )


def is_too_long(error: Any) -> bool:
    """Whether a refusal says that the request is longer than the model reads."""
    return error.code == "context_length_exceeded" or bool(_TOO_LONG.search(str(error.message)))


def retry_after_s(headers: Any, *, now: datetime | None = None) -> float | None:
    """Seconds that a response asks to wait; None where it says nothing that can be read."""
    exact = headers.get("retry-after-ms")
    if exact is not None and re.fullmatch(r"\d{1,9}(\.\d+)?", exact):
        return float(exact) / 1000
    value = headers.get("retry-after")
    if value is None:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value.strip()):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
