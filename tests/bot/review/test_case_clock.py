"""The clock of a case with the whole bot: reminders, levels, rest, expiry and the daily list."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.rendering.notices import NOBODY_REACHED
from bot.review.case_clock import EXPIRE, LATE, LEVEL, REMIND, SOON, subject_of
from bot.review.overdue import OVERDUE_LIST
from bot.workspace import Fault
from engine.errors import SettingsInvalid
from engine.storage.case import CaseState
from engine.storage.case_history import Action
from engine.storage.timers import Timer, TimerStore
from tests.bot.app.conftest import HOW_LONG, Stage, shown
from tests.bot.app.conftest import _published_pages as _published_pages
from tests.bot.app.conftest import knowledge as knowledge
from tests.bot.app.conftest import stage as stage
from tests.bot.app.test_desk import more
from tests.bot.review.office import BERLIN, LIMIT_S, Office, another_bot, office_of

pytestmark = pytest.mark.slow

LEVELS = '[[levels]]\nuser = "RITA"\n[[levels]]\ngroup = "S0LEADS"\n[[levels]]\non_call = true\n'


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


async def test_targets_count_business_hours_and_follow_the_priority(stage: Stage) -> None:
    policy = "[targets.urgent]\nrespond_minutes = 30\nresolve_minutes = 60\n"
    async with office_of(stage, policy=policy) as office:
        case = await office.case()
        about = timedelta(minutes=5)
        assert case.respond_by is not None
        assert case.resolve_by is not None
        assert timedelta() <= case.respond_by - berlin("2026-11-27 16:00") < about
        assert timedelta() <= case.resolve_by - berlin("2026-11-30 11:00") < about
        await office.change("relabel", by="U1", category=None, priority="Urgent")
        case = await office.case_is(lambda case: case.respond_by < berlin("2026-11-27 15:45"))
        assert case.resolve_by is not None
        assert timedelta() <= case.resolve_by - berlin("2026-11-27 16:00") < about


async def test_another_policy_holds_for_cases_that_wait_from_the_next_start(stage: Stage) -> None:
    async with office_of(stage, policy=LEVELS) as office:
        before = await office.case()
        await office.scene.stop()
        policy = office.scene.folder / "policy.toml"
        policy.write_text("[targets.high]\nresolve_minutes = 30\n")
        office.scene.environment["DESKHAND_REVIEW__RESPOND_MINUTES"] = "120"
        await office.scene.start()
        case = await office.case_is(lambda case: case.respond_by != before.respond_by)
        assert case.respond_by is not None
        assert timedelta() <= case.respond_by - berlin("2026-11-27 17:00") < timedelta(days=3)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("review__timezone", "Mars/Olympus", "is no time zone; use one such as Europe/Berlin"),
        ("review__business_hours", "17:00-09:00", "must be two times of one day"),
        ("review__business_days", "mon-fry", "names no days"),
        ("review__tickets_url", "https://t.example/x", "TICKETS_SECRET is not set"),
    ],
)
async def test_a_bot_does_not_start_with_times_that_cannot_be(
    stage: Stage, name: str, value: str, says: str
) -> None:
    async with stage(started=False, **{name: value}) as scene:
        with pytest.raises(SettingsInvalid, match=says):
            await scene.start()


async def test_who_looked_before_a_claim_does_not_undo_the_times_that_follow_from_it(
    stage: Stage,
) -> None:
    async with office_of(stage) as office:
        before = await office.case()
        await office.change("claim", by=office.scene.reviewer.id)
        await office.scene.bot.timing.case_clock.arm(before)
        timers = TimerStore(office.scene.bot.engine.database)
        for stage_name, is_set in ((SOON, True), (LATE, True), (f"{LEVEL}1", False)):
            subject = subject_of(before.id, stage_name)
            assert bool(await timers.armed(office.tenant, REMIND, subject)) == is_set


async def test_the_owner_is_reminded_on_monday_across_a_restart_and_once(stage: Stage) -> None:
    async with office_of(stage) as office:
        scene, rita = office.scene, office.scene.reviewer
        await office.change("claim", by=rita.id)
        await office.until("2026-11-29 20:00")
        await office.quiet()
        assert office.lines() == []
        await scene.stop()
        await scene.start()
        await office.until("2026-11-30 10:06")
        (soon,) = await office.said(1)
        assert soon.startswith(f"<@{rita.id}>, the asker should have an answer to this within ")
        await scene.stop()
        await scene.start()
        await office.until("2026-11-30 11:06")
        _, late = await office.said(2)
        assert late == f"<@{rita.id}>, the asker of this should have had an answer by now."
        await office.until("2026-12-01 18:00")
        await office.quiet()
        assert len(office.lines()) == 2
        assert [ping.target for ping in scene.workspace.pings()].count(rita.id) == 2


@pytest.mark.parametrize("rests", [False, True])
async def test_a_case_whose_owner_has_left_the_company_is_anybodys_again(
    stage: Stage, rests: bool
) -> None:
    async with office_of(stage) as office:
        scene, rita = office.scene, office.scene.reviewer
        sam = scene.workspace.join("sam")
        scene.workspace.invite(scene.escalations, sam)
        await office.change("claim", by=rita.id)
        scene.workspace.leave(rita)
        if rests:  # somebody else may put off what is nobody's, too
            await sam.click(office.card, "case:more", chosen=more("snooze", office.card))
            form = scene.workspace.modal(sam)
            assert not (await sam.submit(form, {"until": "monday"})).errors
            await office.case_is(lambda case: case.snoozed_until is not None)
        await office.until("2026-11-30 09:30" if rests else "2026-11-30 10:06")
        await office.said(1)
        case = await office.case_is(lambda case: case.owner is None)
        await office.quiet()
        assert case.snoozed_until is None
        assert office.lines()[0].startswith("Who had this case can take no cases any more")
        assert rita.id not in str(office.lines())
        events = await scene.bot.engine.cases.events(office.tenant, case.id)
        released = [event for event in events if event.action is Action.RELEASED]
        assert [event.by for event in released] == [None]


async def test_two_bots_remind_once(stage: Stage) -> None:
    async with office_of(stage) as office:
        await office.change("claim", by=office.scene.reviewer.id)
        async with another_bot(office.scene) as second:
            await office.until("2026-11-30 10:06")
            for _ in range(3):
                await asyncio.gather(second.timekeeper.look(), office.scene.bot.timekeeper.look())
            assert len(await office.said(1)) == 1


@pytest.mark.parametrize("fault", [Fault.DROP_RESPONSE, Fault.SERVER_ERROR_AFTER])
async def test_a_reminder_whose_post_was_never_confirmed_stands_there_once(
    stage: Stage, fault: Fault
) -> None:
    async with office_of(stage) as office:
        await office.change("claim", by=office.scene.reviewer.id)
        await office.scene.idle()
        office.scene.workspace.faults.add("chat.postMessage", fault)
        await office.until("2026-11-30 10:06")
        await office.said(1)
        assert len(office.lines()) == 1
        case = await office.case()
        timers = TimerStore(office.scene.bot.engine.database)
        assert await timers.armed(office.tenant, REMIND, subject_of(case.id, "soon")) is None


async def test_who_has_answered_is_not_reminded(stage: Stage) -> None:
    async with office_of(stage) as office:
        await office.change("claim", by=office.scene.reviewer.id)
        office.scene.reviewer.reply(office.card, "Sixteen weeks, as the handbook says.")
        await office.scene.answer(office.asked, 3)
        await office.case_is(lambda case: case.delivered_at is not None)
        await office.until("2026-12-24 12:00")
        await office.quiet()
        assert [line for line in office.lines() if not line.startswith("Kept for")] == []
        assert len(office.scene.replies(office.asked)) == 3


async def test_levels_are_called_one_after_another_while_nobody_claims(stage: Stage) -> None:
    async with office_of(stage, policy=LEVELS) as office:
        await office.until("2026-11-27 15:50")
        await office.quiet()
        assert office.lines() == []
        await office.until("2026-11-27 16:06")
        (first,) = await office.said(1)
        assert first.startswith(f"<@{office.scene.reviewer.id}>, nobody has claimed this")
        await office.case_is(lambda case: case.level == 1)
        await office.until("2026-11-29 12:00")
        await office.quiet()
        assert len(office.lines()) == 1
        await office.until("2026-11-30 09:06")  # an hour of business after the first
        _, second = await office.said(2)
        assert second.startswith("<!subteam^S0LEADS>, nobody has claimed this")
        await office.case_is(lambda case: case.level == 2)
        await office.change("claim", by=office.scene.reviewer.id)
        await office.until("2026-11-30 10:30")
        assert "on call" not in "".join(await office.said(3))


async def test_without_levels_the_thread_hears_of_it(stage: Stage) -> None:
    async with office_of(stage) as office:
        await office.until("2026-11-27 16:06")
        assert await office.said(1) == ["Nobody has claimed this, and somebody should have by now."]
        await office.until("2026-12-01 16:06")
        await office.quiet()
        before = (await office.case()).respond_by
        await office.scene.stop()
        office.scene.environment["DESKHAND_REVIEW__RESPOND_MINUTES"] = "90"
        await office.scene.start()
        await office.case_is(lambda case: case.respond_by != before)
        await office.quiet()
        assert len(office.lines()) == 1


async def test_what_is_put_off_rests_and_comes_back(stage: Stage) -> None:
    async with office_of(stage) as office:
        rita = office.scene.reviewer
        await office.change("claim", by=rita.id)
        await office.change("snooze", by=rita.id, until=berlin("2026-12-02 10:00"))
        await office.until("2026-12-01 12:00")
        await office.quiet()
        assert office.lines() == []
        await office.until("2026-12-02 10:01")
        assert await office.said(1) == [
            f"<@{rita.id}>, this was put off until now, and the asker should have had an answer "
            "by now."
        ]
        case = await office.case_is(lambda case: case.snoozed_until is None)
        assert case.state is CaseState.CLAIMED
        await office.until("2026-12-02 16:00")
        await office.quiet()
        assert len(office.lines()) == 1


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        ("", "This was put off until now. Nobody has it, and somebody should have by now."),
        (LEVELS.partition("[[levels]]\ngroup")[0], "nobody has claimed this in time"),
    ],
)
async def test_a_rest_that_ends_too_late_says_so_in_one_message(
    stage: Stage, policy: str, says: str
) -> None:
    async with office_of(stage, policy=policy) as office:
        rest_over = berlin("2026-11-30 10:00")
        await office.change("snooze", by=office.scene.reviewer.id, until=rest_over)
        await office.until("2026-11-30 10:01")
        await office.said(1)
        await office.case_is(lambda case: case.snoozed_until is None)
        await office.quiet()
        (line,) = office.lines()
        assert says in line


async def test_what_nobody_answers_expires_and_the_asker_is_told_once(stage: Stage) -> None:
    async with office_of(stage, review__expire_days="3") as office:
        await office.until("2026-11-30 14:00")
        await office.quiet()
        assert (await office.case()).state is CaseState.OPEN
        await office.until("2026-11-30 15:06")
        case = await office.case_is(lambda case: case.state is CaseState.EXPIRED)
        await office.quiet()
        told = [m.text for m in office.scene.replies(office.asked) if "nobody answered" in m.text]
        assert len(told) == 1
        assert told[0].startswith("Sorry, nobody answered this within 3 days")
        assert "please ask again here" in told[0]
        await office.scene.stop()
        await office.scene.start()
        await office.until("2026-12-24 12:00")
        await office.quiet()
        said = [m.text for m in office.scene.replies(office.asked)]
        assert len([text for text in said if "nobody answered" in text]) == 1
        assert not [text for text in said if "A person has your question" in text]
        assert case.closed_by is None


async def test_a_case_that_is_opened_anew_has_all_of_its_time_again(stage: Stage) -> None:
    async with office_of(stage, review__expire_days="3") as office:
        await office.until("2026-11-30 15:06")
        await office.case_is(lambda case: case.state is CaseState.EXPIRED)
        await office.quiet()
        answer = office.scene.replies(office.asked)[0]
        await office.ann.click(answer, "human")
        case = await office.case_is(lambda case: case.is_waiting)
        assert case.respond_by is not None
        assert case.respond_by > berlin("2026-11-30 16:00")
        timers = TimerStore(office.scene.bot.engine.database)
        expires = await timers.armed(office.tenant, EXPIRE, case.id)
        assert expires is not None
        assert expires > berlin("2026-12-03 15:00")


async def overdue_lines(office: Office) -> list[str]:
    said = office.scene.said(office.scene.escalations)
    return [message.text for message in said if "overdue" in message.text]


async def until_lists(office: Office, count: int) -> None:
    """Returns once so many lists of overdue cases stand in the channel of the cards."""

    def told() -> bool:
        said = office.scene.said(office.scene.escalations)
        return sum("overdue" in message.text for message in said) >= count

    await office.scene.workspace.until(told, LIMIT_S)


DONE = TimerStore.done


async def never_of_the_list(store: TimerStore, held: Timer, **about: Any) -> bool:
    """As of a bot that ends before it is written down that the list was told."""
    if held.kind == OVERDUE_LIST:
        await asyncio.Event().wait()
    return await DONE(store, held, **about)


async def test_the_daily_list_names_what_is_late_once_a_day(stage: Stage) -> None:
    async with office_of(stage) as office:
        await office.change("claim", by=office.scene.reviewer.id)
        await office.until("2026-11-30 09:01")
        await office.quiet()
        assert await overdue_lines(office) == []
        async with another_bot(office.scene) as second:
            await office.until("2026-12-01 09:01")
            for _ in range(3):
                await asyncio.gather(second.timekeeper.look(), office.scene.bot.timekeeper.look())
            await office.quiet()
        (said,) = await overdue_lines(office)
        assert said.startswith("One case is overdue.\n• <")
        assert f"/{office.card.channel}/p{office.card.ts.replace('.', '')}|A case>: rita" in said
        assert "late by 6 hours of business time" in said
        await office.scene.stop()
        await office.scene.start()
        await office.until("2026-12-01 17:01")
        await office.quiet()
        assert len(await overdue_lines(office)) == 1
        await office.until("2026-12-02 09:01")
        await office.quiet()
        assert len(await overdue_lines(office)) == 2
        assert HOW_LONG not in "".join(await overdue_lines(office))


async def test_the_list_goes_to_the_admins_and_else_to_the_cards(stage: Stage) -> None:
    async with office_of(stage, errors=True, review__admin_channel="C0NOTTHERE") as office:
        await office.until("2026-11-30 09:01")
        await office.scene.workspace.until(
            lambda: [m for m in office.scene.said(office.scene.escalations) if "overdue" in m.text],
            LIMIT_S,
        )
        await office.scene.stop()
        admins = office.scene.workspace.public("admins", office.ann)
        office.scene.environment["DESKHAND_REVIEW__ADMIN_CHANNEL"] = admins.id
        await office.scene.start()
        await office.until("2026-12-01 09:01")
        await office.scene.workspace.until(lambda: office.scene.said(admins), LIMIT_S)
        await office.quiet()
        assert len(await overdue_lines(office)) == 1
        assert len(office.scene.said(admins)) == 1


async def test_a_bot_that_ends_right_after_a_list_does_not_cost_the_next_one(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office_of(stage) as office:
        with monkeypatch.context() as ended:
            ended.setattr(TimerStore, "done", never_of_the_list)
            await office.until("2026-11-30 09:01")
            await until_lists(office, 1)
            await office.scene.stop()
        office.set_to(datetime.fromisoformat("2026-12-01 09:01").replace(tzinfo=BERLIN))
        await office.scene.start()
        await until_lists(office, 2)
        await office.quiet()
        assert len(await overdue_lines(office)) == 2


async def test_a_list_whose_post_was_never_confirmed_stands_there_once(stage: Stage) -> None:
    async with office_of(stage) as office:
        await office.until("2026-11-27 16:06")
        await office.said(1)
        office.scene.workspace.faults.add("chat.postMessage", Fault.DROP_RESPONSE)
        await office.until("2026-11-30 09:01")
        await office.scene.stop()
        await office.scene.start()
        await office.scene.workspace.until(
            lambda: [m for m in office.scene.said(office.scene.escalations) if "overdue" in m.text],
            LIMIT_S,
        )
        await office.quiet()
        assert len(await overdue_lines(office)) == 1
        assert "nobody has it" in shown(office.scene.said(office.scene.escalations)[-1])


async def test_a_reminder_that_finds_its_card_out_of_reach_waits_until_it_is_back(
    stage: Stage,
) -> None:
    async with office_of(stage, errors=True) as office:
        scene, rita = office.scene, office.scene.reviewer
        await office.change("claim", by=rita.id)
        scene.escalations.archived = True  # of which no event tells
        await office.until("2026-11-30 10:06")
        notice = scene.replies(office.asked)[1]
        await scene.workspace.until(lambda: notice.text == NOBODY_REACHED, LIMIT_S)
        scene.escalations.archived = False
        (soon,) = await office.said(1)
        assert soon.startswith(f"<@{rita.id}>, the asker should have an answer to this within ")
        (line,) = [m for m in scene.said(scene.escalations) if m.is_reply]
        assert line.thread_ts == (await scene.card()).ts
        assert [m for m in scene.said(scene.escalations) if not m.is_reply] == [await scene.card()]
        assert "whose card was in" in scene.said(rita.dm)[-1].text
