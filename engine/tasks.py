"""Running several things at once and failing as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from engine.errors import DeskhandError


@asynccontextmanager
async def as_one() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group that raises the first fault of its tasks itself, ours first, not a group."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as faults:
        first: BaseException = faults
        while isinstance(first, BaseExceptionGroup):
            first = min(first.exceptions, key=lambda e: not isinstance(e, DeskhandError))
        raise first from None
