"""The real client against a server that takes envelopes as Sentry does."""

from __future__ import annotations

import gzip
import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr

from bot.telemetry.logs import about
from bot.telemetry.sentry import reported
from engine.errors import SettingsInvalid
from engine.watch_settings import SentrySettings

log = logging.getLogger("bot.delivery.test")
WORDS = "what Ann wrote of her salary"


class Sentry(ThreadingHTTPServer):
    """Keeps the events of each envelope; https://develop.sentry.dev/sdk/data-model/envelopes/."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def events(self) -> list[dict[str, Any]]:
        parsed = (map(json.loads, body.splitlines()) for body in self.bodies)
        return [event for _, head, event in parsed if head["type"] == "event"]


class _Handler(BaseHTTPRequestHandler):
    server: Sentry

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.bodies.append(body.decode())
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    server = Sentry()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def settings(server: Sentry) -> SentrySettings:
    dsn = f"http://key@127.0.0.1:{server.server_address[1]}/1"
    return SentrySettings(dsn=SecretStr(dsn))


def test_a_fault_is_reported_with_its_place_and_no_word_of_anybody(sentry: Sentry) -> None:
    with reported(settings(sentry)), about(question="q-1", workspace="T0ACME"):
        log.info("a breadcrumb of %s", WORDS)
        try:
            said = WORDS
            raise ValueError(said)
        except ValueError:
            log.exception("question q-1 failed with xoxb-123456789012-1234567890123-AbCdEfGhIjKl")
    (event,) = sentry.events
    assert event["tags"] == {"question": "q-1", "workspace": "T0ACME"}
    (error,) = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("ValueError", "")
    assert error["stacktrace"]["frames"][-1]["function"].startswith("test_a_fault")
    assert event["message"].startswith("question q-1 failed")
    whole = "".join(sentry.bodies)
    for hidden in (WORDS, "xoxb-1", "breadcrumb", "server_name", "vars", "context_line"):
        assert hidden not in whole, hidden


def test_an_error_that_ends_the_program_is_reported_too(sentry: Sentry) -> None:
    with pytest.raises(KeyError), reported(settings(sentry)):
        raise KeyError(WORDS)
    assert [e["exception"]["values"][0]["type"] for e in sentry.events] == ["KeyError"]
    assert WORDS not in "".join(sentry.bodies)


def test_nothing_is_reported_afterwards_nor_without_a_dsn(sentry: Sentry) -> None:
    with reported(settings(sentry)):
        pass
    log.error("later")
    with reported(SentrySettings()):
        log.error("never")
    assert sentry.events == []


def test_what_is_no_dsn_is_said() -> None:
    given = SentrySettings(dsn=SecretStr("nonsense"))
    with pytest.raises(SettingsInvalid, match="SENTRY_DSN") as refused, reported(given):
        pass
    assert "nonsense" not in str(refused.value)
