"""The watch over shared files, put together from the engine and Slack."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.aside import Aside
from bot.shared_files.library import Library
from bot.shared_files.telling import Telling
from bot.shared_files.watch import SharedFilesWatch
from bot.slack_api import SlackApi
from engine.compose import Engine
from engine.knowledge.own_audience import OwnAudience

_DOWNLOAD_S = 300.0
"""Longest time for one file; nobody waits for it."""


def watch_shared_files(
    engine: Engine, api: SlackApi, *, bot_user: str, aside: Aside
) -> SharedFilesWatch:
    """The watch over the channels of the settings, not yet started."""
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
    return SharedFilesWatch(library, settings.slack.knowledge_channels, aside)
