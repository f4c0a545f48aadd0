"""When history is read, from where, and up to where."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.access.facts import SlackFacts
from bot.intake import gap_loop
from bot.intake.gap_loop import GapLoop
from bot.intake.gaps import Gaps
from bot.intake.receiver import Receiver
from bot.modes.standing import Standings
from bot.slack_api import SlackApi
from bot.workspace import Actor, Fault, LocalWorkspace, ManualClock
from bot.workspace.channels import Channel
from bot.workspace.messages import Message
from bot.workspace.method_facts import PUBLISHED
from engine.errors import StorageUnavailable
from engine.storage.cases import CaseStore
from engine.storage.channel_modes import ChannelModeStore
from engine.storage.conversations import ConversationStore
from engine.storage.database import Database
from engine.storage.group_commit import GroupCommit
from engine.storage.inbox import InboxItem, InboxStore
from engine.storage.intake import IntakeStore
from engine.storage.open_cards import OpenCards

TENANT = "default"


@dataclass
class Room:
    """A workspace whose events reach nobody unless a test hands them on."""

    workspace: LocalWorkspace
    clock: ManualClock
    inbox: InboxStore
    gaps: Gaps
    loop: GapLoop
    ann: Actor
    general: Channel
    side: Channel

    async def say(self, channel: Channel, *, heard: bool) -> Message:
        """Somebody asks; where it is heard, its event is received. A second passes."""
        said = self.ann.mention(channel, "How many weeks is parental leave?")
        if heard:
            event = self.workspace.slack.events.sent[-1]["event"]
            await self.gaps.receiver.receive(event, team=self.gaps.team)
        await self.clock.advance(1)
        return said

    async def read_through(self) -> dict[str, str]:
        return await self.gaps.conversations.read_through(TENANT, self.gaps.team)

    async def kept(self, *messages: Message) -> list[bool]:
        """Which of these are in the inbox."""
        found = [await self.inbox.find(TENANT, self.gaps.team, m.channel, m.ts) for m in messages]
        return [item is not None for item in found]

    def read(self) -> list[str]:
        """Channels whose history was asked for, in order."""
        return [str(c.arguments["channel"]) for c in self.workspace.calls("conversations.history")]


async def _tell_nobody(_: InboxItem) -> None:
    return


async def _no_cut(_: object) -> None:
    return None


@pytest.fixture
async def room(database: Database) -> AsyncIterator[Room]:
    if not (PUBLISHED / "methods").is_dir():
        pytest.skip(f"Slack's published pages are absent from {PUBLISHED}")
    clock = ManualClock()
    commits = GroupCommit(database)
    inbox, conversations = InboxStore(database), ConversationStore(database, commits)

    def now() -> datetime:
        return datetime.fromtimestamp(clock.now(), UTC)

    async with LocalWorkspace(seed=7, clock=clock) as workspace:
        workspace.delivery.retry_delays_s = ()
        api = SlackApi(workspace.bot_token, url=workspace.api_url, timeout_s=5.0)
        team = workspace.world.team_id
        facts = SlackFacts(api, ttl_s=60.0, most_members=100, team=team)
        receiver = Receiver(
            tenant=TENANT,
            bot_user=workspace.app.bot_user,
            inbox=inbox,
            intake=IntakeStore(commits),
            conversations=conversations,
            cases=CaseStore(database),
            standings=Standings(tenant=TENANT, modes=ChannelModeStore(database), cut=_no_cut),
            clock=now,
            forgotten_after=timedelta(days=1),
            on_new=_tell_nobody,
            on_changed=_tell_nobody,
        )
        gaps = Gaps(
            tenant=TENANT,
            team=team,
            api=api,
            receiver=receiver,
            conversations=conversations,
            cards=OpenCards(database),
            clock=now,
            threads_since=timedelta(days=7),
        )
        ann = workspace.join("ann")
        loop = GapLoop(gaps, facts, now, sweep_every_s=900)
        general, side = workspace.public("general", ann), workspace.private("side", ann)
        yield Room(workspace, clock, inbox, gaps, loop, ann, general, side)
        await loop.aclose()
        await facts.aclose()
        await api.aclose()


async def test_only_a_reading_moves_where_the_next_one_begins(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gap_loop, "_SWEEP_PAUSE_S", 0.01)
    loop, channel = room.loop, room.general
    loop._open()
    first = await room.say(channel, heard=True)
    assert await room.read_through() == {}
    await loop._read_gap()
    assert await room.read_through() == {channel.id: first.ts}
    second = await room.say(channel, heard=True)
    assert await room.read_through() == {channel.id: first.ts}
    await loop._sweep()
    assert await room.read_through() == {channel.id: second.ts}


async def test_a_channel_that_could_not_be_read_is_read_again_and_keeps_its_edge(
    room: Room,
) -> None:
    loop = room.loop
    before = [await room.say(channel, heard=True) for channel in (room.general, room.side)]
    loop._open()
    await loop._read_gap()
    assert await room.read_through() == {m.channel: m.ts for m in before}
    loop._open()
    lost = [await room.say(channel, heard=False) for channel in (room.general, room.side)]
    room.workspace.faults.add("conversations.history", Fault.REFUSED, code="missing_scope")
    await loop._read_gap()
    kept = await room.kept(*lost)
    assert sorted(kept) == [False, True]
    missing = lost[kept.index(False)]
    channel = room.workspace.world.channels[missing.channel]
    for _ in range(3):
        await room.say(channel, heard=True)
    assert (await room.read_through())[channel.id] == before[kept.index(False)].ts
    read = len(room.read())
    await loop._read_gap()
    assert room.read()[read:] == [channel.id]
    assert await room.kept(*lost) == [True, True]
    newest = max(channel.messages)
    assert (await room.read_through())[channel.id] == newest


@pytest.mark.parametrize("told", ["connected", "missed", "limited"])
async def test_a_gap_is_read_from_where_it_began_though_another_program_noted_later(
    room: Room, told: str
) -> None:
    loop, channel = room.loop, room.general
    loop._open()
    await loop._read_gap()
    lost = await room.say(channel, heard=False)
    await room.clock.advance(50)
    later = await room.say(channel, heard=True)
    await room.gaps.conversations.is_read(TENANT, room.gaps.team, {channel.id: later.ts})
    if told == "connected":
        await room.clock.advance(600)
        await loop.on_connected(600.0)
    else:
        (loop.on_missed if told == "missed" else loop.on_limited)()
    await room.clock.advance(600)
    await loop._read_gap()
    assert await room.kept(lost) == [True]


async def test_a_reading_at_the_start_begins_below_what_was_received_since(room: Room) -> None:
    room.loop._open()
    await room.say(room.general, heard=True)
    await room.loop._read_gap()
    lost = await room.say(room.general, heard=False)
    await room.clock.advance(600)
    again = GapLoop(room.gaps, room.loop._facts, room.gaps.clock, sweep_every_s=900)
    again._open()
    await room.say(room.general, heard=True)
    await again._read_gap()
    assert await room.kept(lost) == [True]


async def test_a_break_that_slacks_retries_bridge_opens_no_gap(room: Room) -> None:
    room.loop._open()
    await room.loop._read_gap()
    opened = room.loop._opened
    await room.loop.on_connected(1.0)
    assert room.loop._opened == opened
    await room.loop.on_connected(10.0)
    assert room.loop._opened == opened + 1


async def test_retries_of_what_was_sent_before_the_last_reading_open_no_gap(room: Room) -> None:
    loop, now = room.loop, room.clock.now()
    loop._open()
    await loop._read_gap()
    opened = loop._opened
    for before_s in (360, 60, 2):
        loop.on_unreached(now - before_s)
    assert (loop._opened, loop._later) == (opened, None)
    loop.on_unreached(now)
    assert loop._opened == opened + 1
    assert loop._later is not None


async def test_many_retries_have_history_read_once(room: Room) -> None:
    loop, now = room.loop, room.clock.now()
    loop._open()
    await loop._read_gap()
    loop.on_unreached(now)
    later = loop._later
    loop.on_unreached(now + 1)
    assert loop._later is later


async def test_a_reading_that_storage_ends_is_begun_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gap_loop, "_TRIES_AGAIN_S", 0.01)
    room.loop._pause_s = 0.01
    lost = await room.say(room.general, heard=False)
    read_through, failed = ConversationStore.read_through, []

    async def once(*given: Any) -> dict[str, str]:
        if not failed:
            failed.append(given)
            raise StorageUnavailable("the database is away")
        return await read_through(*given)

    monkeypatch.setattr(ConversationStore, "read_through", once)
    room.loop.start()
    await room.workspace.until(lambda: room.loop._read)
    assert failed
    assert await room.kept(lost) == [True]
    assert (await read_through(room.gaps.conversations, TENANT, room.gaps.team)) == {
        room.general.id: lost.ts
    }
