"""The watch over shared files, put together from the engine and Slack."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.aside import Aside
from bot.shared_files.library import Library
from bot.shared_files.news import SharedFilesNews
from bot.shared_files.telling import Telling
from bot.shared_files.watch import SharedFilesWatch
from bot.slack_api import SlackApi
from engine.compose import Engine
from engine.knowledge.own_audience import OwnAudience
from engine.storage.timers import TimerStore

_DOWNLOAD_S = 300.0
"""Longest time for one file; nobody waits for it."""


def watch_shared_files(
    engine: Engine, api: SlackApi, *, bot_user: str, aside: Aside
) -> SharedFilesNews:
    """The watch over the channels of the settings, not yet started, and who hears for it."""
    settings, clock = engine.settings, engine.pipeline.clock
    library = Library(
        api=api,
        ingestion=replace(engine.ingestion, own_audience=OwnAudience.NARROWS, parallel_parses=1),
        sources=engine.sources,
        telling=Telling(
            api=api, clock=clock, since=timedelta(seconds=settings.slack.forgotten_after_s)
        ),
        tenant=settings.tenant,
        bot_user=bot_user,
        max_bytes=settings.parse.max_bytes,
        download_s=_DOWNLOAD_S,
    )
    return SharedFilesNews(
        tenant=settings.tenant,
        watch=SharedFilesWatch(library, settings.slack.knowledge_channels, aside),
        timers=TimerStore(engine.database),
        aside=aside,
        clock=clock,
    )
