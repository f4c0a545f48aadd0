"""Traces of questions, sent where the environment names a collector."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.telemetry.metrics import deskhand_version
from engine.telemetry.spans import traced


@contextmanager
def tracing() -> Iterator[None]:
    """What happens to questions inside is sent there; without a collector nothing is made."""
    from engine.adapters.telemetry.tracer import Tracer, names_collector

    if not names_collector():
        yield
        return
    tracer = Tracer(deskhand_version())
    try:
        with traced(tracer):
            yield
    finally:
        tracer.close()
