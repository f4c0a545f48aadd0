"""Table `case_events`: every change of a case, written in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Insert, case, func, insert, literal, select

from engine.storage.case import Case, CaseState, Closed, How
from engine.storage.schema import case_events, cases


class Action(StrEnum):
    """What happened to a case."""

    OPENED = "opened"
    REASONED = "reasoned"
    """It got further reasons, or is of a later revision now."""
    REOPENED = "reopened"
    CLAIMED = "claimed"
    RELEASED = "released"
    REASSIGNED = "reassigned"
    ANSWERED = "answered"
    CORRECTED = "corrected"
    """The author of the answer has edited it."""
    TAKEN_BACK = "taken_back"
    DELIVERED = "delivered"
    NOT_DELIVERED = "not_delivered"
    REJECTED = "rejected"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    EXPIRED = "expired"
    SOLVED = "solved"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"
    RAISED = "raised"
    RELABELLED = "relabelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent:
    """One change of a case. sequence: grows with each. by: None is the clock, or the question
    itself. before: None for the first. detail: what else belongs to the action."""

    sequence: int
    case_id: str
    at: datetime
    by: str | None
    action: Action
    before: CaseState | None
    after: CaseState
    detail: Mapping[str, Any]


def happened(
    before: Case | None,
    after: Case,
    action: Action,
    *,
    by: str | None,
    at: datetime,
    detail: Mapping[str, Any],
) -> Insert:
    """Writes one change down. before: None for a case that was not there."""
    return insert(case_events).values(
        tenant=after.tenant,
        case_id=after.id,
        at=at,
        by=by,
        action=action.value,
        before="" if before is None else before.state.value,
        after=after.state.value,
        detail=dict(detail),
    )


def happens_to(
    *conditions: ColumnElement[bool],
    action: Action,
    at: datetime,
    after: ColumnElement[Any],
    by: ColumnElement[Any] | None = None,
) -> Insert:
    """Writes a change of many cases down, which these conditions choose; to be run just before it.

    The rows are locked as by the change itself. after: the state that each is brought into.
    """
    chosen = select(
        cases.c.tenant,
        cases.c.id,
        literal(at, type_=case_events.c.at.type),
        literal(None, type_=case_events.c.by.type) if by is None else by,
        literal(action.value),
        STATE,
        after,
        literal({}, type_=case_events.c.detail.type),
    ).where(*conditions)
    names = ["tenant", "case_id", "at", "by", "action", "before", "after", "detail"]
    return insert(case_events).from_select(names, chosen.with_for_update())


def parse_event(row: Mapping[Any, Any]) -> CaseEvent:
    """A row of `case_events`."""
    values = {name: row[name] for name in CaseEvent.__dataclass_fields__}
    return CaseEvent(
        **values
        | {
            "action": Action(row["action"]),
            "before": CaseState(row["before"]) if row["before"] else None,
            "after": CaseState(row["after"]),
        }
    )


WITHOUT_ANSWER = func.coalesce(
    cases.c.closed,
    case((cases.c.owner.is_(None), CaseState.OPEN.value), else_=CaseState.CLAIMED.value),
)
"""The state of a row, its answer taken away."""
STATE = case(
    (cases.c.answered_at.is_not(None), func.coalesce(cases.c.how, How.ANSWERED.value)),
    else_=WITHOUT_ANSWER,
)
"""The state of a row, as `Case.state` has it."""


def state_when_closed(why: Closed) -> ColumnElement[Any]:
    """The state of a row that is closed; one that is answered stays so."""
    return case((cases.c.answered_at.is_not(None), STATE), else_=why.value)
