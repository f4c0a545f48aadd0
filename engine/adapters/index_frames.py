"""Frames on the socket between the owner of the search index and its clients.

A frame is 4 bytes of length (big-endian) and one msgpack value.
"""

from __future__ import annotations

import asyncio
from typing import TypeVar

import msgspec

from engine.errors import WrongUse

MAX_FRAME_BYTES = 64 * 2**20
STREAM_BYTES = 2**20
"""Buffer of a connection: a frame of 64 points comes in one piece."""

T = TypeVar("T")


class FrameInvalid(Exception):
    """The other side sent what is no frame of this protocol."""


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    """The next frame's value.

    Raises: FrameInvalid for one that is empty or too large; asyncio.IncompleteReadError at the
        end of the stream.
    """
    length = int.from_bytes(await reader.readexactly(4), "big")
    if not 0 < length <= MAX_FRAME_BYTES:
        raise FrameInvalid(f"a frame of {length} bytes")
    return await reader.readexactly(length)


def encode_frame(value: msgspec.Struct) -> bytes:
    """A frame of this value.

    Raises: WrongUse for one that is too large.
    """
    body = msgspec.msgpack.encode(value)
    if len(body) > MAX_FRAME_BYTES:
        raise WrongUse(
            f"{len(body)} bytes are too many for one call to the search index; send fewer points."
        )
    return len(body).to_bytes(4, "big") + body


def decode(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """The value of a frame's body or of a reply's result.

    Raises: FrameInvalid.
    """
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise FrameInvalid(str(exc)) from exc
