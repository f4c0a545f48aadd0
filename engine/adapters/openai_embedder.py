"""Embeddings of OpenAI, or of any server that speaks its API."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.adapters.openai_lane import OpenAiLane, Tokens
from engine.errors import IndexMismatch, ModelUnavailable, SettingsInvalid
from engine.tasks import as_one
from engine.token_estimate import estimate_tokens

_DIMENSIONS = {
    "text-embedding-3-small": 1536,
    "text-embedding-3-large": 3072,
    "text-embedding-ada-002": 1536,
}
DEFAULT_MODEL = "text-embedding-3-small"
_MAX_TOKENS = 8191
_MAX_BYTES = 8_000
"""Of one text: no byte-level tokeniser makes more than one token of a byte."""

_BATCH_TEXTS = 256
_BATCH_TOKENS = 60_000
"""Of one request; the API takes 2,048 texts and 300,000 tokens."""


def parse_embedder(setting: str) -> tuple[str, int]:
    """`openai`, `openai:MODEL` or `openai:MODEL:DIMENSION` -> the model and its dimension.

    Raises: SettingsInvalid where the dimension is not known and not stated.
    """
    parts = setting.split(":")[1:]
    stated = int(parts.pop()) if len(parts) > 1 and parts[-1].isdigit() else None
    model = ":".join(parts) or DEFAULT_MODEL
    dimension = stated or _DIMENSIONS.get(model)
    if not dimension or dimension > 65_536:
        raise SettingsInvalid(
            f"DESKHAND_EMBEDDER names {model}, whose vectors have an unknown length; write "
            f"openai:{model}:LENGTH"
        )
    return model, dimension


class OpenAiEmbedder:
    """Fills the `Embedder` port over the Embeddings API.

    Tokens are estimated, since counting them takes tables that would have to be fetched.
    """

    def __init__(self, query: OpenAiLane, ingest: OpenAiLane, *, dimension: int) -> None:
        """query, ingest: two ways to one model, so that no question waits for an ingestion."""
        self.name: str = f"openai:{query.model}"
        self.version: str = str(dimension)
        self.dimension: int = dimension
        self.max_tokens: int = _MAX_TOKENS
        self._query = query
        self._ingest = ingest
        native = _DIMENSIONS.get(query.model, dimension)
        self._ask_dimension = native != dimension

    async def embed_query(self, text: str) -> NDArray[np.float32]:
        """One text as a vector of shape (dimension,) and length 1."""
        vectors = await self._embed(self._query, [text])
        row: NDArray[np.float32] = vectors[0]
        return row

    async def embed_many(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Texts as rows of length 1, shape (len(texts), dimension), in the order given."""
        vectors = np.empty((len(texts), self.dimension), np.float32)

        async def fill(start: int, end: int) -> None:
            vectors[start:end] = await self._embed(self._ingest, texts[start:end])

        async with as_one() as tasks:
            for start, end in _batches(texts):
                tasks.create_task(fill(start, end))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """An estimate; see `estimate_tokens`."""
        return [estimate_tokens(text) for text in texts]

    async def aclose(self) -> None:
        """Nothing of its own to free; the connection belongs to the composition root."""

    async def _embed(self, lane: OpenAiLane, texts: Sequence[str]) -> NDArray[np.float32]:
        """Raises: ModelUnavailable; IndexMismatch for vectors of another length."""
        shown = [_readable(text) for text in texts]
        answer = await self._ask(lane, shown)
        if _length(answer) != self.dimension and not self._ask_dimension:
            self._ask_dimension = True  # a model that can be cut says so only by doing it
            with contextlib.suppress(ModelUnavailable):
                answer = await self._ask(lane, shown)
            self._ask_dimension = _length(answer) == self.dimension
        found = _length(answer)
        if found != self.dimension:
            raise IndexMismatch(
                f"{lane.model} makes vectors of length {found}, not {self.dimension}; set "
                f"DESKHAND_EMBEDDER=openai:{lane.model}:{found} and ingest into an empty "
                "DESKHAND_HOME"
            )
        return _unit_rows(answer)

    async def _ask(self, lane: OpenAiLane, texts: list[str]) -> NDArray[np.float32]:
        parameters: dict[str, Any] = {
            "model": lane.model,
            "input": texts,
            "encoding_format": "base64",
        }
        if self._ask_dimension:
            parameters["dimensions"] = self.dimension

        async def once(sent: dict[str, Any]) -> tuple[NDArray[np.float32], int | None]:
            sent.setdefault("encoding_format", "float")  # else the client asks for base64 itself
            answer = await lane.connection.client().embeddings.create(**sent)
            return _rows(answer, len(texts)), getattr(answer.usage, "prompt_tokens", None)

        estimate = sum(estimate_tokens(text) for text in texts)
        most = Tokens(embedding=estimate, estimated=True)
        async with lane.slot():
            (rows, counted), call = await lane.start(
                once, parameters, most=most, first_s=lane.try_s
            )
            call.permit.succeeded()
            tokens = most if counted is None else Tokens(embedding=counted)
            await asyncio.shield(lane.book(call, tokens, succeeded=True))
            return rows


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Half-open ranges of texts that go into one request."""
    start, tokens = 0, 0
    for at, text in enumerate(texts):
        more = min(estimate_tokens(text), _MAX_BYTES)
        if at > start and (at - start >= _BATCH_TEXTS or tokens + more > _BATCH_TOKENS):
            yield start, at
            start, tokens = at, 0
        tokens += more
    if start < len(texts):
        yield start, len(texts)


def _readable(text: str) -> str:
    """A text that the API takes: valid UTF-8, not too long, not empty."""
    encoded = text.encode("utf-8", "replace")[:_MAX_BYTES]
    return encoded.decode("utf-8", "ignore") or " "


def _rows(answer: Any, count: int) -> NDArray[np.float32]:
    """The vectors in the order of the texts.  Raises: ValueError where they are not that."""
    data = sorted(answer.data or (), key=lambda item: item.index)
    if [item.index for item in data] != list(range(count)):
        raise ValueError("not one vector for each text")
    rows = np.array([_vector(item.embedding) for item in data], np.float32)
    if rows.ndim != 2 or not np.isfinite(rows).all() or not np.linalg.norm(rows, axis=1).all():
        raise ValueError("not vectors")
    return rows


def _vector(value: Any) -> Any:
    """A list of numbers as it is, or what is packed into a string."""
    if isinstance(value, str):
        import base64

        return np.frombuffer(base64.b64decode(value, validate=True), "<f4")
    return value


def _length(rows: NDArray[np.float32]) -> int:
    return int(rows.shape[1])


def _unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit
