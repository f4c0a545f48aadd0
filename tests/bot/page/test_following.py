from __future__ import annotations

from typing import Any

from bot.page.cast import Cast
from bot.page.feed import Feed
from bot.page.server import PageServer
from bot.workspace import LocalWorkspace
from bot.workspace.changes import Change, ChangeKind


def message(text: str) -> Any:
    return lambda c: c["kind"] == "message" and c["message"]["text"] == text


async def test_what_is_said_comes_to_every_tab(tab_of: Any, cast: Cast) -> None:
    maya, tom = tab_of("maya"), tab_of("tom")
    start = (await maya.open())["id"]
    await tom.open()
    async with maya.following(start) as one, tom.following(start) as other:
        said = await maya.act("say", channel=cast.general.id, text="hello")
        for follower, mine in ((one, True), (other, False)):
            change = await follower.until(message("hello"))
            assert (change["message"]["ts"], change["message"]["mine"]) == (said["ts"], mine)
        channels = [c["channel"] for c in other.changes if c["kind"] == "channel"]
        assert channels[-1]["unread"] == 1


async def test_a_page_that_was_away_gets_what_changed_once_and_as_it_is_now(
    maya: Any, cast: Cast
) -> None:
    tom = cast.people["tom"]
    old = tom.say(cast.general, "old")
    place = (await maya.open())["id"]
    tom.edit(old, "old, edited")
    tom.react(old, "eyes")
    gone = tom.say(cast.general, "gone")
    tom.delete(gone)
    last = tom.say(cast.general, "last")
    async with maya.following(place) as follower:
        await follower.until(message("last"))
        told = [c["message"]["ts"] for c in follower.changes if c["kind"] == "message"]
        assert told == [old.ts, last.ts]
        assert {"kind": "message_gone", "channel": cast.general.id, "ts": gone.ts} in (
            follower.changes
        )
        place = follower.place
    async with maya.following(place) as follower:
        tom.say(cast.general, "new")
        await follower.until(message("new"))
        assert not [c for c in follower.changes if c["kind"] == "message"][:-1]


async def test_thousands_of_changes_come_in_frames_that_can_be_gone_on_from(
    maya: Any, cast: Cast
) -> None:
    place = (await maya.open())["id"]
    said = [cast.people["tom"].say(cast.general, str(n)).ts for n in range(1_000)]
    told: list[str] = []
    while len(told) < len(said):
        async with maya.following(place) as follower:  # each time for one frame only
            await follower.next()
            assert len(follower.changes) <= 200
            told += [c["message"]["ts"] for c in follower.changes if c["kind"] == "message"]
            place = follower.place
    assert told == said


async def test_a_place_of_another_start_is_answered_by_a_reset(maya: Any, cast: Cast) -> None:
    for place in ("", "nonsense", "0badc0de-7", "0badc0de-", "-"):
        async with maya.following(place) as follower:
            frame = await follower.next()
            assert frame["reset"] is True
            cast.people["tom"].say(cast.general, f"after {place}")
            await follower.until(message(f"after {place}"))


async def test_nobody_hears_of_what_they_do_not_see(tab_of: Any, cast: Cast) -> None:
    oscar = tab_of("oscar")
    place = (await oscar.open())["id"]
    async with oscar.following(place) as follower:
        cast.people["rita"].say(cast.escalations, "between us")
        cast.people["rita"].say(cast.partners, "for all of us")
        await follower.until(message("for all of us"))
        assert "between us" not in str(follower.frames)


async def test_an_answer_streams_into_the_page(
    tab_of: Any, cast: Cast, workspace: LocalWorkspace, app: Any
) -> None:
    maya = tab_of("maya")
    place = (await maya.open())["id"]
    asked = maya.person.mention(cast.help, "How long?")
    client, where = app.client, {"channel": cast.help.id}
    async with maya.following(place) as follower:
        started = await client.chat_startStream(
            **where,
            thread_ts=asked.ts,
            recipient_user_id=maya.person.id,
            recipient_team_id=workspace.world.team_id,
            markdown_text="It is ",
        )
        ts = started["ts"]
        first = await follower.until(message("It is "))
        assert first["message"]["streaming"] == "in_progress"
        assert first["message"]["in_thread"]
        await client.chat_appendStream(**where, ts=ts, markdown_text="16 weeks.")
        more = await follower.until(message("It is 16 weeks."))
        assert more["message"]["blocks"][0]["type"] == "markdown"
        await client.chat_stopStream(**where, ts=ts)
        done = await follower.until(
            lambda c: c["kind"] == "message" and c["message"]["streaming"] == "completed"
        )
        assert done["message"]["ts"] == ts
        roots = [
            c["message"].get("reply_count")
            for c in follower.changes
            if c["kind"] == "message" and c["message"]["ts"] == asked.ts
        ]
        assert roots[-1] == 1


async def test_what_the_app_says_of_its_work_and_suggests_comes_too(tab_of: Any, app: Any) -> None:
    maya = tab_of("maya")
    place = (await maya.open())["id"]
    dm = maya.person.dm
    asked = maya.person.say(dm, "hello")
    async with maya.following(place) as follower:
        await app.client.assistant_threads_setStatus(
            channel_id=dm.id, thread_ts=asked.ts, status="is reading"
        )
        told = await follower.until(lambda c: c["kind"] == "status")
        assert (told["status"]["text"], told["status"]["thread_ts"]) == ("is reading", asked.ts)
        await app.client.api_call(
            "assistant.threads.setSuggestedPrompts",
            json={"channel_id": dm.id, "prompts": [{"title": "t", "message": "m"}]},
        )
        told = await follower.until(lambda c: c["kind"] == "prompts")
        assert told["prompts"]["prompts"] == [{"title": "t", "message": "m"}]


async def test_someone_who_is_added_sees_the_channel_and_one_who_leaves_does_not(
    tab_of: Any, workspace: LocalWorkspace, cast: Cast
) -> None:
    maya = tab_of("maya")
    place = (await maya.open())["id"]
    async with maya.following(place) as follower:
        workspace.invite(cast.escalations, maya.person)
        told = await follower.until(lambda c: c["kind"] == "channel")
        assert told["channel"]["name"] == "escalations"
        workspace.remove(cast.escalations, maya.person)
        await follower.until(
            lambda c: c == {"kind": "channel_gone", "channel": cast.escalations.id}
        )


async def test_a_page_that_went_away_is_forgotten(
    server: PageServer, maya: Any, workspace: LocalWorkspace
) -> None:
    async with maya.following((await maya.open())["id"]):
        await workspace.until(lambda: server.feed.followers == 1)
    await workspace.until(lambda: server.feed.followers == 0)


def test_the_log_is_no_longer_than_there_are_things() -> None:
    feed = Feed()
    keys = [Change(ChangeKind.MESSAGE, "C1", str(n)) for n in range(3)]
    for _ in range(1_000):
        for key in keys:
            feed.touch(key)
    assert len(feed._keys) == 3
    assert feed.since(0, most=2) == (keys[:2], 2_999)
    assert feed.since(2_999) == ([keys[2]], 3_000)
    assert feed.since(3_000) == ([], 3_000)
    assert feed.number_of(feed.place) == 3_000
    assert feed.number_of(feed.name(3_001)) is None
