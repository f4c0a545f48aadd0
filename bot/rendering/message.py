"""One message, ready to be posted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Block = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """text: what notifications and screen readers give, in plain words, escaped. blocks: what is
    shown; empty where the text is the whole message.
    """

    text: str
    blocks: tuple[Block, ...] = ()

    @property
    def body(self) -> dict[str, Any]:
        """The arguments of `chat.postMessage` and `chat.update`; an update without blocks takes
        those of before away."""
        return {"text": self.text, "blocks": list(self.blocks)}
