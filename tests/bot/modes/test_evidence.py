"""From the rows of verdicts to a threshold and to what is suggested, on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.aside import Aside
from bot.modes.evidence import Evidence, evidence_of
from bot.modes.thresholds import KEPT, Thresholds
from bot.modes.witnesses import Witnesses
from engine.storage.channel_modes import ChannelMode, ChannelModeStore, Mode, Setting
from engine.storage.database import Database, database_url
from engine.storage.feedback import Opinion
from engine.storage.inbox import InboxItem, InboxStore, NewQuestion, Surface
from engine.storage.migrate import migrate
from engine.storage.traces import TraceStore
from engine.storage.verdicts import Answered, Source, Verdict, VerdictStore
from evals.precision.cut import NOTHING, Basis

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class World:
    """A channel with its verdicts."""

    def __init__(self, database: Database) -> None:
        self.at = NOW
        self.inbox, self.verdicts = InboxStore(database), VerdictStore(database)
        self.modes, self.aside = ChannelModeStore(database), Aside()
        self.witnesses = Witnesses(
            tenant="acme", verdicts=self.verdicts, traces=TraceStore(database)
        )
        self.thresholds = Thresholds(
            tenant="acme",
            verdicts=self.verdicts,
            target=0.9,
            hear_reviewers=self.witnesses.hear_reviewers,
            aside=self.aside,
            clock=lambda: self.at,
        )
        self._count = 0

    async def set(self, mode: Mode, channel: str = "C1") -> ChannelMode:
        await self.modes.put(
            "acme", "T1", channel, Setting(mode=mode), by="U1", at=NOW, evidence={}
        )
        row = await self.modes.of("acme", "T1", channel)
        assert row is not None
        return row

    async def answer(
        self,
        mode: Mode,
        right: bool | None,
        confidence: float = 0.9,
        channel: str = "C1",
        *,
        speakable: bool = True,
    ) -> InboxItem:
        self._count += 1
        question = NewQuestion(
            team="T1",
            channel=channel,
            ts=str(self._count),
            user="U1",
            surface=Surface.SHADOW,
            text="x",
            asked_at=NOW,
        )
        item, _ = await self.inbox.add("acme", question, at=NOW)
        await self.verdicts.asked(
            "acme",
            Answered(
                question_id=item.id,
                team="T1",
                channel=channel,
                mode=mode,
                outcome="answered" if speakable else "abstained",
                confidence=confidence,
                fingerprint="f",
                asked_at=NOW,
                revision=1,
                detail={"speakable": speakable},
            ),
        )
        if right is not None:
            verdict = Verdict.RIGHT if right else Verdict.WRONG
            await self.verdicts.judge("acme", item.id, verdict, Source.REVIEWER, at=NOW)
        return item

    async def evidence(self, row: ChannelMode) -> Evidence:
        return await evidence_of(
            row, tenant="acme", verdicts=self.verdicts, thresholds=self.thresholds
        )


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    database = Database(database_url(None, tmp_path))
    await migrate(database)
    made = World(database)
    yield made
    await made.aside.aclose()
    await database.aclose()


async def test_a_channels_verdicts_prove_its_threshold(world: World) -> None:
    row = await world.set(Mode.SHADOW)
    for number in range(60):
        await world.answer(Mode.SHADOW, True, 0.7 + number / 300)
        await world.answer(Mode.SHADOW, False, 0.3 + number / 300)
        await world.answer(Mode.SHADOW, None, 0.8, speakable=False)
    cut = await world.thresholds.fit(row)
    assert cut.basis is Basis.CHANNEL
    assert 0.5 <= cut.confidence <= 0.73
    found = await world.evidence(row)
    assert found.asked == 180
    assert found.suggested is Mode.AUTO
    assert found.level == 0  # until there are twice as many
    other = await world.set(Mode.AUTO, "C2")
    assert (await world.thresholds.fit(other)).basis is Basis.TENANT


async def test_what_is_mostly_right_is_suggested_as_drafts(world: World) -> None:
    row = await world.set(Mode.SHADOW)
    for number in range(60):
        await world.answer(Mode.SHADOW, number % 4 != 0, 0.8)
    assert (await world.evidence(row)).suggested is Mode.DRAFT
    drafts = await world.set(Mode.DRAFT)
    assert (await world.evidence(drafts)).suggested is None


async def test_few_verdicts_suggest_nothing(world: World) -> None:
    row = await world.set(Mode.SHADOW)
    for _ in range(20):
        await world.answer(Mode.SHADOW, True)
    assert (await world.evidence(row)).suggested is None


async def test_verdicts_of_another_time_are_no_evidence_of_this_mode(world: World) -> None:
    for _ in range(80):
        await world.answer(Mode.AUTO, True)
    row = await world.set(Mode.SHADOW)
    found = await world.evidence(row)
    assert (found.asked, found.share.answers, found.suggested) == (0, 0, None)


async def test_a_threshold_is_kept_and_fitted_anew_beside_the_answers(world: World) -> None:
    row = await world.set(Mode.AUTO)
    assert await world.thresholds.least_confidence(row) == pytest.approx(0.9)
    for _ in range(60):
        await world.answer(Mode.AUTO, False, 0.99)
    assert await world.thresholds.least_confidence(row) == pytest.approx(0.9)
    world.at += KEPT * 2
    assert await world.thresholds.least_confidence(row) == pytest.approx(0.9)  # nobody waits
    while world.aside._tasks:
        await next(iter(world.aside._tasks))
    assert await world.thresholds.least_confidence(row) == NOTHING


async def test_only_the_askers_opinion_is_a_verdict(world: World) -> None:
    item = await world.answer(Mode.AUTO, None)
    await world.witnesses.asker_said(item, "U2", Opinion.NEGATIVE, NOW)
    row = await world.verdicts.get("acme", item.id)
    assert row is not None
    assert row.verdict is None
    await world.witnesses.asker_said(item, "U1", Opinion.NEGATIVE, NOW)
    row = await world.verdicts.get("acme", item.id)
    assert row is not None
    assert (row.verdict, row.source) == (Verdict.WRONG, Source.ASKER)
