"""What admins see and hear of money, put together."""

from __future__ import annotations

from dataclasses import dataclass

from bot.access.admins import Admins
from bot.announcing import Announcing
from bot.spending.commands import BudgetCommand
from bot.spending.watching import SpendingWatch
from engine.compose import Engine
from engine.spending.overview import SpendingOverview
from engine.storage.timers import TimerStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """All of it."""

    overview: SpendingOverview
    command: BudgetCommand
    watch: SpendingWatch


def money_of(engine: Engine, admins: Admins) -> Money:
    """What the command, the home tab and the alerts need."""
    settings, clock = engine.settings, engine.pipeline.clock
    overview = SpendingOverview(
        tenant=settings.tenant, store=engine.spend, budgets=engine.budgets, clock=clock
    )
    return Money(
        overview=overview,
        command=BudgetCommand(
            admins=admins, overview=overview, question_usd=settings.slack.max_cost_usd
        ),
        watch=SpendingWatch(
            tenant=settings.tenant,
            overview=overview,
            announcing=Announcing(
                tenant=settings.tenant, announcements=engine.announcements, clock=clock
            ),
            admin_channel=settings.review.admin_channel,
            timers=TimerStore(engine.database),
            clock=clock,
        ),
    )
