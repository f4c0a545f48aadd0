"""Table `webhook_calls`: what servers of others are still to be told, in order for each subject."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from engine.storage.database import Database, upsert
from engine.storage.schema import OUTDATED, cases, webhook_calls

_earlier = webhook_calls.alias("earlier")
_next = webhook_calls.alias("next")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCall:
    """A call.

    id: its idempotency key, the same in every attempt. target: which server. subject: what it is
    about; calls of one subject to one target are made in the order of `sequence`, which has gaps.
    body: JSON. attempts: that failed. lease: of the claim that this record came from. answer: what
    came back, as far as it is of use; of one that failed, why.
    """

    id: str
    tenant: str
    target: str
    subject: str
    sequence: int
    body: Mapping[str, Any]
    opened_at: datetime
    attempts: int = 0
    lease: str | None = None
    answer: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """Calls that will not be made. last: why, of the last of them."""

    count: int
    last: Mapping[str, Any] = field(default_factory=dict)


class WebhookCallStore:
    """Calls of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @staticmethod
    def id_of(tenant: str, target: str, subject: str, sequence: int) -> str:
        """The idempotency key of a call, the same whoever makes it."""
        named = f"deskhand:{tenant}:{target}:{subject}:{sequence}"
        return str(uuid.uuid5(uuid.NAMESPACE_URL, named))

    async def known(self, tenant: str, target: str, subject: str) -> frozenset[int]:
        """Which of a subject's calls are there, made or not, by `sequence`."""
        async with self._database.read() as db:
            found = await db.execute(
                select(webhook_calls.c.sequence).where(*_of(tenant, target, subject))
            )
            return frozenset(found.scalars())

    async def put(self, calls: Collection[WebhookCall]) -> None:
        """Stores calls to be made; those that are there already stay as they are."""
        if not calls:
            return
        async with self._database.write() as db:
            for call in calls:
                await db.execute(
                    upsert(db, webhook_calls)
                    .values(
                        id=call.id,
                        tenant=call.tenant,
                        target=call.target,
                        subject=call.subject,
                        sequence=call.sequence,
                        body=dict(call.body),
                        opened_at=call.opened_at,
                        due_at=call.opened_at,
                        attempts=0,
                    )
                    .on_conflict_do_nothing(
                        index_elements=["tenant", "target", "subject", "sequence"]
                    )
                )

    async def claim(
        self, tenant: str, targets: Collection[str], *, at: datetime, lease_s: float
    ) -> WebhookCall | None:
        """The call that is due longest, for this caller alone; None where there is none.

        Never one before which another of its subject is still to be made.
        """
        earlier = select(_earlier.c.id).where(
            _earlier.c.tenant == _next.c.tenant,
            _earlier.c.target == _next.c.target,
            _earlier.c.subject == _next.c.subject,
            _earlier.c.sequence < _next.c.sequence,
            _earlier.c.done_at.is_(None),
            _earlier.c.given_up_at.is_(None),
        )
        waits = (
            _next.c.tenant == tenant,
            _next.c.target.in_(list(targets)),
            _next.c.done_at.is_(None),
            _next.c.given_up_at.is_(None),
            _next.c.due_at <= at,
            or_(_next.c.lease_until.is_(None), _next.c.lease_until <= at),
            ~earlier.exists(),
        )
        async with self._database.read() as db:  # most looks find nothing, and write nothing
            if (await db.execute(select(_next.c.id).where(*waits).limit(1))).first() is None:
                return None
        candidate = (
            select(_next.c.id)
            .where(*waits)
            .order_by(_next.c.due_at, _next.c.opened_at, _next.c.id)
            .limit(1)
            .with_for_update(skip_locked=True, of=_next)
            .scalar_subquery()
        )

        def change(db: Connection) -> WebhookCall | None:
            row = db.execute(
                update(webhook_calls)
                .where(webhook_calls.c.id == candidate)
                .values(lease=str(uuid.uuid4()), lease_until=at + timedelta(seconds=lease_s))
                .returning(webhook_calls)
            )
            claimed = row.mappings().first()
            return None if claimed is None else _parse(claimed)

        return await self._database.transact(change)

    async def done(self, held: WebhookCall, *, at: datetime, answer: Mapping[str, Any]) -> bool:
        """It was made; false where the claim was lost.

        The card of a case whose answer names an address that it does not show is to show it.
        """
        shown = await self.address_of(held.tenant, held.target, held.subject)
        async with self._database.write() as db:
            done = await db.execute(
                update(webhook_calls)
                .where(*_held(held))
                .values(done_at=at, answer=dict(answer), lease=None, lease_until=None)
            )
            if done.rowcount and answer.get("url", shown) != shown:
                await db.execute(
                    update(cases)
                    .where(cases.c.tenant == held.tenant, cases.c.id == held.subject)
                    .values(**OUTDATED)
                )
            return bool(done.rowcount)

    async def put_back(
        self, held: WebhookCall, *, due_at: datetime, why: Mapping[str, Any] | None = None
    ) -> bool:
        """It is tried again then; false where the claim was lost. why: None: it did not fail."""
        values: dict[str, Any] = {"due_at": due_at, "lease": None, "lease_until": None}
        if why is not None:
            values |= {"attempts": webhook_calls.c.attempts + 1, "answer": dict(why)}
        return await self._change(held, **values)

    async def give_up(self, held: WebhookCall, *, at: datetime, why: Mapping[str, Any]) -> bool:
        """It is never made; those after it are. False where the claim was lost."""
        return await self._change(
            held, given_up_at=at, answer=dict(why), lease=None, lease_until=None
        )

    async def given_up(
        self, tenant: str, target: str, *, after: datetime, until: datetime
    ) -> GivenUp:
        """What was given up later than `after`, and not later than `until`."""
        gone = and_(
            webhook_calls.c.tenant == tenant,
            webhook_calls.c.target == target,
            webhook_calls.c.done_at.is_(None),
            webhook_calls.c.given_up_at > after,
            webhook_calls.c.given_up_at <= until,
        )
        async with self._database.read() as db:
            count = (await db.execute(select(func.count()).where(gone))).scalar_one()
            last = await db.execute(
                select(webhook_calls.c.answer)
                .where(gone)
                .order_by(webhook_calls.c.given_up_at.desc(), webhook_calls.c.id)
                .limit(1)
            )
            return GivenUp(count=int(count), last=last.scalar_one_or_none() or {})

    async def address_of(self, tenant: str, target: str, subject: str) -> str | None:
        """Where a subject is to be seen at the target, by its last answer that says so."""
        async with self._database.read() as db:
            found = await db.execute(
                select(webhook_calls.c.answer)
                .where(*_of(tenant, target, subject), webhook_calls.c.done_at.is_not(None))
                .order_by(webhook_calls.c.sequence.desc())
            )
            answers = [answer for answer in found.scalars() if answer]
        return next((str(answer["url"]) for answer in answers if answer.get("url")), None)

    async def _change(self, held: WebhookCall, **values: Any) -> bool:
        async with self._database.write() as db:
            done = await db.execute(update(webhook_calls).where(*_held(held)).values(**values))
            return bool(done.rowcount)


def _of(tenant: str, target: str, subject: str) -> tuple[ColumnElement[bool], ...]:
    return (
        webhook_calls.c.tenant == tenant,
        webhook_calls.c.target == target,
        webhook_calls.c.subject == subject,
    )


def _held(held: WebhookCall) -> tuple[ColumnElement[bool], ...]:
    return (webhook_calls.c.id == held.id, webhook_calls.c.lease == held.lease)


def _parse(row: Mapping[Any, Any]) -> WebhookCall:
    return WebhookCall(**{name: row[name] for name in WebhookCall.__dataclass_fields__})
