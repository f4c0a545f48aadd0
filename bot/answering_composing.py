"""What answers a question, put together."""

from __future__ import annotations

from dataclasses import replace

from bot.access.facts import SlackFacts
from bot.access.reviewers import Reviewers
from bot.answering import Answering
from bot.attachments import Attachments
from bot.case_cards import CaseCards
from bot.intake.limits import Limits
from bot.intake.receiver import Receiver
from bot.modes.composing import Modes
from bot.persons_answers import PersonsAnswers
from bot.slack_api import SlackApi
from bot.slack_app import Identity
from bot.surfaces.deeds import Deeds
from engine.compose import Engine
from engine.knowledge.own_audience import OwnAudience
from engine.storage.admissions import AdmissionStore
from evals.mirroring.answers import AnswerMirror


def answering_of(
    engine: Engine,
    api: SlackApi,
    facts: SlackFacts,
    identity: Identity,
    *,
    reviewers: Reviewers,
    receiver: Receiver,
    cards: CaseCards | None,
    modes: Modes,
    mirror: AnswerMirror,
    attachments: Attachments,
    deeds: Deeds,
) -> Answering:
    """Answers of the engine and of persons. cards: None where nobody takes cases."""
    settings, clock = engine.settings, engine.pipeline.clock
    tenant, bot_user = settings.tenant, identity.bot_user
    return Answering(
        tenant=tenant,
        bot_user=bot_user,
        api=api,
        facts=facts,
        answers=engine.answer_cache,
        traces=engine.traces,
        documents=engine.documents,
        persons=PersonsAnswers(
            tenant=tenant,
            team=identity.team,
            bot_user=bot_user,
            api=api,
            facts=facts,
            reviewers=reviewers,
            inbox=engine.inbox,
            traces=engine.traces,
            documents=engine.documents,
            cases=engine.cases,
            deeds=deeds,
            clock=clock,
        ),
        expect=cards.expect if cards is not None else None,
        inbox=engine.inbox,
        receiver=receiver,
        attachments=attachments,
        mirror=mirror,
        standings=modes.standings,
        limits=Limits(
            tenant=tenant,
            admissions=AdmissionStore(engine.database, settings.limits),
            clock=clock,
        ),
        record=modes.record,
        settings=settings.slack,
        clock=clock,
    )


def attachments_of(engine: Engine, api: SlackApi) -> Attachments:
    """What reads files that come with a question."""
    settings = engine.settings
    return Attachments(
        api=api,
        ingestion=replace(engine.ingestion, own_audience=OwnAudience.IGNORED),
        sources=engine.sources,
        inbox=engine.inbox,
        clock=engine.pipeline.clock,
        tenant=settings.tenant,
        home=settings.home,
        max_bytes=settings.parse.max_bytes,
    )
