"""The cards of cases and what is done on them, put together."""

from __future__ import annotations

from bot.access.facts import SlackFacts
from bot.access.reviewers import Reviewers
from bot.announcing import Announcing
from bot.case_cards import CaseCards
from bot.case_notices import CaseNotices
from bot.delivery.poster import Poster
from bot.escalation import Escalation
from bot.intake.receiver import Receiver
from bot.review.business_time import business_time_of
from bot.review.desk import Desk
from bot.review.desk_forms import DeskForms
from bot.review.expectation import Expectation
from bot.review.lost_cards import LostCards
from bot.review.policy import Policy
from bot.review.routing import Routing
from bot.review.rules import Rules
from bot.review.similar import SimilarCases
from bot.slack_api import SlackApi
from engine.compose import Engine
from engine.mirroring.opening import open_card_redactor
from engine.storage.answered_cases import AnsweredCases
from engine.storage.channel_modes import ChannelModeStore
from engine.storage.lost_cards import LostCardStore
from engine.storage.webhook_calls import WebhookCallStore


def lost_cards_of(engine: Engine, api: SlackApi) -> LostCards:
    """What becomes of cards that are out of reach."""
    settings, clock = engine.settings, engine.pipeline.clock
    return LostCards(
        tenant=settings.tenant,
        api=api,
        cases=engine.cases,
        store=LostCardStore(engine.database),
        replies=engine.replies,
        announcing=Announcing(
            tenant=settings.tenant, announcements=engine.announcements, clock=clock
        ),
        channel=settings.slack.escalation_channel,
        admin_channel=settings.review.admin_channel,
        clock=clock,
    )


def cards_of(
    engine: Engine,
    api: SlackApi,
    facts: SlackFacts,
    policy: Policy,
    poster: Poster,
    receiver: Receiver,
    lost: LostCards,
    *,
    team: str,
    bot_user: str,
) -> CaseCards | None:
    """The cards of cases; None where no channel is set for them."""
    settings, clock = engine.settings, engine.pipeline.clock
    tenant, channel = settings.tenant, settings.slack.escalation_channel
    if not channel:
        return None
    business = business_time_of(settings.review)
    expectation = Expectation(
        tenant=tenant,
        cases=engine.cases,
        minutes_between=business.minutes_between,
        day=business.closes - business.opens,
        clock=clock,
    )
    return CaseCards(
        tenant=tenant,
        team=team,
        channel=channel,
        bot_user=bot_user,
        api=api,
        facts=facts,
        inbox=engine.inbox,
        cases=engine.cases,
        traces=engine.traces,
        documents=engine.documents,
        poster=poster,
        receiver=receiver,
        routing=Routing(
            tenant=tenant,
            team=team,
            policy=policy,
            modes=ChannelModeStore(engine.database),
            fallback=channel,
        ),
        similar=SimilarCases(
            tenant=tenant,
            bot_user=bot_user,
            answered=AnsweredCases(engine.database),
            embedder=engine.embedder,
        ),
        expectation=expectation,
        notices=CaseNotices(
            tenant=tenant,
            channel=channel,
            api=api,
            inbox=engine.inbox,
            cases=engine.cases,
            replies=engine.replies,
            poster=poster,
            expectation=expectation,
        ),
        redactor=open_card_redactor(settings),
        lost=lost,
        admin_channel=settings.review.admin_channel,
        tickets=WebhookCallStore(engine.database),
    )


def desk_of(
    engine: Engine,
    api: SlackApi,
    reviewers: Reviewers,
    escalation: Escalation,
    receiver: Receiver,
) -> tuple[Desk, DeskForms]:
    """What reviewers do on the cards, and in the forms of these."""
    settings, clock = engine.settings, engine.pipeline.clock
    rules = Rules(reviewers=reviewers, escalation=escalation, receiver=receiver, clock=clock)
    desk = Desk(
        tenant=settings.tenant,
        api=api,
        rules=rules,
        inbox=engine.inbox,
        cases=engine.cases,
        cards=escalation.cards,
        triage=engine.triage,
        clock=clock,
    )
    forms = DeskForms(
        tenant=settings.tenant,
        api=api,
        rules=rules,
        inbox=engine.inbox,
        cases=engine.cases,
        business=business_time_of(settings.review),
        clock=clock,
    )
    return desk, forms
