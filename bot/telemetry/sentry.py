"""Faults that nobody expected, reported to Sentry without a word of anybody's.

What goes there is the type of an error, the places in our code, the line that we logged, and the
ids of question and trace: no local variable, no source line, no request, no breadcrumb, no host.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from bot.telemetry.metrics import deskhand_version
from engine.errors import SettingsInvalid
from engine.intake import redact
from engine.watch_settings import SentrySettings

_KEPT = ("event_id", "timestamp", "level", "platform", "logger", "release", "environment", "sdk")
_OF_FRAME = ("filename", "function", "module", "lineno", "in_app")
_IDS = ("question", "trace", "workspace")
_STOP_S = 2.0


@contextmanager
def reported(settings: SentrySettings) -> Iterator[None]:
    """Reports lines of level ERROR and errors that end the program, where a DSN is set.

    Raises: SettingsInvalid where it is, and the extra is not installed or the DSN is none.
    """
    if settings.dsn is None:
        yield
        return
    try:
        import sentry_sdk
        from sentry_sdk.integrations.logging import LoggingIntegration
        from sentry_sdk.utils import BadDsn
    except ImportError:
        raise SettingsInvalid(
            "SENTRY_DSN is set, and its client is not installed; install it by "
            "`.venv/bin/uv sync --frozen --inexact --extra sentry`, or unset it"
        ) from None
    try:
        sentry_sdk.init(
            dsn=settings.dsn.get_secret_value(),
            environment=settings.environment,
            release=f"deskhand@{deskhand_version()}",
            server_name="",
            default_integrations=False,
            integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
            include_local_variables=False,
            include_source_context=False,
            max_breadcrumbs=0,
            max_request_body_size="never",
            auto_session_tracking=False,
            traces_sample_rate=None,
            before_send=scrubbed,  # type: ignore[arg-type]  # the SDK's type is a TypedDict
        )
    except BadDsn:
        raise SettingsInvalid(
            "SENTRY_DSN is no address of a project; copy it from the project's page"
        ) from None
    try:
        yield
    except Exception as error:
        sentry_sdk.capture_exception(error)
        raise
    finally:
        client = sentry_sdk.get_client()
        client.close(timeout=_STOP_S)
        sentry_sdk.get_global_scope().set_client(None)


def scrubbed(event: dict[str, Any], _: object = None) -> dict[str, Any]:
    """What is left of an event: nothing but what is named here."""
    kept = {name: event[name] for name in _KEPT if name in event}
    line = event.get("logentry") or {}
    said = line.get("formatted") or line.get("message") or event.get("message")
    if said:
        kept["message"] = redact(str(said))[0]
    errors = (event.get("exception") or {}).get("values") or ()
    if errors:
        kept["exception"] = {"values": [_error(each) for each in errors]}
    ids = structlog.contextvars.get_contextvars()
    kept["tags"] = {name: str(ids[name]) for name in _IDS if name in ids}
    return kept


def _error(error: dict[str, Any]) -> dict[str, Any]:
    """Its type and places; what it says may quote what people wrote."""
    frames = (error.get("stacktrace") or {}).get("frames") or ()
    return {
        "type": error.get("type"),
        "value": "",
        "stacktrace": {
            "frames": [{k: frame[k] for k in _OF_FRAME if k in frame} for frame in frames]
        },
    }
