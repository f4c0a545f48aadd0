"""What questions and money are let through, and what happens by the clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.diagnosis import Check, Finding, fail, ok, warn
from engine.settings import Settings

_DAYS_OF_A_MONTH = 31


class LimitsCheck:
    """schedules: how many evaluations the clock starts."""

    def __init__(self, settings: Settings, schedules: Callable[[], Awaitable[int]]) -> None:
        self._settings = settings
        self._schedules = schedules

    def checks(self) -> list[Check]:
        """Rates, money, the clock."""
        return [
            Check(name="rate limits", look=self._rates),
            Check(name="budget", look=self._budget),
            Check(name="schedule", look=self._schedule, limit_s=15),
        ]

    async def _rates(self) -> Finding:
        limits = self._settings.limits
        if not limits.person <= limits.channel <= limits.workspace:
            return fail(
                f"{limits.person:,} questions of a person, {limits.channel:,} of a channel and "
                f"{limits.workspace:,} of all: a smaller circle may ask more than a larger one",
                "let DESKHAND_LIMITS__PERSON be the least and __WORKSPACE the most",
            )
        if limits.person * 2 > limits.workspace:
            return warn(
                "two people can use up everybody's questions",
                "lower DESKHAND_LIMITS__PERSON, or raise __WORKSPACE",
            )
        return ok(
            f"{limits.person:,} questions of a person and {limits.workspace:,} of all in "
            f"{limits.window_s / 60:,.0f} minutes"
        )

    async def _budget(self) -> Finding:
        settings, budget = self._settings, self._settings.budget
        if settings.openai.api_key is None and settings.openai.base_url is None:
            return ok("no model is set, so nothing is paid for")
        from engine.adapters.model_prices import price_is_known

        server, ours = settings.openai.base_url, settings.openai.prices
        unknown = [model for model in _models(settings) if not price_is_known(server, model, ours)]
        if unknown:
            return fail(
                f"no price is known of {', '.join(unknown)}, so no budget holds it back",
                "say it in DESKHAND_OPENAI__PRICES; 0/0 where it costs nothing",
            )
        if budget.person_day_usd > budget.day_usd:
            return warn(
                f"one person may spend ${budget.person_day_usd:,.2f} of ${budget.day_usd:,.2f} a "
                "day",
                "lower DESKHAND_BUDGET__PERSON_DAY_USD",
            )
        if budget.day_usd * _DAYS_OF_A_MONTH < budget.month_usd:
            return warn(
                f"${budget.month_usd:,.2f} a month cannot be reached with ${budget.day_usd:,.2f} a "
                "day",
                "lower DESKHAND_BUDGET__MONTH_USD to what the month may cost",
            )
        return ok(f"at most ${budget.day_usd:,.2f} a day and ${budget.month_usd:,.2f} a month")

    async def _schedule(self) -> Finding:
        watched, planned = self._settings.evals.watch_hour, await self._schedules()
        if watched is None and not planned:
            return fail(
                "no evaluation runs by the clock, so nobody learns that answers got worse",
                "set DESKHAND_EVALS__WATCH_HOUR=5, and `deskhand eval schedule add nightly --help`",
            )
        if watched is None:
            return warn("the day's answers are not looked at", "set DESKHAND_EVALS__WATCH_HOUR=5")
        if not planned:
            return warn(
                f"answers are looked at at {watched}:00, but no evaluation is run by the clock",
                "`deskhand eval schedule add --help`",
            )
        return ok(f"answers are looked at at {watched}:00; {planned:,} evaluations by the clock")


def _models(settings: Settings) -> list[str]:
    named = [settings.embedder, settings.verifier]
    others = [name.split(":")[1] for name in named if name.startswith("openai:")]
    small = [settings.openai.small_model] if settings.openai.small_model else []
    return [settings.openai.model, *small, *others]
