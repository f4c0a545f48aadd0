"""People who ask: in channels, in threads, in direct messages, at random moments."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.workspace import LocalWorkspace
from bot.workspace.actor import Actor
from bot.workspace.channels import Channel
from bot.workspace.messages import Message

UNLIMITED = {f"DESKHAND_LIMITS__{whose}": "1000000" for whose in ("PERSON", "CHANNEL", "WORKSPACE")}
"""Settings of a bot that a crowd asks: what is measured is not how often it may."""
_IN_A_THREAD = 0.25
_DIRECT = 0.25


@dataclass(slots=True)
class Crowd:
    """A workspace's people and channels, and what they have asked so far."""

    workspace: LocalWorkspace
    rng: random.Random
    texts: Sequence[str]
    people: list[Actor] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    asked: list[Message] = field(default_factory=list)

    @classmethod
    def gather(
        cls,
        workspace: LocalWorkspace,
        *,
        people: int,
        channels: int,
        texts: Sequence[str],
        seed: int,
    ) -> Crowd:
        """Members in public and private channels, everybody in several of them."""
        crowd = cls(workspace, random.Random(seed), texts)  # noqa: S311 - repeatable
        crowd.people = [workspace.join(f"person{n}") for n in range(people)]
        for n in range(channels):
            members = crowd.rng.sample(crowd.people, k=min(people, 8))
            make = workspace.private if n % 4 == 0 else workspace.public
            crowd.channels.append(make(f"channel-{n}", *members))
        return crowd

    def ask(self) -> Message:
        """Somebody asks something somewhere."""
        text = self.rng.choice(self.texts)
        roots = [m for m in self.asked if not m.is_reply]
        if roots and self.rng.random() < _IN_A_THREAD:
            root = self.rng.choice(roots[-20:])
            channel = self.workspace.slack.world.channels[root.channel]
            person = self.workspace.actor(root.user)
            message = person.mention(channel, text, thread_ts=root.ts)
        elif self.rng.random() < _DIRECT:
            person = self.rng.choice(self.people)
            message = person.say(person.dm, text)
        else:
            channel = self.rng.choice(self.channels)
            member = self.rng.choice([p for p in self.people if p.id in channel.members])
            message = member.mention(channel, text)
        self.asked.append(message)
        return message

    def heard(self) -> list[Message]:
        """Every message of the bot, but for cards and what stands in the escalation channel."""
        world = self.workspace.slack.world
        places = {m.channel for m in self.asked} | {c.id for c in self.channels}
        return [
            message
            for channel in places
            for message in world.channels[channel].messages.values()
            if message.user == world.app.bot_user
        ]
