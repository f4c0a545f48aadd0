"""What the verdicts say of a channel as it is set."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.modes.record import SPEAKABLE
from bot.modes.thresholds import Thresholds
from engine.storage.channel_modes import ChannelMode, Mode
from engine.storage.verdicts import JudgedAnswer, Verdict, VerdictStore
from engine.trace import Outcome
from evals.precision.bounds import Share, share_of
from evals.precision.cut import Basis, Cut

LEAST_ANSWERS = 30
"""Judged ones without which nothing is suggested."""
_USEFUL = 0.5
"""Drafts of which more than this share are right save their reviewers work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """asked: questions since the mode was set. share: of the judged answers that are shown, or
    would be with `cut` in force. every: of all judged answers that there were."""

    row: ChannelMode
    target: float
    asked: int
    share: Share
    every: Share
    cut: Cut

    @property
    def level(self) -> int:
        """Grows as the evidence doubles; a look at each of few levels is few looks."""
        return max(0, int(math.log2(max(1, self.share.answers) / LEAST_ANSWERS)))

    @property
    def as_json(self) -> dict[str, Any]:
        """For the history of a channel."""
        return {
            "asked": self.asked,
            "answers": self.share.answers,
            "right": self.share.right,
            "low": round(self.share.low, 4),
            "high": round(self.share.high, 4),
            "target": self.target,
            "cut": round(self.cut.confidence, 4),
            "basis": self.cut.basis.value,
        }

    @property
    def suggested(self) -> Mode | None:
        """The mode that it speaks for; None: none but the present one.

        `auto` where the channel's own verdicts prove a threshold, which fails at most one time in
        ten, and the answers above it are many enough; `draft` where drafts would be right more
        often than not.
        """
        if self.row.mode not in (Mode.SHADOW, Mode.DRAFT):
            return None
        proven = self.cut.basis is Basis.CHANNEL and self.share.value >= self.target
        if self.share.answers >= LEAST_ANSWERS and proven:
            return Mode.AUTO
        drafts = self.every.answers >= LEAST_ANSWERS and self.every.low > _USEFUL
        return Mode.DRAFT if self.row.mode is Mode.SHADOW and drafts else None


async def evidence_of(
    row: ChannelMode, *, tenant: str, verdicts: VerdictStore, thresholds: Thresholds
) -> Evidence:
    """Of a channel since it is as it is.  Raises: StorageUnavailable."""
    cut = await thresholds.fit(row)
    answers = await verdicts.of_channel(
        tenant, row.team, row.channel, mode=row.mode, since=row.set_at
    )
    known = [each for each in answers if each.verdict is not None]
    if row.mode is Mode.AUTO:
        shown = [each for each in known if each.outcome == Outcome.ANSWERED.value]
    else:
        shown = [each for each in speakable(known) if each.confidence >= cut.confidence]
    return Evidence(
        row=row,
        target=thresholds.target_of(row),
        asked=len(answers),
        share=_share(shown),
        every=_share(speakable(known)),
        cut=cut,
    )


def speakable(answers: Sequence[JudgedAnswer]) -> list[JudgedAnswer]:
    """Those that another threshold or mode would show."""
    return [each for each in answers if each.detail.get(SPEAKABLE)]


def _share(answers: Sequence[JudgedAnswer]) -> Share:
    return share_of(sum(each.verdict is Verdict.RIGHT for each in answers), len(answers))
