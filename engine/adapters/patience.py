"""Asking a service again that had too much to do, or failed for a moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from engine.mirroring.mirror import Deadline, MirrorFault

T = TypeVar("T")

_ATTEMPTS = 2
"""Where the service does not say when to come again: one that hangs is not waited for often."""
_PAUSE_S = 0.5


def patiently(call: Callable[[], T], deadline: Deadline) -> T:
    """What the call gives; while it is limited it is tried again, as long as the deadline allows.

    Raises: MirrorFault, the last.
    """
    attempts = 1
    while True:
        try:
            return call()
        except MirrorFault as fault:
            pause_s = fault.retry_after_s
            if pause_s is None:
                if not fault.retryable or attempts >= _ATTEMPTS:
                    raise
                pause_s = _PAUSE_S
                attempts += 1
            if not deadline.sleep(pause_s):
                raise
