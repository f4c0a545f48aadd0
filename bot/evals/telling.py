"""Comparisons, the daily watch, retraining: one process each, and one message of what it found;
the weekly digest, which is counted here."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.announcing import note_of
from bot.evals.children import MOST_FAILURES, Children
from bot.evals.pictures import bring_pictures
from bot.evals.posts import ROOT, Posts
from bot.figures.digest import Digest
from bot.rendering.evaluation import comparison_message, notice, page_message, watch_message
from bot.rendering.retraining import retraining_message
from bot.retraining.weekly import RETRAINED
from engine.clock import Clock
from engine.errors import DeskhandError, WrongUse
from engine.settings import Settings
from engine.storage.announcements import Announcement, AnnouncementKind, AnnouncementStore

_TITLES = {
    AnnouncementKind.COMPARISON: "The comparison",
    AnnouncementKind.WATCH: "The daily watch",
    AnnouncementKind.RETRAINING: "Retraining",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Tells of them."""

    settings: Settings
    announcements: AnnouncementStore
    children: Children
    digest: Digest
    clock: Clock

    async def open_watch(self, *, channel: str, owner: str | None, due_at: datetime) -> None:
        """Has the day before `due_at` looked at, once, however often this is called.

        Raises: StorageUnavailable.
        """
        zone = ZoneInfo(self.settings.evals.watch_timezone)
        day = (due_at.astimezone(zone) - timedelta(days=1)).date().isoformat()
        tenant = self.settings.tenant
        await self.announcements.open(
            Announcement(
                id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"deskhand:watch:{tenant}:{day}")),
                tenant=tenant,
                kind=AnnouncementKind.WATCH,
                channel=channel,
                owner=owner,
                subject={"day": day, "timezone": self.settings.evals.watch_timezone},
                opened_at=self.clock(),
            )
        )

    async def tell(self, posts: Posts) -> None:
        """Finds out what there is to tell, and tells it.

        Raises: as `Posts.bring`; DeskhandError where its process failed.
        """
        held = posts.held
        if held.kind is AnnouncementKind.NOTE:
            await posts.bring(ROOT, note_of(held))
            return
        if held.kind is AnnouncementKind.DIGEST:
            await self.digest.tell(posts)
            return
        found = held.report
        if found is None:
            found = await self._found(held)
            await self.announcements.save_report(held, found)
        if not held.channel:
            return
        if "problem" in found:
            await posts.bring(ROOT, notice(f"{_TITLES[held.kind]} failed: {found['problem']}"))
            return
        if held.kind is AnnouncementKind.COMPARISON:
            before, after = held.subject["named"]
            await posts.bring(ROOT, comparison_message(found, before, after))
            return
        if held.kind is AnnouncementKind.RETRAINING:
            await posts.bring(ROOT, retraining_message(found))
            return
        await posts.bring(ROOT, watch_message(found))
        await bring_pictures(posts, found.get("pictures") or ())
        if held.owner and found.get("alarm"):
            why = [str(line) for line in found.get("lines") or ()]
            await posts.bring(
                "page", page_message(held.owner, "the daily watch", why), broadcast=True
            )

    async def _found(self, held: Announcement) -> Mapping[str, Any]:
        """What its process prints, or the sentence with which it failed for good.

        Raises: DeskhandError where it is worth another try.
        """
        try:
            return await self.children.result_of(_arguments(held), f"{held.id}-{held.kind.value}")
        except DeskhandError as error:
            if not isinstance(error, WrongUse) and held.attempts + 1 < MOST_FAILURES:
                raise
            return {"problem": str(error)}


def _arguments(held: Announcement) -> tuple[str, ...]:
    subject: Mapping[str, Any] = held.subject
    if held.kind is AnnouncementKind.RETRAINING:
        return RETRAINED[subject["model"]]
    if held.kind is AnnouncementKind.COMPARISON:
        return ("eval", "compare", subject["before"], subject["after"], "--gate", "--json")
    return ("eval", "watch", "--day", subject["day"], "--timezone", subject["timezone"], "--json")
