"""`/deskhand budget`: what the models cost, for admins alone, asked anew each time."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.access.admins import Admins
from bot.rendering.spending import budget_words
from bot.slack_api import SlackFault
from engine.spending.budgets import month_of
from engine.spending.overview import SpendingOverview

log = logging.getLogger(__name__)

NOT_ADMIN = "Only admins of this workspace can see what the models cost."
NOT_SAID = "Slack does not say now whether you are an admin; please try again."
_TOP = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetCommand:
    """Answers it. question_usd: what one question may cost."""

    admins: Admins
    overview: SpendingOverview
    question_usd: float

    async def command(self, body: Mapping[str, Any]) -> str:
        """The answer, shown to its typist alone.  Raises: StorageUnavailable."""
        user = str(body.get("user_id") or "")
        try:
            if not await self.admins.include(user):
                return NOT_ADMIN
        except SlackFault as fault:
            log.info("whether somebody is an admin was not read: %s", fault)
            return NOT_SAID
        overview = self.overview
        local = overview.budgets.local(overview.clock())
        began = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        people, top = await overview.store.people(overview.tenant, month_of(local), most=_TOP)
        return budget_words(
            await overview.now(),
            overview.budgets.settings,
            question_usd=self.question_usd,
            unsettled=await overview.store.unsettled(overview.tenant, began),
            people=people,
            top=top,
        )
