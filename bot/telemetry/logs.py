"""The log of a running bot: JSON lines for machines, readable ones on a terminal.

structlog formats what the standard library's loggers say, with the question, the answer's trace
and the workspace that a line is about. No line has a stack trace, as its frames quote what people
wrote, and what looks like a secret is replaced whoever wrote it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars

from engine.errors import SettingsInvalid
from engine.intake import redact
from engine.watch_settings import LogSettings, parse_levels

_QUIET = (
    *("aiohttp", "slack_sdk", "slack_bolt", "httpx", "httpx2", "alembic"),
    *("apscheduler", "tzlocal", "opentelemetry", "urllib3"),
)

Event = MutableMapping[str, Any]


def set_up_logging(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Lets the root logger write to a stream (standard error), as the settings say.

    Raises: SettingsInvalid for a file of levels that cannot be read.
    """
    out = stream or sys.stderr
    is_text = settings.format == "text" or (settings.format == "auto" and out.isatty())
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True, key="time")
    if is_text:
        renderer = structlog.dev.ConsoleRenderer(
            colors=out.isatty(), timestamp_key="time", event_key="message"
        )
        stamp = structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False, key="time")
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                merge_contextvars,
                stamp,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_frames,
                _without_secrets,
                structlog.processors.EventRenamer("message"),
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [each for each in root.handlers if not isinstance(each, _Ours)]
    root.addHandler(_Ours(handler))
    set_levels(settings)


class _Ours(logging.Handler):
    """Our handler, known again when logging is set up anew."""

    def __init__(self, handler: logging.Handler) -> None:
        super().__init__()
        self._handler = handler

    def emit(self, record: logging.LogRecord) -> None:
        """As the handler does."""
        self._handler.handle(record)


def set_levels(settings: LogSettings) -> None:
    """Puts the levels of the settings, and over them those of the file, into force.

    Raises: SettingsInvalid for a file that cannot be read or names none.
    """
    wanted = parse_levels(settings.levels)
    if settings.levels_file is not None:
        try:
            wanted |= parse_levels(settings.levels_file.read_text("utf-8"))
        except OSError as error:
            raise SettingsInvalid(
                f"DESKHAND_LOG__LEVELS_FILE cannot be read: {error.strerror or 'no text'}"
            ) from None
        except ValueError as error:
            raise SettingsInvalid(f"DESKHAND_LOG__LEVELS_FILE: {error}") from None
    for name in {*_QUIET, *_named, *wanted}:
        default = "warning" if name in _QUIET else "" if name else "info"
        level = wanted.get(name, default)
        logging.getLogger(name).setLevel(level.upper() if level else logging.NOTSET)
    _named.clear()
    _named.update(name for name in wanted if name)


_named: set[str] = set()
"""Modules whose level was set, to be taken back when it is not any more."""


@contextmanager
def about(**ids: str) -> Iterator[None]:
    """Lines that are logged inside say what they are about, such as `question` and `workspace`."""
    with bound_contextvars(**ids):
        yield


def _without_frames(_: object, __: str, event: Event) -> Event:
    """A traceback is named by its type alone."""
    info = event.pop("exc_info", None)
    event.pop("stack_info", None)
    event.pop("exception", None)
    kind = info[0] if isinstance(info, tuple) else type(info) if info not in (None, True) else None
    if kind is not None:
        event["error"] = getattr(kind, "__name__", "error")
    return event


def _without_secrets(_: object, __: str, event: Event) -> Event:
    said = event.get("event")
    if isinstance(said, str):
        event["event"] = redact(said)[0]
    return event
