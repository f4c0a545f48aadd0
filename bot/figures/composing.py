"""Gaps and the weekly digest, put together."""

from __future__ import annotations

from dataclasses import dataclass

from bot.access.admins import Admins
from bot.access.facts import SlackFacts
from bot.announcing import Announcing
from bot.figures.article import Drafting, Publish
from bot.figures.digest_composing import reading_of
from bot.figures.doubts import DoubtFinder
from bot.figures.finding import GapFinder
from bot.figures.gap_buttons import GapButtons
from bot.figures.telling_gaps import GapTelling
from bot.figures.weekly import WeeklyFigures
from bot.review.policy import Policy
from bot.slack_api import SlackApi
from bot.slack_app import Identity
from engine.compose import Engine
from engine.storage.gaps import GapStore
from engine.storage.timers import TimerStore
from engine.storage.unanswered import UnansweredStore


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplesFigures:
    """What is due every week, and what is pressed under it."""

    weekly: WeeklyFigures
    buttons: GapButtons


def figures_of(
    engine: Engine,
    api: SlackApi,
    facts: SlackFacts,
    admins: Admins,
    policy: Policy,
    identity: Identity,
    *,
    publish: Publish,
) -> PeoplesFigures:
    """publish: makes an article knowledge."""
    settings, clock, database = engine.settings, engine.pipeline.clock, engine.database
    tenant = settings.tenant
    gaps, unanswered = GapStore(database), UnansweredStore(database)
    reading = reading_of(engine, api, facts, admins, team=identity.team)
    announcing = Announcing(tenant=tenant, announcements=engine.announcements, clock=clock)
    drafting = Drafting(tenant=tenant, api=api, traces=engine.traces, documents=engine.documents)
    telling = GapTelling(
        announcing=announcing,
        gaps=gaps,
        policy=policy,
        reading=reading,
        admin_channel=settings.review.admin_channel,
    )
    weekly = WeeklyFigures(
        settings=settings,
        timers=TimerStore(database),
        announcements=engine.announcements,
        announcing=announcing,
        finder=GapFinder(
            tenant=tenant,
            bot_user=identity.bot_user,
            embedder=engine.embedder,
            unanswered=unanswered,
            gaps=gaps,
            reading=reading,
            drafting=drafting,
        ),
        telling=telling,
        doubts=DoubtFinder(
            tenant=tenant,
            unanswered=unanswered,
            traces=engine.traces,
            documents=engine.documents,
        ),
        reading=reading,
        clock=clock,
    )
    buttons = GapButtons(
        tenant=tenant,
        api=api,
        gaps=gaps,
        announcements=engine.announcements,
        reading=reading,
        drafting=drafting,
        telling=telling,
        publish=publish,
        clock=clock,
    )
    return PeoplesFigures(weekly=weekly, buttons=buttons)
