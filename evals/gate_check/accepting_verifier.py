"""A verifier that is broken."""

from __future__ import annotations

from collections.abc import Sequence

from engine.verification.claim import Support


class AcceptingVerifier:
    """The port `Verifier`; every claim passes."""

    name = "accepting"

    async def verify(self, claim: str, evidence: Sequence[str]) -> Support:
        """That it is supported."""
        return Support(1.0, True, "Nothing was checked.")
