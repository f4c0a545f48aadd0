"""A chat completion: streamed as pieces of text, or whole."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any, Protocol

from engine.adapters.openai_faults import ModelFault, filtered
from engine.adapters.openai_lane import OpenAiLane, OpenCall, Tokens, end_permit
from engine.generation.prompt import Message
from engine.token_estimate import estimate_tokens

_TOKENS_OF_A_MESSAGE = 4
_COUNTS_WITHIN_S = 0.25
"""How long an answer that has all it needs waits for the server's counts."""


def prompt_tokens(messages: Sequence[Message]) -> int:
    """An estimate of what a model reads."""
    return sum(estimate_tokens(m.content) + _TOKENS_OF_A_MESSAGE for m in messages)


class Chat(Protocol):
    """What asks a chat model; see `ChatModel`."""

    @property
    def lane(self) -> OpenAiLane:
        """Where its calls go and are booked."""
        ...

    def stream(
        self, messages: Sequence[Message], *, max_output_tokens: int
    ) -> AsyncGenerator[str, None]:
        """Pieces of the answer as they come."""
        ...

    async def whole(
        self,
        messages: Sequence[Message],
        *,
        max_output_tokens: int,
        response_format: dict[str, Any] | None = None,
    ) -> str:
        """The answer at once."""
        ...


