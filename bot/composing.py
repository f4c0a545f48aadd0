"""Puts the bot together from the engine, Slack and the settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.access.admins import Admins
from bot.access.facts import SlackFacts
from bot.access.reviewers import Reviewers
from bot.answering_composing import answering_of, attachments_of
from bot.aside import Aside
from bot.asked_line import AskedLine
from bot.delivery.poster import Poster
from bot.delivery.turns import Turns
from bot.delivery.worker import Worker
from bot.escalation import Escalation
from bot.evals.composing import evaluations_of
from bot.figures.composing import figures_of
from bot.figures.publishing import EntryArticles
from bot.intake.arrivals import Arrivals
from bot.intake.gap_loop import GapLoop
from bot.intake.gaps import Gaps
from bot.intake.receiver import Receiver
from bot.intake.taken_part import TakenPart
from bot.leading import Leadership
from bot.learning.composing import entries_of
from bot.modes.composing import modes_of
from bot.private_upgrade import PrivateUpgrade
from bot.readiness import Readiness
from bot.refitting import Refitting
from bot.rendering.notices import Person
from bot.rereading import SourceRereading
from bot.retaining import NightlyRetention
from bot.retraining.weekly import WeeklyRetraining
from bot.review.composing import case_handlers_of, case_timing_of, timekeeper_of
from bot.review.desk_composing import cards_of, desk_of, lost_cards_of
from bot.review.policy import load_policy
from bot.rotation import Renewal
from bot.running import Bot
from bot.shared_files.composing import watch_shared_files
from bot.slack_api import SlackApi
from bot.slack_app import Identity
from bot.spending.composing import money_of
from bot.surfaces.asking import Asking
from bot.surfaces.buttons import Buttons
from bot.surfaces.composing import home_of
from bot.surfaces.deeds import Deeds
from bot.surfaces.dispatch import Dispatch
from bot.telemetry.composing import gauges_of
from bot.transport.composing import ways_of
from bot.undelivered import Undelivered
from bot.wording import SlackWording
from engine.compose import Engine
from engine.storage.inbox import InboxItem
from engine.storage.leases import LeaseStore
from engine.storage.open_cards import OpenCards
from engine.storage.placed_questions import PlacedQuestions
from engine.storage.timers import TimerStore
from evals.mirroring.answers import AnswerMirror

_THREADS_SINCE = timedelta(days=7)
"""How long a thread that nobody writes in is looked at after a gap."""


def compose(
    engine: Engine,
    api: SlackApi,
    facts: SlackFacts,
    identity: Identity,
    mirror: AnswerMirror,
    turns: Turns | None = None,
) -> Bot:
    """A bot of these parts, not yet running. turns: those of all workspaces that this process
    serves, whose requests come to the bot by whoever composed it; None: it serves this one alone,
    and takes Slack's requests itself."""
    settings, clock = engine.settings, engine.pipeline.clock
    slack, tenant, bot_user = settings.slack, settings.tenant, identity.bot_user
    aside, readiness = Aside(), Readiness()
    leadership = Leadership(tenant=tenant, leases=LeaseStore(engine.database))
    if not settings.role.answers:
        readiness.others = leadership.why_not
    deeds = Deeds(tenant=tenant, audit=engine.audit, clock=clock)
    policy = load_policy(settings.review.policy, settings)
    admins = Admins(api=api, facts=facts, group=slack.admins)
    modes = modes_of(engine, api, admins, identity, aside, policy)
    attachments = attachments_of(engine, api)
    poster = Poster(tenant=tenant, api=api, replies=engine.replies, bot_user=bot_user, clock=clock)
    unheard = Receiver(
        tenant=tenant,
        bot_user=bot_user,
        inbox=engine.inbox,
        intake=engine.intake,
        conversations=engine.conversations,
        cases=engine.cases,
        standings=modes.standings,
        clock=clock,
        forgotten_after=timedelta(seconds=slack.forgotten_after_s),
        on_new=_tell_nobody,
        on_changed=_tell_nobody,
    )
    entries = entries_of(engine, api, facts, aside, team=identity.team, bot_user=bot_user)
    timing = case_timing_of(engine, api, policy, team=identity.team)
    reviewers = Reviewers(facts=facts, team=identity.team, group=settings.review.reviewers)
    lost = lost_cards_of(engine, api)
    cards = cards_of(
        engine, api, facts, policy, poster, unheard, lost, team=identity.team, bot_user=bot_user
    )
    escalation = Escalation(
        tenant=tenant,
        cards=cards,
        cases=engine.cases,
        traces=engine.traces,
        clock=clock,
        prepare=timing.arm,
        on_delivered=entries.keeping.on_delivered,
    )
    undelivered = Undelivered(tenant=tenant, api=api, cases=engine.cases, then=escalation.on_done)
    taken_part = TakenPart(
        conversations=engine.conversations,
        replies=engine.replies,
        clock=clock,
        then=undelivered.on_done,
    )
    more = PrivateUpgrade(
        tenant=tenant,
        team=identity.team,
        bot_user=bot_user,
        enabled=slack.private_upgrade,
        api=api,
        facts=facts,
        inbox=engine.inbox,
        documents=engine.documents,
        retriever=engine.retriever,
        answerability=engine.answerability,
        min_confidence=settings.answer.min_confidence,
        asking=lambda: asking,
        aside=aside,
        clock=clock,
        then=taken_part.on_done,
    )
    worker = Worker(
        tenant=tenant,
        inbox=engine.inbox,
        replies=engine.replies,
        api=api,
        bot_user=bot_user,
        poster=poster,
        answerer=answering_of(
            engine,
            api,
            facts,
            identity,
            reviewers=reviewers,
            receiver=unheard,
            cards=cards,
            modes=modes,
            mirror=mirror,
            attachments=attachments,
            deeds=deeds,
        ),
        wording=SlackWording(person=Person.HAS_IT if slack.escalation_channel else Person.NOBODY),
        settings=slack,
        turns=turns,
        stand=AskedLine(
            api=api, poster=poster, questions=PlacedQuestions(engine.database), clock=clock
        ).stand,
        on_case=escalation.on_case,
        on_done=more.on_done,
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
        asking=asking,
        mirror=mirror,
        witnesses=modes.witnesses,
        clock=clock,
    )
    desk, desk_forms = desk_of(engine, api, reviewers, escalation, receiver)
    money = money_of(engine, admins)
    home = home_of(engine, api, facts, admins, identity, spending=money.overview)
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
        sweeps=lambda: leadership.leads,
    )
    shared_files = watch_shared_files(engine, api, bot_user=bot_user, aside=aside)
    evaluations = evaluations_of(engine, api, facts, admins, aside, team=identity.team)
    retraining = WeeklyRetraining(
        settings=settings,
        timers=TimerStore(engine.database),
        announcements=engine.announcements,
        clock=clock,
    )
    retaining = NightlyRetention(
        tenant=tenant,
        retention=engine.retention,
        timers=TimerStore(engine.database),
        timezone=settings.review.timezone,
        clock=clock,
    )
    rereading = SourceRereading(
        settings=settings,
        timers=TimerStore(engine.database),
        children=evaluations.children,
        clock=clock,
    )
    figures = figures_of(
        engine,
        api,
        facts,
        admins,
        policy,
        identity,
        publish=EntryArticles(learning=entries.learning, keeping=entries.keeping, clock=clock),
    )
    dispatch = Dispatch(
        bot_user=bot_user,
        facts=facts,
        receiver=receiver,
        worker=worker,
        asking=asking,
        buttons=buttons,
        more=more,
        desk=desk,
        desk_forms=desk_forms,
        escalation=escalation,
        home=home,
        gaps=gaps,
        shared_files=shared_files,
        evaluations=evaluations,
        gap_buttons=figures.buttons,
        entries=entries,
        modes=modes.commands,
        budget=money.command,
        deeds=deeds,
        aside=aside,
        readiness=readiness,
    )
    ways = ways_of(engine, identity, dispatch, readiness) if turns is None else None
    return Bot(
        engine=engine,
        api=api,
        identity=identity,
        worker=worker,
        escalation=escalation,
        aside=aside,
        gaps=gaps,
        readiness=readiness,
        surfaces=dispatch,
        gauges=gauges_of(engine),
        http=ways.http if ways else None,
        socket=ways.socket if ways else None,
        renewal=Renewal(api=api, ways=ways, identity=identity, readiness=readiness),
        attachments=attachments,
        shared_files=shared_files.watch,
        evaluations=evaluations.clockwork,
        modes=modes,
        timing=timing,
        timekeeper=timekeeper_of(
            engine,
            retraining.handlers,
            retaining.handlers,
            rereading.handlers,
            shared_files.handlers,
            modes.handlers,
            figures.weekly.handlers,
            case_handlers_of(engine, timing, lost, reviewers, escalation.wake),
            entries.keeping.handlers,
            entries.deleted.handlers,
            money.watch.handlers,
            entries.proposals.handlers if entries.proposals else {},
        ),
        leadership=leadership,
        retraining=retraining,
        retaining=retaining,
        rereading=rereading,
        figures=figures.weekly,
        spending=money.watch,
        refitting=Refitting(
            tenant=tenant,
            own=engine.answerability,
            documents=engine.documents,
            fits=engine.fits,
            clock=clock,
            every_s=settings.refit_every_s,
        ),
        entries=entries.keeping,
        deleted=entries.deleted,
    )


async def _tell_nobody(_: InboxItem) -> None:
    """Who takes a question in while answering another is about to look for the next anyway."""
