"""The bot's composition root: opens the engine and Slack, and closes them again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from bot.access.facts import SlackFacts
from bot.composing import compose
from bot.credentials import (
    identity_of,
    refuse_missing,
    refuse_unreachable_people,
    revealed,
)
from bot.delivery.turns import Turns
from bot.refusals import refuse_wrong
from bot.running import Bot as Bot
from bot.slack_api import SlackApi
from engine.compose import Engine, Overrides, open_engine
from engine.errors import DeskhandError
from engine.settings import Settings
from evals.mirroring.answers import open_answer_mirror


@asynccontextmanager
async def open_bot(
    settings: Settings, overrides: Overrides | None = None, turns: Turns | None = None
) -> AsyncIterator[Bot]:
    """A bot, closed when left. turns: see `compose`.

    Raises: SettingsInvalid, StorageUnavailable, IndexUnavailable; SlackFault where Slack does not
    answer or does not know the app.
    """
    slack = settings.slack
    if turns is None:
        refuse_missing(slack, settings.role)
    refuse_wrong(settings)
    mirror = open_answer_mirror(settings)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(mirror.aclose)
        api = SlackApi(
            revealed(slack.bot_token), url=slack.api_url, timeout_s=slack.request_timeout_s
        )
        stack.push_async_callback(api.aclose)
        identity = await identity_of(api)
        await refuse_unreachable_people(api, slack.escalation_channel)
        engine = await stack.enter_async_context(open_engine(settings, overrides))
        await engine.make_ready()
        warming = asyncio.create_task(_warm(engine), name="deskhand-warm")
        stack.push_async_callback(_ended, warming)
        facts = SlackFacts(
            api,
            ttl_s=slack.facts_ttl_s,
            most_members=slack.most_members,
            team=identity.team,
        )
        stack.push_async_callback(facts.aclose)
        yield compose(engine, api, facts, identity, mirror, turns)


async def _warm(engine: Engine) -> None:
    """Loads what the first question would wait for; what fails here is that question's to tell."""
    with suppress(DeskhandError):
        await engine.pipeline.fingerprint_of(engine.settings.tenant)
        if engine.settings.embedder == "local":
            await engine.embedder.embed_query("ready")


async def _ended(warming: asyncio.Task[None]) -> None:
    warming.cancel()
    await asyncio.gather(warming, return_exceptions=True)
