"""What the models cost, in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from bot.names import BUDGET, COMMAND
from bot.rendering.message import Message
from bot.rendering.notices import notice
from engine.budget_settings import BudgetSettings
from engine.spending.overview import Hour, PeriodSpend, Spending

_MONTH_KEY = len("2026-11")
_USER = re.compile(r"[UW][A-Z0-9]{1,30}")


def budget_alert(period: PeriodSpend, level: int) -> Message:
    """Says that so many percent of a budget are spent."""
    is_month = len(period.key) == _MONTH_KEY
    name, setting = ("month", "MONTH_USD") if is_month else ("day", "DAY_USD")
    spent, limit = dollars(period.total.spent_usd), dollars(period.limit_usd)
    if level < 100:
        return notice(
            f"The models have cost {spent} this {name} ({period.key}), more than {level}% of its "
            f"budget of {limit}."
        )
    return notice(
        f"The budget of this {name} ({period.key}) for models, {limit}, is used up: {spent} is "
        "spent, and a call has no room in what is left. Until it ends, or "
        f"DESKHAND_BUDGET__{setting} is raised, answers quote the documents in their own words."
    )


def unusual_alert(hour: Hour) -> Message:
    """Says that an hour costs far more than it did."""
    at = datetime.strptime(hour.key, "%Y-%m-%dT%H")  # noqa: DTZ007 - the workspace's own clock
    return notice(
        f"The models have cost {dollars(hour.spent_usd)} since {at:%H:00} on this {at:%A}, where "
        f"{dollars(hour.usual_usd or 0.0)} is usual at this hour. {COMMAND} {BUDGET} shows more."
    )


def spending_lines(spending: Spending) -> tuple[tuple[str, str], ...]:
    """Name and value, for the home tab."""
    return (
        ("Models cost today", _of_budget(spending.day)),
        ("Models cost in 7 days", dollars(spending.week_usd)),
    )


def budget_words(
    spending: Spending,
    settings: BudgetSettings,
    *,
    question_usd: float,
    unsettled: tuple[int, float],
    people: int,
    top: Sequence[tuple[str, float]],
) -> str:
    """The whole answer to the command, in Slack's markup.

    unsettled: calls of this month of which only the most that they can have cost is known, and that
    sum. people: whose questions cost something this month. top: of them those that cost most.
    """
    month_end = spending.month_end_usd
    forecast = "" if month_end is None else f"; at this pace {dollars(month_end)} at its end"
    lines = [
        f"*Today*: {_of_budget(spending.day)}",
        f"*This month*: {_of_budget(spending.month)}{forecast}",
        f"*Last 7 days*: {dollars(spending.week_usd)}",
        f"*At most*: {dollars(question_usd)} for a question, {dollars(settings.person_day_usd)} "
        "for a person's questions in a day",
    ]
    count, most_usd = unsettled
    if count:
        calls = "One call was" if count == 1 else f"{count:,} calls were"
        lines.append(
            f"{calls} broken off this month, or not yet over, and stand in it as the most that "
            f"they can have cost: {dollars(most_usd)}"
        )
    shown = ", ".join(f"{_person(user)} {dollars(usd)}" for user, usd in top)
    if shown:
        whose = "one person" if people == 1 else f"{people:,} people"
        lines.append(f"*Questions of {whose} this month, most first*: {shown}")
    return "\n".join(lines)


def dollars(usd: float) -> str:
    """Such as "$1.25"; four places below a cent."""
    return f"${usd:,.4f}" if 0 < usd < 0.01 else f"${usd:,.2f}"


def _of_budget(period: PeriodSpend) -> str:
    spent = period.total.spent_usd
    words = f"{dollars(spent)} of {dollars(period.limit_usd)}"
    if period.limit_usd:
        words += f" ({spent / period.limit_usd:.0%})"
    if period.total.held_usd:
        words += f", {dollars(period.total.held_usd)} more reserved"
    if period.total.refused:
        words += f", {period.total.refused:,} calls not made"
    return words


def _person(user: str) -> str:
    return f"<@{user}>" if _USER.fullmatch(user) else "somebody"
