"""The home tab, put together."""

from __future__ import annotations

from bot.access.admins import Admins
from bot.access.facts import SlackFacts
from bot.figures.digest_composing import reading_of
from bot.slack_api import SlackApi
from bot.slack_app import Identity
from bot.surfaces.home import Home
from engine.compose import Engine
from engine.spending.overview import SpendingOverview
from engine.storage.figures import FigureStore
from engine.storage.gaps import GapStore
from engine.storage.overview import OverviewStore


def home_of(
    engine: Engine,
    api: SlackApi,
    facts: SlackFacts,
    admins: Admins,
    identity: Identity,
    *,
    spending: SpendingOverview,
) -> Home:
    """What everybody sees of the bot there, and admins of its figures."""
    return Home(
        tenant=engine.settings.tenant,
        team=identity.team,
        url=identity.url,
        bot_user=identity.bot_user,
        api=api,
        admins=admins,
        facts=facts,
        overview=OverviewStore(engine.database),
        figures=FigureStore(engine.database),
        gaps=GapStore(engine.database),
        reading=reading_of(engine, api, facts, admins, team=identity.team),
        spending=spending,
        traces=engine.traces,
        documents=engine.documents,
        inbox=engine.inbox,
        clock=engine.pipeline.clock,
    )
