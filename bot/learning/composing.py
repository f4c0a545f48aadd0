"""Learning, put together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.access.facts import SlackFacts
from bot.aside import Aside
from bot.learning.deleted import DeletedQuestions
from bot.learning.entry_rights import EntryRights
from bot.learning.keeping import EntryKeeping
from bot.learning.learning import Learning
from bot.learning.proposals import Proposals
from bot.learning.surface import EntryButtons
from bot.learning.telling import EntryTelling
from bot.slack_api import SlackApi
from engine.compose import Engine
from engine.storage.deleted_questions import DeletedQuestionStore
from engine.storage.entry_messages import EntryMessageStore
from engine.storage.entry_watch import EntryWatch
from engine.storage.erasing import ErasingStore
from engine.storage.timers import TimerStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """All of it. proposals: None where answers in threads are left alone."""

    learning: Learning
    keeping: EntryKeeping
    buttons: EntryButtons
    deleted: DeletedQuestions
    proposals: Proposals | None


def entries_of(
    engine: Engine, api: SlackApi, facts: SlackFacts, aside: Aside, *, team: str, bot_user: str
) -> Entries:
    """What answers of people become."""
    settings, clock = engine.settings, engine.pipeline.clock
    tenant, channel = settings.tenant, settings.slack.escalation_channel
    timers = TimerStore(engine.database)
    learning = Learning(
        tenant=tenant,
        bot_user=bot_user,
        api=api,
        facts=facts,
        entries=engine.entries,
        documents=engine.documents,
        retriever=engine.retriever,
        knowledge=engine.entry_knowledge,
        ingestion=engine.ingestion,
        clock=clock,
        kept_for=timedelta(days=settings.review.entry_days),
    )
    rights = EntryRights(tenant=tenant, facts=facts, documents=engine.documents)
    telling = EntryTelling(
        tenant=tenant,
        team=team,
        api=api,
        facts=facts,
        entries=engine.entries,
        messages=EntryMessageStore(engine.database),
        cases=engine.cases,
        documents=engine.documents,
        passages=engine.passages,
        channel=channel,
        clock=clock,
    )
    keeping = EntryKeeping(
        tenant=tenant,
        api=api,
        learning=learning,
        telling=telling,
        entries=engine.entries,
        cases=engine.cases,
        inbox=engine.inbox,
        traces=engine.traces,
        documents=engine.documents,
        rights=rights,
        watch=EntryWatch(engine.database),
        timers=timers,
        clock=clock,
    )
    buttons = EntryButtons(
        tenant=tenant,
        team=team,
        api=api,
        facts=facts,
        entries=engine.entries,
        learning=learning,
        keeping=keeping,
        channel=channel,
        group=settings.review.reviewers,
        clock=clock,
    )
    proposals = Proposals(
        tenant=tenant,
        team=team,
        bot_user=bot_user,
        api=api,
        facts=facts,
        entries=engine.entries,
        learning=learning,
        rights=rights,
        telling=telling,
        timers=timers,
        aside=aside,
        channel=channel,
        group=settings.review.reviewers,
        clock=clock,
    )
    return Entries(
        learning=learning,
        keeping=keeping,
        buttons=buttons,
        deleted=DeletedQuestions(
            tenant=tenant,
            bot_user=bot_user,
            home=settings.home,
            questions=DeletedQuestionStore(engine.database),
            erasing=ErasingStore(engine.database),
            entries=engine.entries,
            keeping=keeping,
            timers=timers,
            clock=clock,
        ),
        proposals=proposals if settings.review.learn_from_threads else None,
    )
