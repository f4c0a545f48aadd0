"""A chat model that is not told personal data: placeholders go to it, and come back as what they
stand for.

The same find has the same placeholder throughout one call, so that the model can tell two people
apart. What is found is what has a form (see `engine.redaction.Redactor`); names stay.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from engine.adapters.openai_chat import ChatModel
from engine.adapters.openai_lane import OpenAiLane
from engine.adapters.personal_data import PersonalData
from engine.generation.prompt import Message

_PLACEHOLDER = re.compile(r"\b(?:EMAIL|PERSON|IBAN|CARD|IP|PHONE|SECRET)_\d{1,6}\b")
_MAY_BE_ONE = re.compile(r"[A-Z_0-9]{1,20}\Z")
"""The end of a piece of text that the next piece may go on with."""


@dataclass(slots=True)
class Concealed:
    """What stands for what in one call. taken: placeholders that somebody wrote themselves."""

    taken: frozenset[str] = frozenset()
    _names: dict[tuple[str, str], str] = field(default_factory=dict)
    _found: dict[str, str] = field(default_factory=dict)

    def put(self, kind: str, found: str) -> str:
        """The placeholder of a find."""
        word = "SECRET" if kind == "redacted" else kind.upper()
        name, number = self._names.get((word, found)), 0
        while name is None:
            number += 1
            free = f"{word}_{number}"
            name = free if free not in self.taken and free not in self._found else None
        self._names[word, found] = name
        self._found[name] = found
        return name

    def restored(self, text: str) -> str:
        """A text of the model's with what its placeholders stand for."""
        return _PLACEHOLDER.sub(lambda match: self._found.get(match[0], match[0]), text)


class ConcealingChat:
    """A `ChatModel` to whoever asks it."""

    def __init__(self, chat: ChatModel, finding: PersonalData) -> None:
        self._chat = chat
        self._finding = finding

    @property
    def lane(self) -> OpenAiLane:
        """Where its calls go and are booked."""
        return self._chat.lane

    async def stream(
        self, messages: Sequence[Message], *, max_output_tokens: int
    ) -> AsyncGenerator[str, None]:
        """As `ChatModel.stream`; a piece that may break off in a placeholder waits for its rest."""
        told, concealed = await asyncio.to_thread(self._conceal, messages)
        held = ""
        pieces = self._chat.stream(told, max_output_tokens=max_output_tokens)
        async with aclosing(pieces):
            async for piece in pieces:
                held += piece
                begun = _MAY_BE_ONE.search(held)
                whole = held[: begun.start()] if begun else held
                held = held[len(whole) :]
                if whole:
                    yield concealed.restored(whole)
        if held:
            yield concealed.restored(held)

    async def whole(
        self,
        messages: Sequence[Message],
        *,
        max_output_tokens: int,
        response_format: dict[str, Any] | None = None,
    ) -> str:
        """As `ChatModel.whole`."""
        told, concealed = await asyncio.to_thread(self._conceal, messages)
        said = await self._chat.whole(
            told, max_output_tokens=max_output_tokens, response_format=response_format
        )
        return concealed.restored(said)

    def _conceal(self, messages: Sequence[Message]) -> tuple[tuple[Message, ...], Concealed]:
        taken = frozenset(name for m in messages for name in _PLACEHOLDER.findall(m.content))
        concealed = Concealed(taken)
        told = tuple(
            message
            if message.role == "system"
            else replace(message, content=self._finding.replaced(message.content, concealed.put))
            for message in messages
        )
        return told, concealed
