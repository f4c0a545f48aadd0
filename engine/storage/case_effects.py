"""What a change of a question does to its case, as statements for the same transaction.

Not to a case whose asker has a person's answer; one on its way is delivered all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import RowMapping, Update, func, update

from engine.storage.cases import ANSWERED, Closed
from engine.storage.schema import OUTDATED, cases

NOT_QUESTIONS = ("not_meant", "courtesy")
"""Outcomes of words that asked nothing."""
_NEEDS_NOBODY = (ANSWERED, *NOT_QUESTIONS)

Effect = Callable[[RowMapping], Sequence[Update]]
"""Of a changed row of `inbox`."""


def none(_: RowMapping) -> Sequence[Update]:
    """The case stays as it is."""
    return ()


def edited(row: RowMapping) -> Sequence[Update]:
    """Its card shows another text."""
    return [update(cases).where(cases.c.question_id == row["id"]).values(**OUTDATED)]


def deleted(row: RowMapping) -> Sequence[Update]:
    """It is withdrawn, also one that was settled: its card shows the question no more."""
    return [_closed(row, Closed.WITHDRAWN)]


def done(row: RowMapping) -> Sequence[Update]:
    """A changed question's card shows its outcome; where that needs nobody, the case that an
    earlier revision had is settled."""
    if row["revision"] == 1:
        return ()
    if row["outcome"] not in _NEEDS_NOBODY:
        return edited(row)
    settled = _closed(row, Closed.SETTLED).where(cases.c.revision < row["revision"])
    return [*edited(row), settled]


def _closed(row: RowMapping, why: Closed) -> Update:
    return (
        update(cases)
        .where(
            cases.c.question_id == row["id"],
            cases.c.delivered_at.is_(None),
            func.coalesce(cases.c.closed, "") != why.value,
        )
        .values(closed=why.value, tells_asker=False, **OUTDATED)
    )
