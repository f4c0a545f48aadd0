"""Which parameters a server takes: found out from its refusals, and remembered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.adapters.openai_faults import is_too_long

_LEFT_OUT = ("stream_options", "response_format", "temperature", "encoding_format")
"""Parameters that a call can do without."""

_SAME = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
"""Two names of one bound: the older, and the one that reasoning models insist on."""

_ALSO_CALLED = {"response_format": ("json_schema", "structured output", "guided")}
_REFUSALS = (400, 404, 415, 422, 500, 501)
"""What servers answer a parameter with that they do not know; a 500 only where it names one."""


class ServerFeatures:
    """What one server with one model was found to refuse; forgets when the process ends."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self._suspected: set[str] = set()

    def adapt(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters without those that the server refuses."""
        out: dict[str, Any] = {}
        for name, value in parameters.items():
            if name not in self.refused:
                out[name] = value
            elif name in _SAME and _SAME[name] not in self.refused:
                out[_SAME[name]] = value
        return out

    def learn(self, error: Any, sent: Mapping[str, Any]) -> bool:
        """Remembers what a refusal is about; whether the call is worth making again without.

        error: an `openai.APIStatusError`. Where it names no parameter, every one that can be left
        out is suspected, until the call turns out to fail without them too.
        """
        if error.status_code not in _REFUSALS or is_too_long(error):
            return False
        named = self._named(error, sent)
        if not named and self._suspected:
            self.refused -= self._suspected
            self._suspected = set()
            return False
        if not named and error.status_code in (400, 422):
            named = self._suspected = {name for name in _LEFT_OUT if name in sent}
        self.refused |= named
        return bool(named)

    def succeeded(self) -> None:
        """What was suspected is refused indeed, since the call works without it."""
        self._suspected = set()

    def _named(self, error: Any, sent: Mapping[str, Any]) -> set[str]:
        can = [name for name in (*_LEFT_OUT, *_SAME) if name in sent]
        can = [name for name in can if _SAME.get(name) not in self.refused]
        if error.param in can:
            return {error.param}
        text = f"{error.message} {error.body}".lower()
        return {
            name
            for name in can
            if any(word in text for word in (name, *_ALSO_CALLED.get(name, ())))
        }
