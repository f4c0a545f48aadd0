from __future__ import annotations

from bot.rendering.spending import budget_alert, budget_words, dollars, unusual_alert
from engine.budget_settings import BudgetSettings
from engine.spending.overview import Hour, PeriodSpend, Spending
from engine.storage.spend import Total

DAY = PeriodSpend(key="2026-11-23", limit_usd=20, total=Total(spent_usd=10.5, held_usd=0.02))
MONTH = PeriodSpend(key="2026-11", limit_usd=200, total=Total(spent_usd=199.999, refused=3))
HOUR = Hour(key="2026-11-23T08", spent_usd=4.5, usual_usd=0.4, above_usd=1.0)


def test_amounts_below_a_cent_are_told_to_four_places() -> None:
    assert [dollars(usd) for usd in (0.0, 0.00123, 0.01, 1234.5)] == [
        *("$0.00", "$0.0012", "$0.01", "$1,234.50")
    ]


def test_a_level_says_what_is_spent_and_what_the_end_of_a_budget_means() -> None:
    assert budget_alert(DAY, 50).text == (
        "The models have cost $10.50 this day (2026-11-23), more than 50% of its budget of $20.00."
    )
    used_up = budget_alert(MONTH, 100).text
    assert "this month (2026-11) for models, $200.00, is used up" in used_up
    assert "DESKHAND_BUDGET__MONTH_USD is raised, answers quote the documents" in used_up


def test_an_unusual_hour_is_told_with_what_is_usual() -> None:
    assert unusual_alert(HOUR).text == (
        "The models have cost $4.50 since 08:00 on this Monday, where $0.40 is usual at this hour. "
        "/deskhand budget shows more."
    )


def test_the_command_names_people_by_their_ids_alone_and_nothing_that_is_none() -> None:
    spending = Spending(day=DAY, month=MONTH, week_usd=70.0, month_end_usd=230.0, hour=HOUR)
    said = budget_words(
        spending,
        BudgetSettings(),
        question_usd=0.1,
        unsettled=(2, 0.003),
        people=7,
        top=[("U1", 3.0), ("!channel> <@U2", 1.0)],
    )
    assert said.splitlines() == [
        "*Today*: $10.50 of $20.00 (52%), $0.02 more reserved",
        "*This month*: $200.00 of $200.00 (100%), 3 calls not made; at this pace $230.00 at its "
        "end",
        "*Last 7 days*: $70.00",
        "*At most*: $0.10 for a question, $1.00 for a person's questions in a day",
        "2 calls were broken off this month, or not yet over, and stand in it as the most that "
        "they can have cost: $0.0030",
        "*Questions of 7 people this month, most first*: <@U1> $3.00, somebody $1.00",
    ]
