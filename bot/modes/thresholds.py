"""Thresholds from target precision, fitted beside the answers and kept for some minutes.

A question never waits for a fit but the first of its channel after a start; the others get what is
known, and an old one is fitted anew beside them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.aside import Aside
from bot.modes.record import SPEAKABLE
from engine.clock import Clock
from engine.storage.channel_modes import ChannelMode
from engine.storage.verdicts import JudgedAnswer, Verdict, VerdictStore
from evals.precision.cut import Cut, Judged, fit_cut

KEPT = timedelta(minutes=10)
_SINCE = timedelta(days=180)
"""Older verdicts are of other documents and another engine."""

_Place = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fitted:
    cut: Cut
    target: float
    at: datetime


@dataclass(slots=True, kw_only=True)
class Thresholds:
    """Of one tenant's channels. target: of channels that have none of their own. hear_reviewers:
    brings their verdicts up to date."""

    tenant: str
    verdicts: VerdictStore
    target: float
    hear_reviewers: Callable[[], Awaitable[int]]
    aside: Aside
    clock: Clock
    _known: dict[_Place, _Fitted] = field(default_factory=dict)
    _fitting: set[_Place] = field(default_factory=set)

    def target_of(self, row: ChannelMode) -> float:
        """The share of shown answers that is to be right."""
        return self.target if row.target_precision is None else row.target_precision

    async def least_confidence(self, row: ChannelMode) -> float:
        """With which a channel's answer is shown.  Raises: StorageUnavailable."""
        known = self._known.get((row.team, row.channel))
        if known is None or known.target != self.target_of(row):
            return (await self.fit(row)).confidence
        if self.clock() - known.at > KEPT:
            self.aside.begin(self._again(row), "a threshold was not fitted anew")
        return known.cut.confidence

    async def fit(self, row: ChannelMode) -> Cut:
        """The threshold as the verdicts say now.  Raises: StorageUnavailable."""
        at, target = self.clock(), self.target_of(row)
        since = at - _SINCE
        own = await self.verdicts.of_channel(self.tenant, row.team, row.channel, since=since)
        every = await self.verdicts.of_tenant(self.tenant, since=since, judged=True)
        seen = [each.confidence for each in own if each.detail.get(SPEAKABLE)]
        cut = await asyncio.to_thread(fit_cut, judged(own), judged(every), seen, target=target)
        self._known[row.team, row.channel] = _Fitted(cut=cut, target=target, at=at)
        return cut

    async def _again(self, row: ChannelMode) -> None:
        place = (row.team, row.channel)
        if place in self._fitting:
            return
        self._fitting.add(place)
        try:
            await self.hear_reviewers()
            await self.fit(row)
        finally:
            self._fitting.discard(place)


def judged(answers: Sequence[JudgedAnswer]) -> list[Judged]:
    """Those whose verdict tells where the threshold belongs."""
    return [
        Judged(confidence=each.confidence, right=each.verdict is Verdict.RIGHT)
        for each in answers
        if each.verdict is not None and each.detail.get(SPEAKABLE)
    ]