class ChatModel:
    """One chat model of one server."""

    def __init__(self, lane: OpenAiLane, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.lane = lane
        self._clock = clock
        self._first_s = lane.connection.settings.first_token_s

    async def stream(
        self, messages: Sequence[Message], *, max_output_tokens: int
    ) -> AsyncGenerator[str, None]:
        """Pieces of the answer as they come; closing the iterator early ends the call.

        Raises: ModelFault, also after some pieces: then the answer is not whole.
        """
        parameters = self._parameters(messages, max_output_tokens) | {
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        tokens = Tokens(prompt=prompt_tokens(messages), estimated=True)
        most = Tokens(prompt=tokens.prompt, completion=max_output_tokens)
        async with self.lane.slot():
            await self.lane.connection.ready()
            began = self._clock()
            (first, chunks), call = await self.lane.start(
                self._open, parameters, most=most, first_s=self._first_s
            )
            permit = call.permit
            left = self.lane.total_s - (self._clock() - began)
            succeeded, said, finish = False, "", None
            try:
                chunk = first
                while chunk is not None:
                    _count(tokens, chunk)
                    piece, ended = _piece(chunk)
                    finish = ended or finish
                    if piece:
                        said += piece
                        yield piece
                    asked = self._clock()  # what the reader does meanwhile is not the model's time
                    async with asyncio.timeout(max(left, 0.001)):
                        chunk = await anext(chunks, None)
                    left -= self._clock() - asked
                self._refuse(finish, said)
                succeeded = True
                permit.succeeded()
            except GeneratorExit:
                succeeded = True
                permit.succeeded()
                raise
            except Exception as error:
                fault = self.lane.fault(error)
                end_permit(permit, fault)
                raise fault from None
            finally:
                permit.abandoned()
                if tokens.estimated:
                    tokens.completion = estimate_tokens(said)
                await asyncio.shield(
                    self._close(chunks, call, tokens, succeeded, ended=finish is not None)
                )

    async def whole(
        self,
        messages: Sequence[Message],
        *,
        max_output_tokens: int,
        response_format: dict[str, Any] | None = None,
    ) -> str:
        """The answer at once.

        response_format: what the answer must look like, where the server can see to that.
        Raises: ModelFault.
        """
        parameters = self._parameters(messages, max_output_tokens)
        if response_format is not None:
            parameters["response_format"] = response_format

        async def once(sent: dict[str, Any]) -> Any:
            answer = await self.lane.connection.client().chat.completions.create(**sent)
            if not getattr(answer, "choices", None):
                raise ValueError("no choices")
            return answer

        async with self.lane.slot():
            most = Tokens(prompt=prompt_tokens(messages), completion=max_output_tokens)
            answer, call = await self.lane.start(
                once, parameters, most=most, first_s=self.lane.try_s
            )
            text = answer.choices[0].message.content or ""
            tokens = Tokens(
                prompt=prompt_tokens(messages), completion=estimate_tokens(text), estimated=True
            )
            _count(tokens, answer)
            try:
                self._refuse(answer.choices[0].finish_reason or "stop", text)
            except ModelFault as fault:
                end_permit(call.permit, fault)
                await asyncio.shield(self.lane.book(call, tokens, succeeded=False))
                raise
            call.permit.succeeded()
            await asyncio.shield(self.lane.book(call, tokens, succeeded=True))
            return text

    async def _open(self, sent: dict[str, Any]) -> tuple[Any, AsyncIterator[Any]]:
        """The stream with its first word, so that a failure before it can be tried again."""
        stream = await self.lane.connection.client().chat.completions.create(**sent)
        chunks = aiter(stream)
        try:
            async for chunk in chunks:
                if _says_something(chunk):
                    return chunk, chunks
        except BaseException:
            await stream.close()
            raise
        raise ValueError("an empty stream")

    async def _close(
        self, chunks: Any, call: OpenCall, tokens: Tokens, succeeded: bool, *, ended: bool
    ) -> None:
        """Ends a stream and books it. ended: the model had said all.

        A reader that has enough leaves before the server's counts have come, which for most answers
        are on their way; where they are not, what was reserved is what is booked.
        """
        if call.is_paid and tokens.estimated and succeeded:
            await _await_counts(chunks, tokens)
        await chunks.aclose()
        if call.is_paid and tokens.estimated and not ended:
            await self.lane.book_most(call, succeeded=succeeded)
        else:
            await self.lane.book(call, tokens, succeeded=succeeded)

    def _parameters(self, messages: Sequence[Message], max_output_tokens: int) -> dict[str, Any]:
        # OpenAI's reasoning models insist on the newer name; older servers know only the other.
        bound = "max_completion_tokens" if self.lane.connection.is_openai else "max_tokens"
        return {
            "model": self.lane.model,
            "messages": [{"role": m.role, "content": m.content} for m in messages],
            "temperature": 0,
            bound: max_output_tokens,
        }

    def _refuse(self, finish: str | None, said: str) -> None:
        """Raises where an answer ended, but not because it was whole."""
        where = f"the model server {self.lane.connection.provider}"
        if finish == "content_filter":
            raise filtered(where)
        if finish == "length":
            raise ModelFault(
                f"the answer of {self.lane.model} was cut off; raise "
                "DESKHAND_OPENAI__MAX_OUTPUT_TOKENS",
                retryable=False,
                is_servers=False,
            )
        if finish is None or not said.strip():
            what = "broke off its answer" if said.strip() else "answered with nothing"
            raise ModelFault(f"{where} {what}; try again later", retryable=True)


def _says_something(chunk: Any) -> bool:
    """Whether a chunk is more than the opening of a message; thinking aloud counts."""
    if getattr(chunk, "usage", None) is not None:
        return True
    for choice in getattr(chunk, "choices", None) or ():
        said = choice.delta.model_dump(exclude={"role"}) if choice.delta is not None else {}
        if choice.finish_reason is not None or any(said.values()):
            return True
    return False


def _piece(chunk: Any) -> tuple[str, str | None]:
    """The text of a chunk, and why the answer ended if it did."""
    choices = getattr(chunk, "choices", None) or ()
    if not choices:
        return "", None
    delta = choices[0].delta
    text = (delta.content if delta is not None else None) or ""
    return text, choices[0].finish_reason


async def _await_counts(chunks: Any, tokens: Tokens) -> None:
    """Reads on for a moment."""
    with contextlib.suppress(Exception):  # whatever it is, the answer is there
        async with asyncio.timeout(_COUNTS_WITHIN_S):
            async for chunk in chunks:
                _count(tokens, chunk)


def _count(tokens: Tokens, answer: Any) -> None:
    """Takes the server's own counts where it sent some."""
    usage = getattr(answer, "usage", None)
    if usage is not None and isinstance(usage.prompt_tokens, int):
        tokens.prompt = usage.prompt_tokens
        tokens.completion = usage.completion_tokens or 0
        tokens.estimated = False
