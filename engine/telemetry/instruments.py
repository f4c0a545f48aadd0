"""Where counts go: nowhere, until a program says where.

As with `logging`, whoever counts needs to know nothing of it, and what is not listened to costs
a call of a function that does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from engine.telemetry.catalogue import Metric


class Instruments(Protocol):
    """Takes values; none of it blocks, waits or raises."""

    def add(self, metric: Metric, value: float, labels: dict[str, str]) -> None:
        """Of a counter."""

    def record(self, metric: Metric, value: float, labels: dict[str, str]) -> None:
        """Of a histogram."""

    def set(self, metric: Metric, value: float, labels: dict[str, str]) -> None:
        """Of a gauge."""

    def forget(self, workspace: str) -> None:
        """What gauges were set to for a workspace."""


_listening: list[Instruments] = []


@contextmanager
def listening(instruments: Instruments) -> Iterator[None]:
    """What is counted inside goes there, from anywhere in this process."""
    _listening.append(instruments)
    try:
        yield
    finally:
        _listening.remove(instruments)


def is_listened_to() -> bool:
    """Whether anybody listens."""
    return bool(_listening)


def add(metric: Metric, value: float = 1.0, **labels: str) -> None:
    """Adds to a counter."""
    for each in _listening:
        each.add(metric, value, labels)


def record(metric: Metric, value: float, **labels: str) -> None:
    """One value of a histogram."""
    for each in _listening:
        each.record(metric, value, labels)


def set_to(metric: Metric, value: float, **labels: str) -> None:
    """The value of a gauge from now on."""
    for each in _listening:
        each.set(metric, value, labels)


def forget(workspace: str) -> None:
    """Gauges of a workspace that is gone have no value any more, until they are set again."""
    for each in _listening:
        each.forget(workspace)
