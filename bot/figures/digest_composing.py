"""The digest, put together; apart from the rest, which needs what tells of it."""

from __future__ import annotations

from bot.access.admins import Admins
from bot.access.facts import SlackFacts
from bot.figures.digest import Digest
from bot.figures.reading import Reading
from bot.slack_api import SlackApi
from engine.compose import Engine
from engine.storage.figures import FigureStore
from engine.storage.gaps import GapStore


def reading_of(
    engine: Engine, api: SlackApi, facts: SlackFacts, admins: Admins, *, team: str
) -> Reading:
    """Who may read what of other people's questions."""
    reviewers = engine.settings.review.reviewers
    return Reading(
        team=team,
        api=api,
        admins=admins,
        facts=facts,
        reviewers=reviewers,
    )


def digest_of(
    engine: Engine, api: SlackApi, facts: SlackFacts, admins: Admins, *, team: str
) -> Digest:
    """What tells of a week."""
    return Digest(
        settings=engine.settings,
        figures=FigureStore(engine.database),
        gaps=GapStore(engine.database),
        reading=reading_of(engine, api, facts, admins, team=team),
        announcements=engine.announcements,
        clock=engine.pipeline.clock,
    )
