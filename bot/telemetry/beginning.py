"""Counters that alerts watch begin at 0: Prometheus sees no rise in one that appears."""

from __future__ import annotations

import logging
from typing import Final

from bot.names import METHODS
from bot.slack_api import RESULTS
from engine.telemetry import catalogue as of
from engine.telemetry.instruments import add
from engine.trace import Outcome, ReasonCode

_OURS: Final = frozenset({"bot", "engine", "evals"})
_OTHERS: Final = ("asyncio", "aiohttp.server")
"""Who else logs faults of ours: in tasks that nobody waits for, and in pages."""


def begin_process() -> None:
    """Those of this process; whoever serves HTTP or calls models begins their own."""
    for method in METHODS:
        for result in RESULTS:
            add(of.SLACK_CALLS, 0.0, method=method, result=result)
    for module in sorted({module_of(name) for name in _writers()}):
        add(of.LOG_LINES, 0.0, level="error", module=module)


def begin_workspace(workspace: str) -> None:
    """Those of a workspace."""
    for counter in (of.FOR_REVIEW, of.SLACK_EVENTS, of.REDELIVERIES):
        add(counter, 0.0, workspace=workspace)
    for outcome in Outcome:
        for repeated in ("no", "yes"):
            add(of.QUESTIONS, 0.0, workspace=workspace, outcome=outcome.value, repeated=repeated)
    for code in ReasonCode:
        add(of.REASONS, 0.0, workspace=workspace, reason=code.value)


def module_of(logger: str) -> str:
    """As lines of the log are counted: the package that a logger is of."""
    return ".".join(logger.split(".")[:2])


def _writers() -> list[str]:
    """The loggers of what is imported by now."""
    ours = [name for name in logging.Logger.manager.loggerDict if name.split(".")[0] in _OURS]
    return [*ours, *_OTHERS]
