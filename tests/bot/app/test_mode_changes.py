"""From shadow to auto with its evidence, and back to draft when the knowledge is broken."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.modes.judging import DailyJudging
from engine.storage.channel_modes import ChannelModeStore, Mode
from engine.storage.inbox import NewQuestion, Surface
from engine.storage.verdicts import Answered, Source, Verdict, VerdictStore
from tests.bot.app.conftest import HOW_LONG, Scene, Stage, shown
from tests.bot.app.test_channel_command import mode_of, with_admins

pytestmark = pytest.mark.slow

ROOMS, GOOD = 20, 10


def rooms(word: str) -> dict[str, str]:
    return {
        f"room{n}.md": f"# Room R{n}0\n\nThe room R{n}0 has {n + 3} {word} for visitors.\n"
        for n in range(ROOMS)
    }


def asked_about(n: int) -> str:
    return f"How many chairs does the room R{n}0 have for visitors?"


async def test_what_people_said_in_the_thread_is_compared_with_the_answer(stage: Stage) -> None:
    async with stage(started=False, review__compare_after_s="3") as scene:
        admin, _ = await with_admins(scene)
        ann, bob = scene.workspace.join("ann"), scene.workspace.join("bob")
        general = scene.workspace.public("general", ann, bob, admin)
        await admin.command(general, "/deskhand channel set shadow")
        right = ann.say(general, HOW_LONG)
        wrong = ann.say(general, "What is the guest wifi called?")
        alone = ann.say(general, "Where do I wait for the confirmation of parental leave?")
        bob.reply(right, "Do you mean for fathers?")
        ann.reply(right, "Parental leave is 99 weeks, I hope.")
        bob.reply(right, "Parental leave is 16 weeks for every parent.")
        bob.reply(wrong, "Ask Nina at the front desk about badges and parking permits.")
        ann.reply(alone, "I found it, never mind that.")
        await scene.idle()
        store, team = VerdictStore(scene.bot.engine.database), scene.bot.identity.team

        async def verdicts() -> dict[str, Verdict | None]:
            found = {}
            for message in (right, wrong, alone):
                item = await scene.bot.engine.inbox.find("default", team, general.id, message.ts)
                assert item is not None
                row = await store.get("default", item.id)
                assert row is not None
                found[message.ts] = row.verdict
            return found

        for _ in range(200):
            if (await verdicts())[wrong.ts] is not None and (await verdicts())[right.ts]:
                break
            await scene.bot.timekeeper.sleep(0.1)
        assert await verdicts() == {
            right.ts: Verdict.RIGHT,
            wrong.ts: Verdict.WRONG,
            alone.ts: None,
        }
        assert scene.said(general) == []


async def fill(
    scene: Scene, channel: Any, count: int, *, wrong: int, mode: Mode, judged: int | None = None
) -> None:
    """Answers of the channel, as questions of the past weeks would have left them. judged: of how
    many somebody said anything, the wrong ones first; None: of all."""
    store, team = VerdictStore(scene.bot.engine.database), scene.bot.identity.team
    tenant, at = scene.settings.tenant, datetime.now(UTC)
    for number in range(count):
        item, _ = await scene.bot.engine.inbox.add(
            tenant,
            NewQuestion(
                team=team,
                channel=channel.id,
                ts=f"1.{number:06}",
                user="U0PAST",
                surface=Surface.SHADOW,
                text="x",
                asked_at=at,
            ),
            at=at,
        )
        held = await scene.bot.engine.inbox.claim(tenant, "past", at=at, lease_s=60)
        if held is not None:
            await scene.bot.engine.inbox.finish(
                held.id, held.lease, held.revision, outcome="shadow", at=at
            )
        await store.asked(
            tenant,
            Answered(
                question_id=item.id,
                team=team,
                channel=channel.id,
                mode=mode,
                outcome="answered",
                confidence=0.7 + 0.29 * number / count,
                fingerprint="f",
                asked_at=at,
                revision=1,
                detail={"speakable": True},
            ),
        )
        if judged is not None and number >= judged:
            continue
        verdict = Verdict.WRONG if number < wrong else Verdict.RIGHT
        await store.judge(tenant, item.id, verdict, Source.REVIEWER, at=at)


async def test_from_shadow_to_auto_with_its_evidence_and_one_press(stage: Stage) -> None:
    async with stage(started=False) as scene:
        admin, admins = await with_admins(scene)
        ann = scene.workspace.join("ann")
        admins.members.append(ann.id)
        general = scene.workspace.public("general", ann, admin)
        await admin.command(general, "/deskhand channel set shadow precision 0.9")
        await scene.bot.worker.stop()  # the past's questions are not answered anew
        await fill(scene, general, 140, wrong=5, mode=Mode.SHADOW)
        judging = scene.bot.modes.judging
        await judging.judge()
        await judging.judge()
        await scene.workspace.until(lambda: len(scene.said(admins)) >= 2, 20)
        change, suggested = scene.said(admins)
        assert "to shadow" in shown(change)
        assert "140 answers that were judged, 96% [92, 99] would have been right" in shown(
            suggested
        )
        assert "I suggest auto" in shown(suggested)
        await ann.click(suggested, "mode:set")
        assert "Only admins" in scene.workspace.ephemerals(ann)[-1].text
        row = await mode_of(scene, general)
        assert row is not None
        assert row.mode is Mode.SHADOW
        assert (await admin.click(suggested, "mode:set")).acked
        row = await mode_of(scene, general)
        assert row is not None
        assert (row.mode, row.target_precision, row.set_by) == (Mode.AUTO, 0.9, admin.id)
        await admin.click(suggested, "mode:set")  # a replay
        assert "set otherwise" in scene.workspace.ephemerals(admin)[-1].text
        store, team = ChannelModeStore(scene.bot.engine.database), scene.bot.identity.team
        lines = await store.changes("default", team, general.id)
        assert [line.after for line in lines] == [Mode.AUTO, Mode.SHADOW, Mode.SHADOW]
        assert lines[1].evidence["answers"] == 140
        await scene.workspace.until(lambda: len(scene.said(admins)) >= 3, 20)
        assert len(scene.said(admins)) == 3


async def test_a_forged_button_sets_nothing(stage: Stage) -> None:
    async with stage(started=False) as scene:
        admin, admins = await with_admins(scene)
        general = scene.workspace.public("general", admin)
        await admin.command(general, "/deskhand channel set shadow")
        await scene.bot.worker.stop()
        await fill(scene, general, 140, wrong=3, mode=Mode.SHADOW)
        await scene.bot.modes.judging.judge()
        await scene.workspace.until(lambda: len(scene.said(admins)) >= 2, 20)
        suggested = scene.said(admins)[-1]
        other = scene.workspace.public("other", admin)
        await admin.command(other, "/deskhand channel set shadow")
        forged = copy.deepcopy(suggested)
        button = next(b for b in forged.blocks if b["type"] == "actions")["elements"][0]
        real = button["value"]
        for value in (
            real.replace(general.id, other.id),
            real.replace("auto", "off"),
            real.replace('"level": 2', '"level": 9'),
            "{}",
            "nonsense",
            '{"channel": 1}',
        ):
            button["value"] = value
            await admin.click(forged, "mode:set")
        button["value"], forged.ts = real, scene.said(admins)[0].ts
        await admin.click(forged, "mode:set")  # under another message
        for channel in (general, other):
            row = await mode_of(scene, channel)
            assert row is not None
            assert row.mode is Mode.SHADOW


async def test_a_channel_whose_knowledge_is_broken_goes_back_to_draft(stage: Stage) -> None:
    async with stage(started=False) as scene:
        admin, admins = await with_admins(scene)
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann, admin)
        await scene.learn(rooms("chairs"), "everyone")
        done = await admin.command(general, "/deskhand channel set auto precision 0.6")
        assert "Mode auto" in str(done.ack)
        judging = scene.bot.modes.judging
        for n in range(GOOD):
            answer = await scene.answer(ann.mention(general, asked_about(n)))
            assert f"{n + 3} chairs" in shown(answer)
            await ann.give_feedback(answer, positive=True)
        await judging.judge()
        row = await mode_of(scene, general)
        assert row is not None
        assert row.mode is Mode.AUTO
        folder = next(scene.folder.glob("more/*"))
        for n in range(ROOMS):
            text = f"# Room R{n}0\n\nThe room R{n}0 has {n + 400} chairs for visitors.\n"
            (folder / f"room{n}.md").write_text(text, encoding="utf-8")
        await scene.bot.engine.ingestion.run(str(folder), ("everyone",), lambda _: None)
        for n in range(ROOMS):
            answer = await scene.answer(ann.mention(general, asked_about(n)))
            assert f"{n + 400} chairs" in shown(answer)
            await ann.give_feedback(answer, positive=False)
        await judging.judge()
        await judging.judge()
        row = await mode_of(scene, general)
        assert row is not None
        assert (row.mode, row.target_precision, row.set_by) == (Mode.DRAFT, 0.6, None)
        held = await scene.answer(ann.mention(general, asked_about(3)))
        assert "chairs" not in shown(held)
        await scene.card()
        await scene.workspace.until(lambda: len(scene.said(admins)) >= 2, 20)
        told = shown(scene.said(admins)[-1])
        assert "is now in draft" in told
        assert "Wrong answer 3" in told
        assert "30 answers shown, 30 were judged. People judge wrong answers rather" in told
        assert general.id in told
        assert len(scene.said(admins)) == 2


async def test_where_few_answers_are_judged_the_admins_are_told_and_decide(stage: Stage) -> None:
    async with stage(started=False) as scene:
        admin, admins = await with_admins(scene)
        general = scene.workspace.public("general", admin)
        await admin.command(general, "/deskhand channel set auto precision 0.9")
        await scene.bot.worker.stop()  # the past's questions are not answered anew
        await fill(scene, general, 200, wrong=18, mode=Mode.AUTO, judged=18)
        await scene.bot.modes.judging.judge()
        await scene.bot.modes.judging.judge()
        await scene.workspace.until(lambda: len(scene.said(admins)) >= 2, 20)
        _, told = (shown(message) for message in scene.said(admins))
        assert "stays in auto, but please look at its answers" in told
        assert "Only 18 of the last 200 answers shown were judged" in told
        row = await mode_of(scene, general)
        assert row is not None
        assert row.mode is Mode.AUTO


def test_it_is_looked_at_each_morning_also_over_a_change_of_clocks() -> None:
    judging = DailyJudging.__new__(DailyJudging)
    object.__setattr__(judging, "timezone", "Europe/Berlin")
    evening = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)  # the clocks go back in this night
    first = judging._next(evening)
    assert first.astimezone(UTC) == datetime(2026, 10, 25, 5, 0, tzinfo=UTC)
    assert judging._next(first) - first == timedelta(days=1)
