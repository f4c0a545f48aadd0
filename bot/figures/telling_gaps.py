"""Tells owners what the knowledge lacks: a message of each gap, said once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.announcing import Announcing
from bot.figures.finding import CATEGORY, EXAMPLES, KEY, FoundGaps, article_of, week_of
from bot.figures.reading import Reading
from bot.rendering.gap import GapShown, gap_message, hidden_message
from bot.review.policy import Policy
from engine.storage.gaps import Gap, GapStore

_MOST_TOLD = 5
"""Messages of gaps a week; the largest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapTelling:
    """admin_channel: where it is told; None: where the policy sends cases of its category."""

    announcing: Announcing
    gaps: GapStore
    policy: Policy
    reading: Reading
    admin_channel: str | None

    async def tell(self, found: FoundGaps, until: datetime) -> None:
        """Has everything posted that is not yet; the same again for the same moment.

        Raises: RateLimited, StorageUnavailable.
        """
        unseen: dict[str, int] = {}
        for place, gap in enumerate(found.told):
            channel = self._channel_of(gap) if place < _MOST_TOLD else None
            if channel is not None and not await self.reading.members_only(channel):
                unseen[channel] = unseen.get(channel, 0) + 1
                channel = None
            if channel is None:  # another week
                await self.gaps.save(replace(gap, place={**gap.place, KEY: None}))
                continue
            if gap.owner != channel:
                gap = replace(gap, owner=channel)
                await self.gaps.save(gap)
            shown = self.shown(gap, until)
            await self.announcing.say(str(gap.place[KEY]), channel, gap_message(shown))
        if self.admin_channel is not None and found.hidden:
            unseen.setdefault(self.admin_channel, 0)
        for channel, count in unseen.items():
            hidden = found.hidden if channel == self.admin_channel else 0
            await self.announcing.say(
                f"gaps:hidden:{week_of(until)}:{channel}",
                channel,
                hidden_message(hidden, count, readable=not count),
            )

    def shown(self, gap: Gap, until: datetime, *, ended: str = "") -> GapShown:
        """A gap as its message shows it."""
        article = article_of(gap)
        return GapShown(
            id=gap.id,
            name=gap.name,
            question=article.question if article else gap.name,
            examples=[str(each) for each in gap.place.get(EXAMPLES) or ()],
            questions=len(gap.questions),
            last=gap.last_count,
            before=gap.weeks.get(week_of(until - timedelta(days=7)), 0),
            draft=article.answer if article else "",
            ended=ended,
        )

    def _channel_of(self, gap: Gap) -> str | None:
        if self.admin_channel is not None:
            return self.admin_channel
        category = gap.place.get(CATEGORY)
        return self.policy.route(category=category, priority=None, channel="").channel
