"""The events of a busy workspace, as Slack would send them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bot.chaos.crowd import Crowd
from bot.workspace import LocalWorkspace
from bot.workspace.delivery import Answer, Envelope, EnvelopeType
from bot.workspace.messages import Message

_PEOPLE, _CHANNELS = 50, 20
_MENTIONS = 1 / 3
"""Of the messages. Each makes two events, so that half of the events are mentions."""
_ANSWERED_AFTER = 40
"""Mentions after which people write on in a thread, so that the bot has long taken part in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Events in the order in which they are sent, and the messages that must be kept for good.

    questions: mentions, and words in threads that the bot takes part in.
    """

    envelopes: tuple[Envelope, ...]
    questions: tuple[Message, ...]


class _Nobody:
    """Takes every event and hands on none."""

    async def send(self, envelope: Envelope, attempt: int, reason: str) -> Answer:
        return Answer(acked=True)


def compose_traffic(
    workspace: LocalWorkspace, events: int, *, texts: Sequence[str], seed: int
) -> Traffic:
    """At least so many events: a half of mentions, a quarter of words in threads that the bot
    takes part in, a quarter of talk that does not concern it. The workspace sends none of them."""
    rng = random.Random(seed)  # noqa: S311 - repeatable
    transport, workspace.delivery.transport = workspace.delivery.transport, _Nobody()
    workspace.slack.events.per_hour = 10 * events + 30_000
    crowd = Crowd.gather(workspace, people=_PEOPLE, channels=_CHANNELS, texts=texts, seed=seed + 1)
    sent = workspace.slack.events.sent
    first = len(sent)
    mentions: list[Message] = []
    words: list[Message] = []
    while len(sent) - first < events:
        roots = mentions[:-_ANSWERED_AFTER]
        if rng.random() < _MENTIONS:
            channel = rng.choice(crowd.channels)
            person = rng.choice([p for p in crowd.people if p.id in channel.members])
            mentions.append(person.mention(channel, rng.choice(texts)))
        elif roots and rng.random() < 1 / 2:
            root = rng.choice(roots)
            words.append(workspace.actor(root.user).reply(root, rng.choice(texts)))
        else:
            channel = rng.choice(crowd.channels)
            person = rng.choice([p for p in crowd.people if p.id in channel.members])
            person.say(channel, rng.choice(texts))
    workspace.delivery.transport = transport
    envelopes = tuple(Envelope(type=EnvelopeType.EVENT, payload=e) for e in sent[first:])
    return Traffic(envelopes=envelopes, questions=(*mentions, *words))
