"""Faults on demand: what goes wrong, with which call, how often."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What can go wrong with a call of the Web API."""

    DROP_RESPONSE = "drop_response"
    """The call is carried out and the connection closed without an answer."""
    SERVER_ERROR = "server_error"
    """HTTP 500; nothing is carried out."""
    SERVER_ERROR_AFTER = "server_error_after"
    """The call is carried out and answered with HTTP 500."""
    SLOW = "slow"
    """The call is carried out, and answered after `seconds` of the workspace's clock."""
    RATE_LIMITED = "rate_limited"
    """HTTP 429 with `Retry-After: seconds`; nothing is carried out."""
    REFUSED = "refused"
    """Answered `{"ok": false, "error": code}`; nothing is carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A fault as it befalls one call."""

    fault: Fault
    seconds: float = 1.0
    code: str = "internal_error"
    status: int = 500


@dataclass(slots=True, kw_only=True)
class _Rule:
    method: str
    failure: Failure
    times: int | None
    chance: float
    after: int


class Faults:
    """The faults in force. Chances are drawn from the workspace's seed."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._rules: list[_Rule] = []
        self._befallen: Counter[str] = Counter()
        self.duplicate_events = 0.0
        """The chance that an event is delivered a second time, with the same event_id."""
        self.reorder_events = 0.0
        """The chance that an event is held back for up to `reorder_within_s`."""
        self.reorder_within_s = 0.5
        self.kill_socket_after_ack = 0.0
        """The chance that a socket is cut just after an acknowledgement came over it."""
        self.kill_socket_after_send = 0.0
        """The chance that a socket is cut just after an envelope went out over it."""

    def add(
        self,
        method: str,
        fault: Fault,
        *,
        times: int | None = 1,
        chance: float = 1.0,
        after: int = 0,
        seconds: float = 1.0,
        code: str = "internal_error",
        status: int = 500,
    ) -> None:
        """Makes calls of `method` (`*`: of every method) fail.

        `times`: how many of them, None for as long as it is in force; `after`: calls of the method
        that are left alone first; `chance`: the share of the others that it befalls.
        """
        failure = Failure(fault=fault, seconds=seconds, code=code, status=status)
        self._rules.append(
            _Rule(method=method, failure=failure, times=times, chance=chance, after=after)
        )

    def clear(self) -> None:
        """Ends every fault."""
        self._rules.clear()
        self.duplicate_events = self.reorder_events = 0.0
        self.kill_socket_after_ack = self.kill_socket_after_send = 0.0

    def befalls(self, chance: float) -> bool:
        """Draws whether something of this chance happens now."""
        return chance > 0 and self._rng.random() < chance

    def hold_back_s(self) -> float:
        """How long the next event is held back; 0 for not at all."""
        if not self.befalls(self.reorder_events):
            return 0.0
        return self._rng.uniform(0.0, self.reorder_within_s)

    def befallen(self, method: str) -> int:
        """How many calls of a method met with a fault so far, those included that still wait."""
        return self._befallen[method]

    def next_for(self, method: str) -> Failure | None:
        """The failure of a call that comes in now; counts the call."""
        for rule in self._rules:
            if rule.method not in ("*", method):
                continue
            if rule.after > 0:
                rule.after -= 1
                continue
            if rule.times == 0 or not self.befalls(rule.chance):
                continue
            if rule.times is not None:
                rule.times -= 1
            self._befallen[method] += 1
            return rule.failure
        return None
