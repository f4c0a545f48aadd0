"""Facts of a local Slack, with a clock that a test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bot.access.audience import audience_of
from bot.access.facts import SlackFacts
from bot.slack_api import SlackApi
from bot.workspace import Actor, LocalWorkspace
from bot.workspace.channels import Channel

TTL_S = 60.0
MOST_MEMBERS = 30


class Elapsed:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def elapsed() -> Elapsed:
    return Elapsed()


@pytest.fixture
async def facts(workspace: LocalWorkspace, elapsed: Elapsed) -> AsyncIterator[SlackFacts]:
    api = SlackApi(workspace.bot_token, url=workspace.api_url, timeout_s=5)
    made = SlackFacts(api, ttl_s=TTL_S, most_members=MOST_MEMBERS, clock=elapsed)
    yield made
    await made.aclose()
    await api.aclose()


Asks = Callable[[Actor, Channel], Awaitable[frozenset[str]]]


@pytest.fixture
def tags(workspace: LocalWorkspace, facts: SlackFacts) -> Asks:
    """The tags of the audience when somebody asks in a conversation."""

    async def ask(who: Actor, where: Channel) -> frozenset[str]:
        audience = await audience_of(
            facts,
            team=workspace.world.team_id,
            channel=where.id,
            user=who.id,
            user_team=who.person.team_id,
        )
        return audience.tags

    return ask


@pytest.fixture
def told(workspace: LocalWorkspace, facts: SlackFacts) -> Callable[[], None]:
    """Hands the facts every event sent since it was called last."""
    seen = 0

    def tell() -> None:
        nonlocal seen
        sent = workspace.slack.events.sent
        for wrapped in sent[seen:]:
            facts.heed(wrapped["event"])
        seen = len(sent)

    return tell
