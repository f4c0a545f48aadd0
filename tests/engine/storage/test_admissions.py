from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from engine.budget_settings import LimitSettings
from engine.storage.admissions import Admission, AdmissionStore, Scope
from engine.storage.database import Database
from engine.storage.schema import admissions

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LIMITS = LimitSettings(window_s=60, person=3, channel=5, workspace=7)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


class Desk:
    def __init__(self, database: Database, limits: LimitSettings = LIMITS) -> None:
        self.store = AdmissionStore(database, limits)

    async def ask(
        self,
        person: str,
        at: datetime,
        *,
        channel: str = "",
        question: str | None = None,
        revision: int = 1,
        tenant: str = "acme",
    ) -> Admission:
        return await self.store.admit(
            tenant,
            question or str(uuid.uuid4()),
            revision,
            person=person,
            channel=channel,
            at=at,
        )


async def test_who_asks_too_often_hears_once_when_to_try_again_and_then_is_let_in(
    database: Database,
) -> None:
    desk = Desk(database)
    for second in (0, 10, 20):
        assert await desk.ask("ann", after(second)) == Admission()
    refused = await desk.ask("ann", after(30))
    assert refused == Admission(refused_by=Scope.PERSON, free_at=after(60), told=True)
    again = await desk.ask("ann", after(40))
    assert (again.refused_by, again.free_at, again.told) == (Scope.PERSON, after(60), False)
    assert await desk.ask("bob", after(40)) == Admission()
    assert await desk.ask("ann", after(60)) == Admission()  # what was refused did not count
    later = await desk.ask("ann", after(61))
    assert (later.free_at, later.told) == (after(70), True)


async def test_channel_and_workspace_have_limits_of_their_own(database: Database) -> None:
    desk = Desk(database)
    for number in range(5):
        assert await desk.ask(f"p{number}", after(number), channel="C1") == Admission()
    assert (await desk.ask("p5", after(5), channel="C1")).refused_by is Scope.CHANNEL
    for number in range(2):
        assert await desk.ask(f"q{number}", after(6), channel="C2") == Admission()
    assert (await desk.ask("q2", after(7))).refused_by is Scope.WORKSPACE
    assert await desk.ask("q2", after(7), tenant="globex") == Admission()


async def test_the_same_question_is_judged_once_and_an_edit_is_another(database: Database) -> None:
    desk = Desk(database, LIMITS.model_copy(update={"person": 1}))
    assert await desk.ask("ann", NOW, question="q1") == Admission()
    assert await desk.ask("ann", after(1), question="q1") == Admission()  # after a crash
    edited = await desk.ask("ann", after(2), question="q1", revision=2)
    assert edited.refused_by is Scope.PERSON
    assert await desk.ask("ann", after(50), question="q1", revision=2) == edited


async def test_replicas_let_in_no_more_together_than_one(database: Database) -> None:
    desks = [Desk(database), Desk(database)]
    found = await asyncio.gather(*(desks[n % 2].ask("ann", after(n / 100)) for n in range(20)))
    assert sum(admission.refused_by is None for admission in found) == LIMITS.person
    assert sum(admission.told for admission in found) == 1


async def test_what_is_long_over_is_forgotten(database: Database) -> None:
    desk = Desk(database)
    for number in range(3):
        await desk.ask("ann", after(number))
    await desk.ask("ann", after(1_000))
    async with database.read() as db:
        assert (await db.execute(select(func.count()).select_from(admissions))).scalar() == 1
