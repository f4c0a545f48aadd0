"""Messages that are about no question, said once: kept before they are posted, posted by whoever
is there."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from bot.rendering.message import Message
from engine.clock import Clock
from engine.storage.announcements import Announcement, AnnouncementKind, AnnouncementStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcing:
    """Announces for one tenant."""

    tenant: str
    announcements: AnnouncementStore
    clock: Clock

    async def say(self, key: str, channel: str, message: Message) -> bool:
        """Has a message posted in a channel, or in the direct message that a `D...` names.

        key: names what is said; whatever was said under it once is not said again, which is
        remembered for 180 days. False where it was.

        Raises: StorageUnavailable.
        """
        return await self.announcements.open(
            Announcement(
                id=announcement_id(self.tenant, key),
                tenant=self.tenant,
                kind=AnnouncementKind.NOTE,
                channel=channel,
                subject=message.body,
                opened_at=self.clock(),
            )
        )


def announcement_id(tenant: str, key: str) -> str:
    """The id of what is said under a key."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"deskhand:{tenant}:{key}"))


def note_of(held: Announcement) -> Message:
    """The message of a note."""
    return Message(text=str(held.subject["text"]), blocks=tuple(held.subject["blocks"]))
