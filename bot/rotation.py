"""Slack's secrets read again from their files: what a manager exchanged is used without a restart.

The bot token and the signing secret count from the next request on, the app-level token from the
next connection on. The address of the database is read once: its pool stands with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.credentials import identity_of, revealed
from bot.readiness import Readiness
from bot.slack_api import SlackApi
from bot.slack_app import Identity
from bot.transport.composing import Ways
from engine.errors import DeskhandError
from engine.settings import Settings
from engine.slack_settings import SlackSettings

log = logging.getLogger(__name__)

_EVERY_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What a running bot holds its secrets in."""

    api: SlackApi
    ways: Ways | None
    identity: Identity
    readiness: Readiness

    async def use(self, slack: SlackSettings) -> None:
        """Takes the secrets of these settings into use.

        Raises: SettingsInvalid for a bot token that Slack refuses or that is another bot's, and
        SlackFault where Slack does not answer; the ones before stay in use.
        """
        await self._refuse_another_bots(slack)
        self.api.use(revealed(slack.bot_token))
        if self.ways is not None:
            self.ways.renew(slack)
        self.readiness.revoked = False

    async def _refuse_another_bots(self, slack: SlackSettings) -> None:
        token = revealed(slack.bot_token)
        tried = SlackApi(token, url=slack.api_url, timeout_s=slack.request_timeout_s)
        try:
            found = await identity_of(tried)
        finally:
            await tried.aclose()
        if (found.team, found.bot_user) != (self.identity.team, self.identity.bot_user):
            raise DeskhandError(
                "the new SLACK_BOT_TOKEN is another bot's, so the one before stays in use; restart "
                "to become that bot"
            )


@asynccontextmanager
async def rotating(
    use: Callable[[SlackSettings], Awaitable[None]],
    settings: Settings,
    read: Callable[[], Settings],
    *,
    every_s: float = _EVERY_S,
) -> AsyncIterator[None]:
    """Looks every so often, while inside, whether Slack's secrets are others now.

    use: takes them into use. read: the settings as they are given now.
    """
    watching = asyncio.create_task(
        _watch(use, settings.slack, read, every_s), name="deskhand-rotation"
    )
    try:
        yield
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


async def _watch(
    use: Callable[[SlackSettings], Awaitable[None]],
    used: SlackSettings,
    read: Callable[[], Settings],
    every_s: float,
) -> None:
    told = ""
    while True:
        await asyncio.sleep(every_s)
        try:
            given = (await asyncio.to_thread(read)).slack
            wanted = _with_secrets_of(used, given)
            if wanted == used:
                told = ""
                continue
            await use(wanted)
        except DeskhandError as error:
            # A file may be half written, or Slack down: the next look tells.
            if str(error) != told:
                log.warning("Slack's secrets stay as they were: %s", error)
            told = str(error)
            continue
        used, told = wanted, ""
        log.info("Slack's secrets were read again, and are in use")


def _with_secrets_of(used: SlackSettings, given: SlackSettings) -> SlackSettings:
    """A secret that is not given any more stays: its manager is about to mount the next."""
    return used.model_copy(
        update={
            "bot_token": given.bot_token or used.bot_token,
            "app_token": given.app_token or used.app_token,
            "signing_secret": given.signing_secret or used.signing_secret,
        }
    )
