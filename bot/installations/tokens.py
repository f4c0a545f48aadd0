"""The tokens of installed workspaces: which Slack still takes, and those that it renews."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.credentials import revealed
from bot.slack_api import Refused, SlackApi, SlackFault
from engine.clock import Clock
from engine.errors import StorageUnavailable
from engine.settings import Settings
from engine.storage.installations import Installation, InstallationStore

log = logging.getLogger(__name__)

_GONE = frozenset({"account_inactive", "token_revoked", "team_disabled", "app_uninstalled"})
"""With what Slack answers a token that was good once and never will be again."""
_BEFORE = timedelta(hours=2)
"""How long before its end a token is renewed; Slack gives them for twelve hours."""
_WAITS_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Between attempts to write a new token down: the one before is not renewed a second time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Asks Slack about tokens, and writes down what it says."""

    settings: Settings
    store: InstallationStore
    clock: Clock
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def is_good(self, installation: Installation) -> bool:
        """Whether Slack takes it, or does not say. One that Slack took back is forgotten.

        Raises: StorageUnavailable.
        """
        if installation.expires_at is not None and installation.expires_at <= self.clock():
            return await self.renew(installation)
        try:
            await self._call(installation.token, "auth.test")
        except Refused as refused:
            team = installation.tenant
            if refused.code in _GONE:
                log.warning("the workspace %s has removed the app (%s)", team, refused.code)
                await self.store.ended(team, self.clock(), revision=installation.revision)
            else:
                log.error("Slack refuses the token of the workspace %s: %s", team, refused)
            return False
        except SlackFault:
            return True
        return True

    async def renew(self, installation: Installation) -> bool:
        """Gets another token where this one ends soon; whether there is one that is good.

        Slack takes a refresh token once; of two replicas that use it one is refused, and finds
        what the other has written down.

        Raises: StorageUnavailable.
        """
        ends_at = installation.expires_at
        if ends_at is None or ends_at > self.clock() + _BEFORE:
            return True
        old = await self.store.get(installation.tenant)
        if old is None or old.refresh_token != installation.refresh_token:
            return old is not None and bool(old.token)
        # What is stopped meanwhile waits for it: Slack gives the new token once.
        exchanging = asyncio.ensure_future(self._exchange(old, ends_at))
        try:
            return await asyncio.shield(exchanging)
        except asyncio.CancelledError:
            await asyncio.wait([exchanging])
            raise

    async def _exchange(self, old: Installation, ends_at: datetime) -> bool:
        slack = self.settings.slack
        try:
            told = await self._call(
                "",
                "oauth.v2.access",
                client_id=slack.client_id,
                client_secret=revealed(slack.client_secret),
                grant_type="refresh_token",
                refresh_token=old.refresh_token,
            )
        except SlackFault as fault:
            now = await self.store.get(old.tenant)
            if now is None or now.refresh_token == old.refresh_token:
                log.warning("the token of %s is not renewed: %s", old.tenant, fault)
            return ends_at > self.clock()
        renewed = replace(
            old,
            token=str(told.get("access_token") or ""),
            refresh_token=str(told.get("refresh_token") or ""),
            expires_at=_ends_at(told.get("expires_in"), self.clock()),
        )
        return await self._keep(old, renewed)

    async def _keep(self, old: Installation, renewed: Installation) -> bool:
        """Writes down what Slack gives once: also beside a change of the workspace's settings, and
        after a moment in which the database was away. False where the app was installed anew.

        Raises: StorageUnavailable.
        """
        waits = iter(_WAITS_S)
        used = old.refresh_token
        while True:
            try:
                if await self.store.renewed(old, renewed):
                    return True
                now = await self.store.get(old.tenant)
                if now is None or now.refresh_token != used:
                    return False
                old = now
            except StorageUnavailable:
                wait_s = next(waits, None)
                if wait_s is None:
                    log.error(
                        "the new token of %s is lost, as the database is away; install the app "
                        "there again at /slack/install",
                        old.tenant,
                    )
                    raise
                await self.sleep(wait_s)

    async def _call(self, token: str, method: str, **arguments: str | None) -> dict[str, object]:
        slack = self.settings.slack
        api = SlackApi(token, url=slack.api_url, timeout_s=slack.request_timeout_s)
        try:
            return await api.call(method, **arguments)
        finally:
            await api.aclose()


def _ends_at(seconds: object, at: datetime) -> datetime | None:
    if not isinstance(seconds, int | float | str) or not str(seconds).isdigit():
        return None
    return at.astimezone(UTC) + timedelta(seconds=int(seconds))
