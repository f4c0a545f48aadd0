"""The weekly digest: figures with last week's beside them, plots, the top gaps."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.evals.pictures import are_there, bring_pictures
from bot.evals.posts import ROOT, Posts
from bot.figures.reading import Reading
from bot.people_names import name_of
from bot.rendering.digest import digest_message, lines_json
from engine.clock import Clock
from engine.figures.asked import Record
from engine.figures.counting import Figures, figures_of
from engine.settings import Settings
from engine.storage.announcements import AnnouncementStore
from engine.storage.figures import FigureStore
from engine.storage.gaps import GapStore

log = logging.getLogger(__name__)

_WEEKS = 8
"""Weeks in the plots."""
_TOP_GAPS = 5
_KEPT = 8
"""Weeks whose pictures stay on disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Tells of one tenant's week."""

    settings: Settings
    figures: FigureStore
    gaps: GapStore
    reading: Reading
    announcements: AnnouncementStore
    clock: Clock

    async def tell(self, posts: Posts) -> None:
        """Posts the digest with its pictures, each once.

        Raises: as `Posts.bring`; DeskhandError.
        """
        held = posts.held
        found = held.report
        if found is None:
            found = await self._found(posts)
            await self.announcements.save_report(held, found)
        await posts.bring(ROOT, digest_message(found))
        pictures = found["pictures"]
        if pictures and not await asyncio.to_thread(are_there, pictures):
            pictures = (await self._drawn(held.subject))[1]  # another bot's disk has them
        await bring_pictures(posts, pictures)

    async def _found(self, posts: Posts) -> dict[str, Any]:
        subject: Mapping[str, Any] = posts.held.subject
        weeks, pictures = await self._drawn(subject)
        top: list[dict[str, Any]] = []
        channel = self.settings.review.admin_channel
        if channel is not None and await self.reading.members_only(channel):
            found = await self.gaps.top(self.settings.tenant, most=_TOP_GAPS)
            for gap in await self.reading.shown(found):
                if gap.last_week == subject["week"]:
                    counts = [count for _, count in sorted(gap.weeks.items())]
                    before = counts[-2] if len(counts) > 1 else 0
                    top.append({"name": gap.name, "last": gap.last_count, "before": before})
        said = lines_json(weeks[-1], weeks[-2])
        for each in said["load"]:
            each["person"] = await name_of(posts.api, each["person"])
        return said | {"week": subject["week"], "pictures": pictures, "gaps": top}

    async def _drawn(
        self, subject: Mapping[str, Any]
    ) -> tuple[list[Figures], list[dict[str, str]]]:
        zone = ZoneInfo(self.settings.review.timezone)
        until = datetime.fromisoformat(subject["until"]).astimezone(zone)
        ends = [until - timedelta(weeks=back) for back in reversed(range(_WEEKS))]
        record = await self.figures.record(
            self.settings.tenant, ends[0] - timedelta(days=7), ends[-1]
        )
        folder = self.settings.home / "digests" / str(subject["week"])
        return await asyncio.to_thread(_draw, record, ends, folder, self.clock())


def _draw(
    record: Record, ends: list[datetime], folder: Path, now: datetime
) -> tuple[list[Figures], list[dict[str, str]]]:
    """Figures of each week, and their plots as files. Blocks."""
    from evals.reports.canvas import draw
    from evals.reports.people_charts import people_charts

    weeks = [figures_of(record, end - timedelta(days=7), end, now=now) for end in ends]
    pictures = []
    try:
        for chart in people_charts(weeks):
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{chart.name}.png"
            path.write_bytes(draw(chart).png)
            pictures.append({"path": str(path), "alt": chart.alt})
        if pictures:
            _forget_old(folder.parent)
    except OSError as error:  # the figures are told without
        log.warning("the plots of the digest were not kept: %s", error.strerror)
        return weeks, []
    return weeks, pictures


def _forget_old(folder: Path) -> None:
    for old in sorted(path for path in folder.iterdir() if path.is_dir())[:-_KEPT]:
        for path in old.glob("*.png"):
            path.unlink(missing_ok=True)
        if not any(old.iterdir()):
            old.rmdir()
