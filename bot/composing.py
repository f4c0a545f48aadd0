"""Puts the bot together from the engine, Slack and the settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.access.facts import SlackFacts
from bot.answering import Answering
from bot.aside import Aside
from bot.asked_line import AskedLine
from bot.attachments import Attachments
from bot.case_cards import CaseCards
from bot.credentials import (
    revealed,
)
from bot.delivery.poster import Poster
from bot.delivery.worker import Worker
from bot.escalation import Escalation
from bot.evals.composing import evaluations_of
from bot.intake.arrivals import Arrivals
from bot.intake.gap_loop import GapLoop
from bot.intake.gaps import Gaps
from bot.intake.receiver import Receiver
from bot.intake.taken_part import TakenPart
from bot.persons_answers import PersonsAnswers
from bot.readiness import Readiness
from bot.rendering.notices import Person
from bot.running import Bot
from bot.shared_files.composing import watch_shared_files
from bot.slack_api import SlackApi
from bot.slack_app import Identity, make_slack_app
from bot.surfaces.asking import Asking
from bot.surfaces.buttons import Buttons
from bot.surfaces.dispatch import Dispatch
from bot.surfaces.home import Home
from bot.transport.http import HttpTransport
from bot.transport.socket import SocketTransport
from bot.undelivered import Undelivered
from bot.wording import SlackWording
from engine.compose import Engine
from engine.knowledge.own_audience import OwnAudience
from engine.storage.inbox import InboxItem
from engine.storage.open_cards import OpenCards
from engine.storage.overview import OverviewStore
from engine.storage.placed_questions import PlacedQuestions
from evals.mirroring.answers import AnswerMirror

_THREADS_SINCE = timedelta(days=7)
"""How long a thread that nobody writes in is looked at after a gap."""


def compose(
    engine: Engine, api: SlackApi, facts: SlackFacts, identity: Identity, mirror: AnswerMirror
) -> Bot:
    """A bot of these parts, not yet running."""
    settings, clock = engine.settings, engine.pipeline.clock
    slack, tenant, bot_user = settings.slack, settings.tenant, identity.bot_user
    aside, readiness = Aside(), Readiness()
    attachments = Attachments(
        api=api,
        ingestion=replace(engine.ingestion, own_audience=OwnAudience.IGNORED),
        sources=engine.sources,
        inbox=engine.inbox,
        clock=clock,
        tenant=tenant,
        home=settings.home,
        max_bytes=settings.parse.max_bytes,
    )
    poster = Poster(tenant=tenant, api=api, replies=engine.replies, bot_user=bot_user, clock=clock)
    unheard = Receiver(
        tenant=tenant,
        bot_user=bot_user,
        inbox=engine.inbox,
        intake=engine.intake,
        conversations=engine.conversations,
        cases=engine.cases,
        clock=clock,
        escalation_channel=slack.escalation_channel,
        forgotten_after=timedelta(seconds=slack.forgotten_after_s),
        on_new=_tell_nobody,
        on_changed=_tell_nobody,
    )
    cards = None
    if slack.escalation_channel:
        cards = CaseCards(
            tenant=tenant,
            team=identity.team,
            channel=slack.escalation_channel,
            bot_user=bot_user,
            api=api,
            facts=facts,
            inbox=engine.inbox,
            cases=engine.cases,
            traces=engine.traces,
            documents=engine.documents,
            poster=poster,
            receiver=unheard,
        )
    escalation = Escalation(tenant=tenant, cards=cards, cases=engine.cases, clock=clock)
    undelivered = Undelivered(tenant=tenant, api=api, cases=engine.cases, then=escalation.on_done)
    taken_part = TakenPart(
        conversations=engine.conversations,
        replies=engine.replies,
        clock=clock,
        then=undelivered.on_done,
    )
    worker = Worker(
        tenant=tenant,
        inbox=engine.inbox,
        replies=engine.replies,
        api=api,
        bot_user=bot_user,
        poster=poster,
        answerer=Answering(
            tenant=tenant,
            bot_user=bot_user,
            api=api,
            facts=facts,
            pipeline=engine.pipeline,
            traces=engine.traces,
            documents=engine.documents,
            persons=PersonsAnswers(
                tenant=tenant,
                team=identity.team,
                bot_user=bot_user,
                api=api,
                facts=facts,
                cases=engine.cases,
                clock=clock,
            ),
            inbox=engine.inbox,
            receiver=unheard,
            attachments=attachments,
            mirror=mirror,
            settings=slack,
            clock=clock,
        ),
        wording=SlackWording(person=Person.HAS_IT if slack.escalation_channel else Person.NOBODY),
        settings=slack,
        stand=AskedLine(
            api=api, poster=poster, questions=PlacedQuestions(engine.database), clock=clock
        ).stand,
        on_case=escalation.on_case,
        on_done=taken_part.on_done,
        clock=clock,
    )
    arrivals = Arrivals(
        tenant=tenant,
        bot_user=bot_user,
        api=api,
        inbox=engine.inbox,
        worker=worker,
        aside=aside,
        wake_cards=escalation.wake,
        queue_notice=slack.queue_notice,
    )
    receiver = replace(unheard, on_new=arrivals.on_new, on_changed=arrivals.on_changed)
    asking = Asking(api=api, receiver=receiver, team=identity.team, bot_user=bot_user, clock=clock)
    buttons = Buttons(
        tenant=tenant,
        team=identity.team,
        api=api,
        facts=facts,
        inbox=engine.inbox,
        replies=engine.replies,
        traces=engine.traces,
        documents=engine.documents,
        feedback=engine.feedback,
        cases=engine.cases,
        escalation=escalation,
        receiver=receiver,
        asking=asking,
        mirror=mirror,
        clock=clock,
    )
    home = Home(
        tenant=tenant,
        team=identity.team,
        url=identity.url,
        bot_user=bot_user,
        api=api,
        facts=facts,
        overview=OverviewStore(engine.database),
        traces=engine.traces,
        documents=engine.documents,
        inbox=engine.inbox,
        feedback=engine.feedback,
        clock=clock,
    )
    gaps = GapLoop(
        Gaps(
            tenant=tenant,
            team=identity.team,
            api=api,
            receiver=receiver,
            conversations=engine.conversations,
            clock=clock,
            cards=OpenCards(engine.database),
            threads_since=_THREADS_SINCE,
        ),
        facts,
        clock,
        sweep_every_s=slack.sweep_every_s,
    )
    shared_files = watch_shared_files(engine, api, bot_user=bot_user, aside=aside)
    evaluations = evaluations_of(engine, api, facts, aside, team=identity.team)
    dispatch = Dispatch(
        facts=facts,
        receiver=receiver,
        worker=worker,
        asking=asking,
        buttons=buttons,
        home=home,
        gaps=gaps,
        shared_files=shared_files,
        evaluations=evaluations,
        aside=aside,
        readiness=readiness,
    )
    over_http = slack.transport == "http"
    app = make_slack_app(
        identity,
        dispatch,
        token=revealed(slack.bot_token),
        signing_secret=revealed(slack.signing_secret),
        signed=over_http,
    )
    socket = None
    if not over_http:
        socket = SocketTransport(
            app,
            app_token=revealed(slack.app_token),
            api_url=slack.api_url,
            timeout_s=slack.request_timeout_s,
            on_connected=dispatch.connected,
        )
        readiness.connected = lambda: socket.connected
    return Bot(
        engine=engine,
        identity=identity,
        worker=worker,
        escalation=escalation,
        aside=aside,
        gaps=gaps,
        readiness=readiness,
        http=HttpTransport(
            host=slack.host,
            port=slack.port,
            not_ready=readiness.why_not,
            app=app if over_http else None,
        ),
        socket=socket,
        attachments=attachments,
        shared_files=shared_files,
        evaluations=evaluations.clockwork,
    )


async def _tell_nobody(_: InboxItem) -> None:
    """Who takes a question in while answering another is about to look for the next anyway."""
