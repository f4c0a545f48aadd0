"""Messages of announcements whose notes, or whose calls, come late."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.delivery.recovery import InDoubt
from bot.evals.pictures import bring_pictures
from bot.evals.posts import ROOT, Posts
from bot.rendering.message import Message
from engine.storage.announcements import Announcement, AnnouncementKind
from tests.bot.delivery.conftest import TENANT, Desk
from tests.bot.delivery.conftest import desk as desk

SAID = Message(text="A report", blocks=({"type": "markdown", "text": "A report"},))


async def in_time() -> None:
    """The database notes at once."""


@dataclass
class Row:
    """What is noted, as long as it takes."""

    noting: Callable[[], Awaitable[None]] = in_time
    posts: Mapping[str, Any] = field(default_factory=dict)

    async def save_posts(self, held: Any, posts: Mapping[str, Any]) -> bool:
        self.posts = posts
        await self.noting()
        return True


def posts_at(desk: Desk, row: Row) -> Posts:
    """A process that takes the announcement up from its row."""
    held = Announcement(
        id="run",
        tenant=TENANT,
        kind=AnnouncementKind.RUN,
        channel=desk.general.id,
        opened_at=desk.now(),
    )
    return Posts(desk.api, row, desk.now, replace(held, posts=row.posts))


def late_at(desk: Desk) -> Callable[[], Awaitable[None]]:
    """A database that is out of reach for more than half of a call's time limit."""

    async def late() -> None:
        await desk.clock.advance(0.6 * desk.api.timeout_s)

    return late


async def test_a_post_noted_too_late_is_left_to_whoever_takes_it_up(desk: Desk) -> None:
    row = Row(noting=late_at(desk))
    with pytest.raises(InDoubt) as doubt:
        await posts_at(desk, row).bring(ROOT, SAID)
    assert desk.workspace.calls("chat.postMessage") == []
    row.noting = in_time
    with pytest.raises(InDoubt):
        await posts_at(desk, row).bring(ROOT, SAID)
    await desk.clock.advance((doubt.value.due_at - desk.now()).total_seconds())
    await posts_at(desk, row).bring(ROOT, SAID)
    await posts_at(desk, row).bring(ROOT, SAID)
    assert len(desk.workspace.calls("chat.postMessage")) == 1


async def test_pictures_noted_too_late_are_left_too(desk: Desk, tmp_path: Path) -> None:
    picture = tmp_path / "risk.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 64)
    pictures = [{"path": str(picture), "alt": "Risk"}]
    row = Row()
    posts = posts_at(desk, row)
    await posts.bring(ROOT, SAID)
    row.noting = late_at(desk)
    with pytest.raises(InDoubt) as doubt:
        await bring_pictures(posts, pictures)
    assert desk.workspace.calls("files.completeUploadExternal") == []
    row.noting = in_time
    await desk.clock.advance((doubt.value.due_at - desk.now()).total_seconds())
    await bring_pictures(posts_at(desk, row), pictures)
    assert len(desk.workspace.calls("files.completeUploadExternal")) == 1
