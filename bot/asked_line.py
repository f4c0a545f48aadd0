"""The line of a direct message under which a question is answered that is no message itself."""

from __future__ import annotations

from dataclasses import dataclass

from bot.delivery.poster import Dropped, Place, Poster
from bot.rendering.notices import you_asked
from bot.slack_api import SlackApi
from engine.clock import Clock
from engine.storage.inbox import InboxItem
from engine.storage.placed_questions import PlacedQuestions
from engine.storage.replies import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedLine:
    """Posts it once, whatever breaks on the way: it is a planned message like an answer's."""

    api: SlackApi
    poster: Poster
    questions: PlacedQuestions
    clock: Clock

    async def stand(self, item: InboxItem) -> InboxItem:
        """A claimed question as the line that it stands as; one that is a message, as it is.

        Raises: as `Poster.deliver`; Dropped where the lease is lost.
        """
        if item.has_place:
            return item
        opened = await self.api.call("conversations.open", users=item.user)
        channel = str((opened.get("channel") or {}).get("id") or "")
        line = you_asked(item.text).body
        place = Place(channel=channel, thread_ts=None)
        parts = await self.poster.deliver(
            item.id, item.revision, Kind.ASKED, place, [line], lease=item.lease
        )
        shown = next((part for part in parts if part.ts is not None), None)
        if shown is None or shown.ts is None:
            raise Dropped
        placed = await self.questions.place(
            item, channel=shown.channel, ts=shown.ts, at=self.clock()
        )
        if placed is None:
            raise Dropped
        return placed
