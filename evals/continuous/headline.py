"""The first things a day's report says."""

from __future__ import annotations

from evals.continuous.detection import State
from evals.continuous.watch_report import DayReport
from evals.continuous.wording import change_text
from evals.reports.wording import counted


def title_of(report: DayReport) -> str:
    """In a few words, what the day was like."""
    if not report.asked:
        return "No questions were asked"
    if report.alarms:
        worse = sum(verdict.is_worse is True for verdict in report.alarms)
        changes = counted(len(report.alarms), "change")
        if worse == len(report.alarms):
            return f"{changes} for the worse"
        return f"{changes}, {worse} for the worse" if worse else changes
    if report.breaches:
        return f"{counted(report.breaches, 'answer')} with an adversarial sign"
    if all(verdict.state is State.NOT_ENOUGH for verdict in report.verdicts):
        return "Not enough questions yet to tell changes from chance"
    still = sum(verdict.state is State.STILL for verdict in report.verdicts)
    return (
        f"Nothing new; {counted(still, 'earlier change')} not over" if still else "Nothing changed"
    )


def reasons_of(report: DayReport) -> tuple[str, ...]:
    """Each change, and each series that is not as before, in a sentence."""
    found = [change_text(verdict) for verdict in report.alarms]
    if report.breaches and report.alarms:
        found.append(f"{counted(report.breaches, 'answer')} with an adversarial sign.")
    still = [v.series.label for v in report.verdicts if v.state is State.STILL]
    back = [v.series.label for v in report.verdicts if v.state is State.BACK]
    found += [f"Still changed, as told before: {', '.join(still)}."] if still else []
    found += [f"As before the change again: {', '.join(back)}."] if back else []
    return tuple(found)


def rate_text(report: DayReport) -> str:
    """What an alarm means."""
    return (
        f"Each series is compared with up to {report.reference_days} days before; on a day on "
        f"which nothing changed, any alarm at all has a probability of at most "
        f"{report.false_alarm_rate:.2g} (Holm over all series). An alarm is given once; the days "
        "between it and the return are no reference, and after 7 days the new level is."
    )
