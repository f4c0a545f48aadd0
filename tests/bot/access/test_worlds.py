"""Random workspaces: nobody who can read a conversation is told what they may not read.

The oracle below reads the workspace's state, not Slack's answers, and shares no code with what it
judges.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from bot.access.audience import rights_in
from bot.access.facts import SlackFacts
from bot.slack_api import SlackApi
from bot.workspace import Actor, Fault, Kind, LocalWorkspace
from bot.workspace.channels import Channel, ChannelType
from bot.workspace.people import Person
from bot.workspace.world import World
from tests.bot.access.conftest import MOST_MEMBERS, TTL_S, Elapsed

WORLDS = 30
STEPS = 10
FULL = (Kind.MEMBER, Kind.ADMIN, Kind.OWNER)
READING = (
    "auth.test conversations.info conversations.members users.info users.list usergroups.list "
    "users.conversations"
).split()
OTHER_COMPANY = Person(
    id="U0PHANTOM", name="phantom", kind=Kind.STRANGER, team_id="T0ELSE", email=""
)
MANIFEST = Path(__file__).parents[3] / "manifests" / "slack-app.yaml"


def readers_of(world: World, channel: Channel) -> list[Person]:
    """Everybody who can read it now, or who may at any moment."""
    there = [world.people[m] for m in channel.members]
    if channel.type is ChannelType.PUBLIC:
        there += [p for p in world.people.values() if is_full_member(world, p)]
    if channel.shared_with or channel.pending_shared:
        there.append(OTHER_COMPANY)
    ours = world.team_id
    return [p for p in there if not p.deleted and not (p.kind is Kind.BOT and p.team_id == ours)]


def is_full_member(world: World, person: Person) -> bool:
    return person.kind in FULL and not person.deleted and person.team_id == world.team_id


def may_read(world: World, person: Person, tag: str, conversation: Channel) -> bool:
    kind, _, name = tag.partition(":")
    if kind == "public":
        return True
    if kind == "everyone":
        return is_full_member(world, person)
    if kind == "user":
        return person.id == name
    if kind == "group":
        group = world.groups[name]
        return not group.disabled and person.id in group.users
    channel = world.channels[name]
    if channel is conversation or person.id in channel.members:
        return True
    return channel.type is ChannelType.PUBLIC and is_full_member(world, person)


@dataclass
class Trial:
    """A workspace that changes by chance, and what its app was granted."""

    workspace: LocalWorkspace
    facts: SlackFacts
    elapsed: Elapsed
    rng: random.Random
    heard: int = 0
    checked: int = 0
    granted: set[str] = field(default_factory=set)

    def build(self) -> None:
        kinds = [*FULL, *FULL, Kind.GUEST, Kind.SINGLE_CHANNEL_GUEST, Kind.STRANGER, Kind.BOT]
        stage, rng = self.workspace, self.rng
        people = [stage.join(f"p{n}", rng.choice(kinds)) for n in range(rng.randint(2, 16))]
        if rng.random() < 0.3:
            rng.choice(people).person.deleted = True
        for n in range(rng.randint(1, 5)):
            room = rng.choice([stage.public, stage.private])(f"room-{n}", *self.some(people))
            room.pending_shared = rng.random() < 0.1
            if rng.random() < 0.15:
                room.shared_with = ("T0OUTSIDE0",)
            room.archived = rng.random() < 0.1
        for n in range(rng.randint(0, 3)):
            stage.usergroup(f"group-{n}", self.some(people))
        for person in people:
            _ = person.dm
        stage.group_dm(*self.some(people, least=2))

    def some(self, people: list[Actor], least: int = 0) -> list[Actor]:
        return self.rng.sample(people, self.rng.randint(min(least, len(people)), len(people)))

    def change(self) -> None:
        stage, rng, world = self.workspace, self.rng, self.workspace.world
        rooms = [c for c in world.channels.values() if c.type in ("channel", "group")]
        people = [p for p in world.people.values() if p.id != world.app.bot_user]
        room, person = rng.choice(rooms), rng.choice(people)
        what = rng.randrange(7)
        if what == 0 and person.id not in room.members and not person.deleted:
            stage.invite(room, person)
        elif what == 1 and person.id in room.members:
            stage.remove(room, person)
        elif what == 2 and person.kind not in (Kind.STRANGER, Kind.BOT):
            stage.become(person, rng.choice([*FULL, Kind.GUEST, Kind.SINGLE_CHANNEL_GUEST]))
        elif what == 3 and world.groups:
            group = rng.choice(list(world.groups.values()))
            group.disabled = rng.random() < 0.2
            stage.set_members(group, self.some([stage.actor(p) for p in people]))
        elif what == 4 and world.app.bot_user in room.members:
            stage.share(room, *rng.choice([(), ("T0OUTSIDE0",)]))
        elif what == 5:
            stage.leave(person)
        else:
            room.pending_shared = not room.pending_shared  # Slack sends no event of it
            self.elapsed.s += TTL_S

    def hear(self) -> None:
        sent = self.workspace.slack.events.sent
        for wrapped in sent[self.heard :]:
            self.facts.heed(wrapped["event"])
        self.heard = len(sent)

    async def check(self) -> None:
        world = self.workspace.world
        for channel in list(world.channels.values()):
            askers = [m for m in channel.members if m != world.app.bot_user]
            for asker in self.rng.sample(askers, min(2, len(askers))):
                rights = await rights_in(
                    self.facts,
                    team=world.team_id,
                    channel=channel.id,
                    user=asker,
                    user_team=self.rng.choice([None, world.people[asker].team_id]),
                    dm=channel.type is ChannelType.IM and self.rng.random() < 0.5,
                )
                for reader in readers_of(world, channel):
                    for tag in rights.audience.tags:
                        told = f"{reader.kind} {reader.id} in {channel.type} {channel.id}: {tag}"
                        assert may_read(world, reader, tag, channel), told
                self.checked += 1
                self.granted |= {tag.partition(":")[0] for tag in rights.audience.tags}

    def break_something(self) -> None:
        self.workspace.faults.clear()
        for method in self.rng.sample(READING, self.rng.randint(0, 2)):
            fault = self.rng.choice([Fault.REFUSED, Fault.SERVER_ERROR, Fault.RATE_LIMITED])
            self.workspace.faults.add(method, fault, times=None, chance=0.5, seconds=1)


@pytest.mark.slow
@pytest.mark.parametrize("faults", [False, True], ids=["sound", "failing"])
async def test_no_reader_of_a_conversation_is_told_what_they_may_not_read(
    workspace: LocalWorkspace, faults: bool
) -> None:
    """With the app's own manifest: its scopes and events must suffice."""
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    granted: set[str] = set()
    checked = 0
    for seed in range(WORLDS):
        async with LocalWorkspace(manifest=manifest, seed=seed) as opened:
            api = SlackApi(opened.bot_token, url=opened.api_url, timeout_s=5)
            elapsed = Elapsed()
            facts = SlackFacts(api, ttl_s=TTL_S, most_members=MOST_MEMBERS, clock=elapsed)
            trial = Trial(opened, facts, elapsed, random.Random(seed))
            try:
                trial.build()
                if faults:
                    trial.break_something()
                await trial.check()
                for _ in range(STEPS):
                    if faults:
                        trial.break_something()
                        elapsed.s += trial.rng.choice([1, TTL_S, 10 * TTL_S])
                    trial.change()
                    trial.hear()
                    await trial.check()
            finally:
                await facts.aclose()
                await api.aclose()
        granted |= trial.granted
        checked += trial.checked
        await asyncio.sleep(0)
    assert checked > 1000
    assert granted == {"public", "everyone", "channel", "group", "user"}  # the trial tries them all
