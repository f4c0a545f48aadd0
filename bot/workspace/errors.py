"""What the workspace answers when a call fails."""

from __future__ import annotations

from typing import Any, NoReturn

Json = dict[str, Any]
"""A JSON object as Slack sends or receives it."""


class SlackError(Exception):
    """A call that Slack refuses: `{"ok": false, "error": code, ...}` with status 200."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.more = more

    def body(self) -> Json:
        """The response's JSON."""
        return {"ok": False, "error": self.code, **self.more}


def invalid_arguments(*messages: str) -> SlackError:
    """The error for arguments of a wrong kind, with Slack's explanation."""
    return SlackError(
        "invalid_arguments", response_metadata={"messages": [f"[ERROR] {m}" for m in messages]}
    )


def refuse(code: str, **more: Any) -> NoReturn:
    """Raises: SlackError: always."""
    raise SlackError(code, **more)
