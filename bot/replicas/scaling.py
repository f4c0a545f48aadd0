"""Throughput and fairness of 1, 2 and 4 webs, as ratios within one run.

Each question waits for a model for as long as a hosted one takes, and a web answers one at a time:
so what is compared is how webs share the work, and not how many processors this machine has.
`quoting` answers without a model are measured beside it: there the processors are the limit.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.chaos.crowd import Crowd
from bot.replicas.stage import Scenery, Stage, Tell, staged
from bot.workspace.actor import Actor
from bot.workspace.messages import Message
from engine.role import Role
from evals.model_server.models import quoting
from evals.model_server.reply import Received, Reply
from evals.model_server.server import ModelServer

WEBS = (1, 2, 4)
_MODEL_S = 2.0
_HEAVY_SHARE = 0.5
_WITHIN_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """per_s: questions answered in a second. others_wait: the median wait of those who asked one
    question, as a part of the median wait of who asked half of all at the same moment. answered:
    questions with exactly one answer."""

    per_s: float
    others_wait: float
    asked: int
    answered: int


async def measure_scaling(
    scenery: Scenery, *, questions: int, tell: Tell
) -> dict[str, dict[int, Measured]]:
    """By `waiting` (for a model) and `quoting`, and the number of webs.

    Raises: PostgresAbsent.
    """
    model = ModelServer(_slow)
    async with model.serving() as url:
        waiting = {
            "DESKHAND_OPENAI__API_KEY": "scaling",
            "DESKHAND_OPENAI__BASE_URL": url,
            "DESKHAND_SLACK__WORKERS": "1",
        }
        return {
            "waiting": await _measure(scenery, waiting, questions, tell),
            "quoting": await _measure(scenery, {}, questions, tell),
        }


async def _measure(
    scenery: Scenery, more: Mapping[str, str], questions: int, tell: Tell
) -> dict[int, Measured]:
    found = {}
    never_again = {"DESKHAND_ANSWER__CACHE_S": "0"}
    async with staged(replace(scenery, more={**scenery.more, **never_again, **more})) as stage:
        await stage.fleet.add(Role.WORKER)
        webs = 0
        for wanted in WEBS:
            while webs < wanted:
                await stage.fleet.add(Role.WEB)
                webs += 1
            if wanted == WEBS[0]:
                await stage.deliver()
            await _burst(stage, webs)  # everything is loaded
            found[wanted] = await _burst(stage, questions)
            tell(f"{wanted} webs: {found[wanted].per_s:.2f} questions a second")
    return found


async def _burst(stage: Stage, count: int) -> Measured:
    """All at once; one person asks half of them, each in a thread of its own."""
    crowd = stage.crowd
    heavy, others = crowd.people[0], crowd.people[1:]
    started = time.monotonic()
    asked: dict[tuple[str, str], tuple[Message, bool]] = {}
    for n in range(count):
        is_heavy = n < count * _HEAVY_SHARE
        message = _ask(crowd, heavy if is_heavy else others[n % len(others)], n)
        asked[message.channel, message.ts] = (message, is_heavy)
    waits = await _waits(crowd, set(asked), started)
    heavy_waits = [wait for key, wait in waits.items() if asked[key][1]]
    other_waits = [wait for key, wait in waits.items() if not asked[key][1]]
    both = bool(heavy_waits and other_waits)
    return Measured(
        per_s=len(waits) / max(waits.values(), default=1.0),
        others_wait=(
            statistics.median(other_waits) / statistics.median(heavy_waits) if both else 1.0
        ),
        asked=count,
        answered=len(waits),
    )


def _ask(crowd: Crowd, person: Actor, number: int) -> Message:
    text = crowd.texts[number % len(crowd.texts)]
    mine = [c for c in crowd.channels if person.id in c.members]
    if not mine:
        return person.say(person.dm, text)
    return person.mention(mine[number % len(mine)], text)


async def _waits(
    crowd: Crowd, keys: set[tuple[str, str]], started: float
) -> dict[tuple[str, str], float]:
    """Seconds until each question's answer stood there; those without one are left out."""
    waits: dict[tuple[str, str], float] = {}
    world = crowd.workspace.slack.world
    while len(waits) < len(keys) and time.monotonic() - started < _WITHIN_S:
        await asyncio.sleep(0.05)
        for channel in {channel for channel, _ in keys}:
            for message in world.channels[channel].messages.values():
                key = (channel, message.thread_ts or "")
                if key in keys and key not in waits and _is_answer(crowd, message):
                    waits[key] = time.monotonic() - started
    return waits


def _is_answer(crowd: Crowd, message: Message) -> bool:
    told = str((message.metadata or {}).get("event_payload", {}).get("key", ""))
    return message.user == crowd.workspace.slack.world.app.bot_user and ":answer:" in told


def _slow(received: Received) -> Reply:
    return replace(quoting(received), first_s=_MODEL_S)
