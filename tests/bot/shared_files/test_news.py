"""What one process hears of shared files and another looks after."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.aside import Aside
from bot.shared_files.library import Library
from bot.shared_files.news import KIND, SharedFilesNews
from bot.shared_files.watch import SharedFilesWatch
from engine.storage.database import Database
from engine.storage.timers import Timer, TimerStore

AT = datetime(2026, 5, 4, 9, tzinfo=UTC)
MESSAGE = {
    "type": "message",
    "channel": "C1",
    "text": "my secret plan",
    "files": [{"id": "F1", "name": "plan.pdf"}],
}


@pytest.fixture
def news(database: Database) -> SharedFilesNews:
    library = cast(Library, SimpleNamespace(bot_user="UBOT"))
    aside = Aside()
    return SharedFilesNews(
        tenant="t",
        watch=SharedFilesWatch(library, ["C1"], aside),
        timers=TimerStore(database),
        aside=aside,
        clock=lambda: AT,
    )


async def passed_on(news: SharedFilesNews) -> list[Timer]:
    for task in list(news.aside._tasks):
        await task
    found: list[Timer] = []
    while timer := await news.timers.claim("t", at=AT, lease_s=60, kinds=[KIND]):
        found.append(timer)
    return found


async def test_what_another_hears_comes_by_a_row_with_ids_alone(news: SharedFilesNews) -> None:
    news.heed(MESSAGE)
    (timer,) = await passed_on(news)
    assert "plan" not in str(timer.detail)
    await news.due(timer)
    assert news.watch._named == {"C1": {"F1"}}


@pytest.mark.parametrize(
    "event",
    [
        {"type": "file_shared", "channel_id": "C1", "file_id": "F2"},
        {"type": "file_change", "file": {"id": "F2"}},
    ],
)
async def test_events_of_files_name_them(news: SharedFilesNews, event: dict[str, Any]) -> None:
    news.heed(event)
    (timer,) = await passed_on(news)
    await news.due(timer)
    assert news.watch._named == {"C1": {"F2"}}


async def test_a_lost_connection_is_a_look_at_everything(news: SharedFilesNews) -> None:
    await news.on_connected(1.0)
    assert await passed_on(news) == []
    await news.on_connected(4.0)
    (timer,) = await passed_on(news)
    await news.due(timer)
    assert list(news.watch._due) == ["all channels"]


async def test_what_is_no_news_of_files_is_not_passed_on(news: SharedFilesNews) -> None:
    news.heed({"type": "message", "channel": "C1", "text": "hello"})
    news.heed({"type": "reaction_added"})
    assert await passed_on(news) == []
