from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.evals.child import Child, start_child
from bot.rendering.retraining import retraining_message
from bot.retraining.weekly import KIND, WeeklyRetraining
from bot.workspace.blocks import require_blocks
from engine.clock import now
from engine.compose import open_engine
from engine.settings import Settings
from engine.storage.announcements import Announcement, AnnouncementKind
from engine.storage.retrainings import RetrainingStore
from engine.storage.timers import TimerStore
from tests.bot.app.conftest import HOW_LONG, Stage, shown
from tests.bot.app.conftest import _published_pages as _published_pages
from tests.bot.app.conftest import knowledge as knowledge
from tests.bot.app.conftest import stage as stage

FOUND: Mapping[str, Any] = {
    "model": "triage",
    "promoted": True,
    "why": "it sorts +12.5% of 40 questions better",
    "champion": "a",
    "challenger": "b",
    "rows": 120,
    "notes": [],
    "category_accuracy": {
        "rows": 40,
        "champion": 0.5,
        "challenger": 0.625,
        "gain": 0.125,
        "low": 0.02,
        "high": 0.23,
        "p": 0.03,
    },
    "priority_accuracy": None,
}


@pytest.mark.slow
async def test_a_missed_week_is_made_up_for_and_told_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(started=False) as scene:
        admins = scene.workspace.public("admins")
        scene.environment["DESKHAND_REVIEW__ADMIN_CHANNEL"] = admins.id
        for name, value in scene.environment.items():
            monkeypatch.setenv(name, value)  # which its processes inherit
        tenant = scene.settings.tenant
        async with open_engine(scene.settings) as engine:  # due while no bot was there
            await TimerStore(engine.database).set(
                tenant, KIND, "weekly", now() - timedelta(hours=30)
            )
        await scene.start()
        await scene.workspace.until(lambda: len(scene.said(admins)) == 2, 90.0)
        told = "\n".join(shown(message) for message in scene.said(admins))
        assert "Triage: the model in use stays" in told
        assert "30 are needed" in told
        assert "The confidence of answers: the model in use stays" in told
        await scene.stop()
        await scene.start()  # nothing is told again
        timers = TimerStore(scene.bot.engine.database)
        due = await timers.armed(tenant, KIND, "weekly")
        assert due is not None
        assert now() < due <= now() + timedelta(days=7)
        tries = RetrainingStore(scene.bot.engine.database)
        assert len(await tries.last(tenant, "triage")) == 1
        assert len(await tries.last(tenant, "calibration")) == 1
        assert len(scene.said(admins)) == 2


@pytest.mark.slow
async def test_questions_are_answered_while_a_training_process_stands_still_behind_the_bot(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[Child] = []
    holds = True

    def started(*given: Any, **named: Any) -> Child:
        child = start_child(*given, **named)
        if holds:
            os.killpg(child.pid, signal.SIGSTOP)
            held.append(child)
        return child

    monkeypatch.setattr("bot.evals.children.start_child", started)
    async with stage(started=False) as scene:
        admins = scene.workspace.public("admins")
        scene.environment["DESKHAND_REVIEW__ADMIN_CHANNEL"] = admins.id
        for name, value in scene.environment.items():
            monkeypatch.setenv(name, value)  # which its processes inherit
        async with open_engine(scene.settings) as engine:
            await TimerStore(engine.database).set(
                scene.settings.tenant, KIND, "weekly", now() - timedelta(hours=1)
            )
        await scene.start()
        await scene.workspace.until(lambda: held, 60.0)
        training = held[0]
        try:
            ann = scene.workspace.join("ann")
            assert "16 weeks" in shown(await scene.answer(ann.say(ann.dm, HOW_LONG)))
            assert training.poll() is None
            assert not scene.said(admins)
            assert os.getpgid(training.pid) == training.pid
            assert scene.settings.evals.niceness > 0
            behind = os.getpriority(os.PRIO_PROCESS, 0) + scene.settings.evals.niceness
            assert os.getpriority(os.PRIO_PROCESS, training.pid) == min(behind, 19)
        finally:
            holds = False
            for child in held:
                child.end(signal.SIGCONT)
        await scene.workspace.until(lambda: len(scene.said(admins)) == 2, 90.0)


class Kept:
    def __init__(self) -> None:
        self.opened: list[Announcement] = []

    async def open(self, new: Announcement) -> bool:
        self.opened.append(new)
        return True


@pytest.mark.parametrize(
    ("at", "next_at"),
    [
        (datetime(2026, 11, 22, 2, 59, tzinfo=UTC), datetime(2026, 11, 22, 3, 0, tzinfo=UTC)),
        (datetime(2026, 11, 22, 3, 0, tzinfo=UTC), datetime(2026, 11, 29, 3, 0, tzinfo=UTC)),
        (datetime(2026, 3, 23, 9, 0, tzinfo=UTC), datetime(2026, 3, 29, 2, 0, tzinfo=UTC)),  # DST
    ],
)
async def test_it_is_due_on_sundays_at_four_local_time(
    settings: Settings, at: datetime, next_at: datetime
) -> None:
    review = settings.review.model_copy(update={"timezone": "Europe/Berlin"})
    there: Any = Kept()
    async with open_engine(settings) as engine:
        weekly = WeeklyRetraining(
            settings=settings.model_copy(update={"review": review}),
            timers=TimerStore(engine.database),
            announcements=there,
            clock=lambda: at,
        )
        await weekly.start()
        assert await weekly.timers.armed(settings.tenant, KIND, "weekly") == next_at
        held = await weekly.timers.claim(settings.tenant, at=next_at, lease_s=5)
        assert held is not None
        assert await weekly.due(held) == next_at
        assert [a.kind for a in there.opened] == [AnnouncementKind.RETRAINING] * 2
        assert len({a.id for a in there.opened}) == 2


def test_the_message_says_how_to_go_back() -> None:
    message = retraining_message(FOUND)
    assert "a better model is in use" in message.text
    assert "62.5% against 50.0%" in shown(message)
    assert "deskhand triage rollback" in shown(message)
    assert require_blocks(list(message.blocks))
