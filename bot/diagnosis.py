"""Checks that run side by side, each for itself: none of them stops another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from engine.containment import one_line
from engine.errors import DeskhandError

T = TypeVar("T")


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    """It works, with less than was meant."""
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found, in one sentence; mend: what to do about it, empty where nothing is."""

    level: Level
    text: str
    mend: str = ""


def ok(text: str) -> Finding:
    """Nothing to be done."""
    return Finding(level=Level.OK, text=text)


def warn(text: str, mend: str = "") -> Finding:
    """Less than was meant."""
    return Finding(level=Level.WARN, text=text, mend=mend)


def fail(text: str, mend: str = "") -> Finding:
    """Does not work."""
    return Finding(level=Level.FAIL, text=text, mend=mend)


class NotChecked(Exception):
    """A check cannot be made before another one passes; the sentence says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the diagnosis."""

    name: str
    look: Callable[[], Awaitable[Finding]]
    limit_s: float = 10.0


async def diagnose(checks: Sequence[Check]) -> list[tuple[str, Finding]]:
    """The finding of each check, in their order; whatever a check raises is a finding too."""
    findings = await asyncio.gather(*map(_look, checks))
    return [(check.name, finding) for check, finding in zip(checks, findings, strict=True)]


async def _look(check: Check) -> Finding:
    try:
        async with asyncio.timeout(check.limit_s):
            return await check.look()
    except NotChecked as blocked:
        return warn(f"not checked: {blocked}")
    except TimeoutError:
        return fail(f"took longer than {check.limit_s:.0f} s", "run the same command again")
    except DeskhandError as error:
        said, _, mend = one_line(str(error)).partition("; ")
        return fail(said, mend)
    except Exception as error:  # the others must be told all the same
        return fail(f"the check itself broke ({type(error).__name__})")


class Once(Generic[T]):
    """Something that several checks need and one of them begins."""

    def __init__(self, make: Callable[[], Awaitable[T]]) -> None:
        self._make = make
        self._task: asyncio.Future[T] | None = None

    async def get(self) -> T:
        """What it gives or raises, the same for all."""
        if self._task is None:
            self._task = asyncio.ensure_future(self._make())
        return await asyncio.shield(self._task)

    async def aclose(self) -> None:
        """Ends it where it is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
