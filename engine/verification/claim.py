"""The port behind which a free-written sentence is held against its evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from engine.verification.support_checker import Support

__all__ = ["ClaimChecker", "LocalVerifier", "Support", "Verifier"]


class ClaimChecker(Protocol):
    """Checks on the processor, without a network; may be called in a thread."""

    def check(self, claim: str, evidence: Sequence[str]) -> Support:
        """How well the evidence, taken together, supports the claim."""
        ...


class Verifier(Protocol):
    """Checks wherever it likes; nothing in it blocks the event loop.

    name: what the fingerprint calls it.
    """

    name: str

    async def verify(self, claim: str, evidence: Sequence[str]) -> Support:
        """How well the evidence supports the claim.  Raises: ModelUnavailable."""
        ...


class LocalVerifier:
    """A checker behind the port, in a thread."""

    def __init__(self, checker: ClaimChecker) -> None:
        self.name = "local"
        self._checker = checker

    async def verify(self, claim: str, evidence: Sequence[str]) -> Support:
        """The checker's word."""
        return await asyncio.to_thread(self._checker.check, claim, evidence)
