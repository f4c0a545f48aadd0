"""What goes wrong with a service over HTTP that answers are mirrored to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from engine.mirroring.mirror import MirrorFault

_LIMITED_S = 30.0
"""Waited where the service says that there is too much and not for how long."""


def unreachable(where: str) -> MirrorFault:
    """No answer came, or none in time."""
    return MirrorFault(f"{where} does not answer", retryable=True)


def answered(status: int, headers: Mapping[str, str], *, where: str, setting: str) -> MirrorFault:
    """The service said no. setting: that of the key."""
    if status in (401, 403):
        return MirrorFault(
            f"{where} refuses the key ({status}); mend {setting}, or unset it", of_everything=True
        )
    if status == 404:
        return MirrorFault(f"{where} has no such place (404); mend its address", of_everything=True)
    if status == 413:
        return MirrorFault(f"{where} takes no request so large (413)", too_large=True)
    if status == 429:
        wait_s = _retry_after_s(headers.get("Retry-After"))
        return MirrorFault(f"{where} is overloaded (429)", retryable=True, retry_after_s=wait_s)
    if status >= 500 or status == 408:
        return MirrorFault(f"{where} failed ({status})", retryable=True)
    return MirrorFault(f"{where} does not take what is sent ({status})")


def _retry_after_s(value: str | None) -> float:
    """RFC 9110, 10.2.3: seconds or a date."""
    try:
        return max(0.0, float(value or _LIMITED_S))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(value or "")
    except ValueError:
        return _LIMITED_S
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
