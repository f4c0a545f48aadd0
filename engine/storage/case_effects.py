"""What a change of a question does to its case, as statements for the same transaction.

Not to a case whose asker has a person's answer; one on its way is delivered all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Executable, RowMapping, func, update

from engine.storage.case import Closed
from engine.storage.case_history import Action, happens_to, state_when_closed
from engine.storage.cases import ANSWERED
from engine.storage.schema import OUTDATED, cases

_ASKED_NOTHING = ("not_meant", "courtesy", "shadow", "off")
NOT_QUESTIONS = (*_ASKED_NOTHING, "limited")
"""Outcomes of words that asked nothing, or that nothing is answered to."""
_NEEDS_NOBODY = (ANSWERED, *_ASKED_NOTHING)

Effect = Callable[[RowMapping], Sequence[Executable]]
"""Of a changed row of `inbox`."""


def none(_: RowMapping) -> Sequence[Executable]:
    """The case stays as it is."""
    return ()


def edited(row: RowMapping) -> Sequence[Executable]:
    """Its card shows another text."""
    return [update(cases).where(cases.c.question_id == row["id"]).values(**OUTDATED)]


def deleted(row: RowMapping) -> Sequence[Executable]:
    """It is withdrawn, also one that was settled: its card shows the question no more."""
    return _closed(row, Closed.WITHDRAWN, row["deleted_at"])


def done(row: RowMapping) -> Sequence[Executable]:
    """A changed question's card shows its outcome; where that needs nobody, the case that an
    earlier revision had is settled."""
    if row["revision"] == 1:
        return ()
    if row["outcome"] not in _NEEDS_NOBODY:
        return edited(row)
    earlier = cases.c.revision < row["revision"]
    return [*edited(row), *_closed(row, Closed.SETTLED, row["done_at"], earlier)]


def _closed(
    row: RowMapping, why: Closed, at: datetime, *conditions: ColumnElement[bool]
) -> Sequence[Executable]:
    chosen = (
        cases.c.question_id == row["id"],
        cases.c.delivered_at.is_(None),
        func.coalesce(cases.c.closed, "") != why.value,
        *conditions,
    )
    values = {"closed": why.value, "closed_by": None, "closed_why": None, "closed_at": at}
    return [
        happens_to(*chosen, action=Action(why.value), at=at, after=state_when_closed(why)),
        update(cases).where(*chosen).values(**values, tells_asker=False, **OUTDATED),
    ]
