"""What the engine said, noted for the verdicts of people; in shadow, with the time to compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from engine.storage.channel_modes import Mode
from engine.storage.inbox import InboxItem
from engine.storage.timers import TimerStore
from engine.storage.verdicts import Answered, VerdictStore
from engine.trace import Outcome, ReasonCode

COMPARE = "shadow:compare"
"""Kind of the timer that compares a shadow answer; its subject is the question's id."""
SPEAKABLE = "speakable"
"""Key of a row's detail: nothing but its confidence, or its channel's mode, holds the answer back,
so that its verdict tells where the threshold belongs."""
_HELD_BY_CONFIDENCE = frozenset(
    {
        ReasonCode.LOW_CONFIDENCE.value,
        ReasonCode.LOW_PRECISION.value,
        ReasonCode.DRAFT_MODE.value,
        ReasonCode.QUESTION_CUT.value,
    }
)
_REFUSED = frozenset({ReasonCode.REFUSED_ATTACK.value, ReasonCode.REFUSED_PRIVATE.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Of one tenant."""

    tenant: str
    verdicts: VerdictStore
    timers: TimerStore
    compare_after: timedelta

    async def answered(self, item: InboxItem, trace: Mapping[str, Any], mode: Mode) -> None:
        """Notes an answer; again for the same revision, nothing changes.

        trace: the answer contract's object.

        Raises: StorageUnavailable.
        """
        await self.verdicts.asked(
            self.tenant,
            Answered(
                question_id=item.id,
                team=item.team,
                channel=item.channel,
                mode=mode,
                outcome=would_be(trace),
                confidence=float(trace["confidence"]),
                fingerprint=str(trace["fingerprint"]),
                asked_at=item.asked_at,
                revision=item.revision,
                detail={SPEAKABLE: is_speakable(trace)},
            ),
        )
        if mode is Mode.SHADOW:
            since = max(item.asked_at, item.edited_at or item.asked_at)
            await self.timers.set(self.tenant, COMPARE, item.id, since + self.compare_after)


def would_be(trace: Mapping[str, Any]) -> str:
    """The engine's outcome, but for a mode that has a person see every answer."""
    codes = {reason["code"] for reason in trace["reasons"]}
    if ReasonCode.DRAFT_MODE.value not in codes:
        return str(trace["outcome"])
    refused = codes & _REFUSED and not str(trace["draft_reply"]).strip()
    if ReasonCode.OUT_OF_SCOPE.value in codes or refused:
        return Outcome.ABSTAINED.value
    if ReasonCode.AMBIGUOUS.value in codes:
        return Outcome.CLARIFIED.value
    return Outcome.ANSWERED.value


def is_speakable(trace: Mapping[str, Any]) -> bool:
    """Whether there is an answer that a lower threshold, or another mode, would show."""
    if not str(trace["draft_reply"]).strip():
        return False
    if would_be(trace) == Outcome.ANSWERED.value:
        return True
    codes = {reason["code"] for reason in trace["reasons"]}
    return trace["outcome"] == Outcome.ESCALATED.value and codes <= _HELD_BY_CONFIDENCE
