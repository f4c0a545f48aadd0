"""By when a case is to be claimed and answered, and what happens at which moment until then.

All of it follows from the case, its history and the policy, so that it can be set again at any
time: what has fired for a moment does not fire for it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.review.business_time import BusinessTime
from bot.review.policy import Policy
from engine.clock import Clock
from engine.storage.case import Case, CaseState
from engine.storage.case_history import Action, CaseEvent
from engine.storage.cases import CaseStore
from engine.storage.timers import TimerStore

REMIND = "case:remind"
EXPIRE = "case:expire"
SNOOZED = "case:snoozed"

_SOON = 0.75
"""Of the time until a case is to be answered: what has passed when its owner hears of it first."""
SOON, LATE, LEVEL = "soon", "late", "level"
"""What is reminded of, in a timer's subject: the owner, twice; then, with its number, a level."""

_ENDS_REST = (Action.CLAIMED, Action.RELEASED, Action.REASSIGNED, Action.REOPENED)

Name = tuple[str, str]
"""Kind and subject of a timer."""


def subject_of(case_id: str, stage: str) -> str:
    """The subject of a reminder."""
    return f"{case_id}:{stage}"


def stage_of(subject: str) -> tuple[str, str]:
    """The case of a reminder, and what is reminded of."""
    case_id, _, stage = subject.partition(":")
    return case_id, stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """How long a case is, or was last, put off. Who is told of its end hears then what came due in
    between."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """When what is due for a case, whatever has happened since. levels: the first one first. rest:
    None where it was never put off, or somebody ended that."""

    respond_by: datetime
    resolve_by: datetime
    soon: datetime
    levels: tuple[datetime, ...]
    expires: datetime
    rest: Rest | None

    @property
    def calls_in_rest(self) -> bool:
        """Whether a level is called as soon as the rest is over."""
        return self.rest is not None and any(
            self.rest.since < moment <= self.rest.until for moment in self.levels
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClock:
    """The times of one tenant's cases. expire_after: what nobody answered is closed at that age."""

    tenant: str
    cases: CaseStore
    timers: TimerStore
    policy: Policy
    business: BusinessTime
    expire_after: timedelta
    clock: Clock

    async def arm(self, case: Case) -> Case:
        """Sets a case's targets, and its timers; the case as it then is. Idempotent.

        Raises: StorageUnavailable.
        """
        while True:
            case = await self._set(case)
            now = await self.cases.get(self.tenant, case.id)
            # Whoever set the times of a newer case may have done so before these were set.
            if now is None or now.version == case.version:
                return case
            case = now

    async def _set(self, case: Case) -> Case:
        moments = await self.moments(case)
        targets = (moments.respond_by, moments.resolve_by)
        if case.is_waiting and (case.respond_by, case.resolve_by) != targets:
            changed = await self.cases.set_targets(
                case.id, respond_by=moments.respond_by, resolve_by=moments.resolve_by
            )
            case = changed.case
        wanted = self._wanted(case, moments)
        unwanted = [name for name in self._names(case) if name not in wanted]
        await self.timers.settle(self.tenant, wanted, unwanted, at=self.clock())
        return case

    async def moments(self, case: Case) -> Moments:
        """When what is due, counted from when the case was last opened.

        Raises: StorageUnavailable.
        """
        events = await self.cases.events(self.tenant, case.id)
        opened = [e.at for e in events if e.action in (Action.OPENED, Action.REOPENED)]
        since = opened[-1] if opened else case.opened_at
        targets = self.policy.targets_of(case.priority)
        return Moments(
            respond_by=self.business.after(since, targets.respond_minutes),
            resolve_by=self.business.after(since, targets.resolve_minutes),
            soon=self.business.after(since, _SOON * targets.resolve_minutes),
            levels=tuple(
                self.business.after(since, targets.respond_minutes * (number + 1))
                for number in range(max(len(self.policy.levels), 1))
            ),
            expires=since + self.expire_after,
            rest=_rest_of(events),
        )

    def _wanted(self, case: Case, moments: Moments) -> Mapping[Name, datetime]:
        if not case.is_waiting:
            return {}
        wanted = {(EXPIRE, case.id): moments.expires}
        if case.snoozed_until is not None:
            wanted[SNOOZED, case.id] = case.snoozed_until
        reminders: dict[str, datetime] = {}
        if case.state is CaseState.OPEN:
            if case.level < len(moments.levels):
                reminders[f"{LEVEL}{case.level + 1}"] = moments.levels[case.level]
        else:
            claimed_at = case.claimed_at or case.opened_at
            for stage, due_at in ((SOON, moments.soon), (LATE, moments.resolve_by)):
                if due_at > claimed_at:  # who takes a case that is late knows it
                    reminders[stage] = due_at
        for stage, due_at in reminders.items():
            wanted[REMIND, subject_of(case.id, stage)] = due_at
        return wanted

    def _names(self, case: Case) -> list[Name]:
        """Every timer that is to be cancelled where it is not wanted.

        One that has changed the case may not have told of it yet, and stays.
        """
        names = [(SNOOZED, case.id)]
        if case.state is not CaseState.EXPIRED:
            names.append((EXPIRE, case.id))
        stages = [SOON, LATE]
        first = case.level + 1 if case.state is CaseState.OPEN else 1
        last = max(len(self.policy.levels), case.level + 1)
        stages += [f"{LEVEL}{number}" for number in range(first, last + 1)]
        return [*names, *((REMIND, subject_of(case.id, stage)) for stage in stages)]


def _rest_of(events: Sequence[CaseEvent]) -> Rest | None:
    """The last rest; None where somebody ended it, or sorted the case otherwise since."""
    rest, is_over = None, True
    for event in events:
        if event.action is Action.SNOOZED:
            since = event.at if rest is None or is_over else rest.since
            rest = Rest(since=since, until=datetime.fromisoformat(event.detail["until"]))
            is_over = False
        elif event.action is Action.WOKEN:
            is_over = True
        elif event.action in _ENDS_REST or (is_over and event.action is Action.RELABELLED):
            rest = None
    return rest
