from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.telemetry.logs import about, set_levels, set_up_logging
from engine.errors import SettingsInvalid
from engine.settings import load_settings
from engine.watch_settings import LogSettings

log = logging.getLogger("bot.delivery.test")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("bot.delivery").setLevel(logging.NOTSET)


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_json_and_says_what_it_is_about() -> None:
    out = io.StringIO()
    set_up_logging(LogSettings(), out)
    with about(question="q-1", workspace="T0ACME"):
        log.warning("a question %s", "waits")
    log.info("nothing")
    first, second = lines(out)
    assert first.pop("time").startswith("20")
    assert first == {
        "level": "warning",
        "logger": "bot.delivery.test",
        "message": "a question waits",
        "question": "q-1",
        "workspace": "T0ACME",
    }
    assert "question" not in second


def test_no_line_holds_a_stack_trace_or_a_secret() -> None:
    out = io.StringIO()
    set_up_logging(LogSettings(), out)
    secret = "xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx"
    try:
        raise ValueError("what Ann wrote")
    except ValueError:
        log.exception("a request failed with %s", secret)
    (line,) = lines(out)
    assert line["error"] == "ValueError"
    assert "Traceback" not in out.getvalue()
    assert "what Ann wrote" not in out.getvalue()
    assert secret not in out.getvalue()


def test_on_a_terminal_lines_are_for_people() -> None:
    out = Terminal()
    set_up_logging(LogSettings(), out)
    log.info("connected to Slack")
    assert "connected to Slack" in out.getvalue()
    assert not out.getvalue().startswith("{")
    machine = Terminal()
    set_up_logging(LogSettings(format="json"), machine)
    log.info("again")
    assert lines(machine)[0]["message"] == "again"


def test_set_up_twice_each_line_comes_once() -> None:
    out = io.StringIO()
    set_up_logging(LogSettings(), io.StringIO())
    set_up_logging(LogSettings(), out)
    log.info("once")
    assert len(lines(out)) == 1


def test_levels_go_by_module_and_are_read_again_from_their_file(tmp_path: Path) -> None:
    file, out = tmp_path / "levels", io.StringIO()
    file.write_text("bot.delivery=debug\n")
    settings = LogSettings(levels="warning", levels_file=file)
    set_up_logging(settings, out)
    log.debug("seen")
    logging.getLogger("engine.test").info("not seen")
    file.write_text("error")
    set_levels(settings)
    log.debug("not seen any more")
    log.error("seen")
    assert [line["message"] for line in lines(out)] == ["seen", "seen"]
    file.write_text("bot.delivery=loud")
    with pytest.raises(SettingsInvalid, match="a level is one of debug, info"):
        set_levels(settings)
    file.unlink()
    with pytest.raises(SettingsInvalid, match="DESKHAND_LOG__LEVELS_FILE cannot be read"):
        set_levels(settings)
    log.error("goes on")


@pytest.mark.parametrize("given", ["loud", "bot delivery=info", "info,=debug", "bot.=info"])
def test_levels_that_are_none_are_refused_at_the_start(given: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="DESKHAND_LOG__LEVELS"):
        load_settings({"DESKHAND_LOG__LEVELS": given}, working_directory=tmp_path)
