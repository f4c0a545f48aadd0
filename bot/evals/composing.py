"""Evaluations in Slack, put together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.access.admins import Admins
from bot.access.facts import SlackFacts
from bot.aside import Aside
from bot.evals.attending import Attending
from bot.evals.case_view import CaseView
from bot.evals.children import Children
from bot.evals.clockwork import Clockwork
from bot.evals.commands import EvalCommands
from bot.evals.starting import Starting
from bot.evals.telling import Telling
from bot.figures.digest_composing import digest_of
from bot.slack_api import SlackApi
from engine.compose import Engine
from evals.running.keeper import process_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluations:
    """All of it."""

    commands: EvalCommands
    cases: CaseView
    clockwork: Clockwork
    children: Children


def evaluations_of(
    engine: Engine, api: SlackApi, facts: SlackFacts, admins: Admins, aside: Aside, *, team: str
) -> Evaluations:
    """What `/deskhand eval`, its buttons and its schedules need."""
    settings, clock = engine.settings, engine.pipeline.clock
    news = asyncio.Event()
    children = Children(
        folder=settings.home / "evals" / "processes",
        niceness=settings.evals.niceness,
        environment=engine.environment,
    )
    starting = Starting(
        settings=settings,
        runs=engine.evaluations,
        announcements=engine.announcements,
        clock=clock,
        news=news,
    )
    attending = Attending(
        runs=engine.evaluations,
        announcements=engine.announcements,
        children=children,
        starting=starting,
        name=process_name(),
    )
    telling = Telling(
        settings=settings,
        announcements=engine.announcements,
        children=children,
        digest=digest_of(engine, api, facts, admins, team=team),
        clock=clock,
    )
    return Evaluations(
        children=children,
        commands=EvalCommands(
            api=api,
            admins=admins,
            starting=starting,
            schedules=engine.eval_schedules,
            announcements=engine.announcements,
        ),
        cases=CaseView(
            settings=settings,
            team=team,
            api=api,
            admins=admins,
            facts=facts,
            runs=engine.evaluations,
            answers=engine.eval_answers,
            documents=engine.documents,
            aside=aside,
        ),
        clockwork=Clockwork(
            settings=settings,
            api=api,
            schedules=engine.eval_schedules,
            announcements=engine.announcements,
            starting=starting,
            attending=attending,
            telling=telling,
            clock=clock,
            news=news,
        ),
    )
