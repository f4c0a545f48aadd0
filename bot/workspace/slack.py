"""The workspace's working parts in one place, as methods and people use them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from bot.workspace.app_config import AppConfig
from bot.workspace.clock import Clock
from bot.workspace.delivery import Delivery, Transport
from bot.workspace.errors import Json
from bot.workspace.events import Events
from bot.workspace.faults import Faults
from bot.workspace.interactivity import Interactivity
from bot.workspace.pings import Ping
from bot.workspace.rates import RateLimits
from bot.workspace.streams import Streams
from bot.workspace.views import Views
from bot.workspace.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of the Web API as it was answered."""

    method: str
    arguments: Json
    at: float
    status: int
    """The HTTP status; 0 where the connection was closed without an answer."""
    response: Json
    """The body as it was made, also where it was dropped."""

    @property
    def error(self) -> str:
        """The error's code; empty where the call was carried out."""
        return str(self.response.get("error", ""))


@dataclass(slots=True, kw_only=True)
class Slack:
    """Everything that a method of the Web API or a person's act may touch."""

    world: World
    clock: Clock
    rng: random.Random
    faults: Faults
    rates: RateLimits
    delivery: Delivery
    events: Events
    interactivity: Interactivity
    streams: Streams
    views: Views
    pings: list[Ping] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)


def make_slack(
    *, app: AppConfig, clock: Clock, seed: int, rates: float | None, transport: Transport
) -> Slack:
    """A new, empty workspace; each part draws from a generator of its own."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    world = World(app=app, clock=clock, rng=random.Random(rng.random()))  # noqa: S311
    faults = Faults(random.Random(rng.random()))  # noqa: S311
    delivery = Delivery(clock, transport)
    return Slack(
        world=world,
        clock=clock,
        rng=random.Random(rng.random()),  # noqa: S311
        faults=faults,
        rates=RateLimits(clock, rates),
        delivery=delivery,
        events=Events(world, delivery, faults, random.Random(rng.random())),  # noqa: S311
        interactivity=Interactivity(world),
        streams=Streams(clock),
        views=Views(world),
    )
