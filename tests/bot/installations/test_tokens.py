"""Tokens that Slack renews once, while other things happen to their row."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.installations import tokens
from bot.installations.tokens import Tokens
from engine.errors import StorageUnavailable
from engine.storage.installations import InstallationStore
from tests.bot.installations.conftest import ACME, OpenTown, Town

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning"),  # the SDK's
]

asks_slack = Tokens._call
writes_down = InstallationStore.renewed


async def installed_and_renewed(both: Town) -> str:
    """The token that Slack takes once it has renewed the first; the app runs meanwhile."""
    workspace = both.workspaces[ACME]
    await both.start()
    await both.install(ACME)
    async with asyncio.timeout(30):
        while not workspace.app.earlier_tokens:
            both.app.workspaces.changed()
            await asyncio.sleep(0.02)
    return workspace.app.bot_token


async def is_kept(both: Town, token: str) -> bool:
    """Whether the table gets this token, which is the only one that Slack gave anew."""
    for _ in range(500):
        found = await both.app.store.get(ACME)
        if found is not None and found.token == token:
            return len(both.workspaces[ACME].app.earlier_tokens) == 1
        await asyncio.sleep(0.02)
    return False


async def test_a_token_that_is_renewed_while_settings_change_is_kept(
    town: OpenTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(lasts_s=3600) as both:

        async def meanwhile(self: Tokens, token: str, method: str, **given: Any) -> Any:
            told = await asks_slack(self, token, method, **given)
            if method == "oauth.v2.access" and given.get("grant_type"):
                await self.store.set(ACME, {"DESKHAND_LIMITS__PERSON": "1"})
            return told

        monkeypatch.setattr(Tokens, "_call", meanwhile)
        token = await installed_and_renewed(both)
        assert await is_kept(both, token)
        found = await both.app.store.get(ACME)
        assert found is not None
        assert found.settings == {"DESKHAND_LIMITS__PERSON": "1"}


async def test_a_renewed_token_waits_for_a_database_that_is_away_for_a_moment(
    town: OpenTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = [StorageUnavailable("the database cannot be reached")] * 2

    async def refused(self: InstallationStore, old: Any, new: Any) -> bool:
        if away:
            raise away.pop()
        return await writes_down(self, old, new)

    monkeypatch.setattr(tokens, "_WAITS_S", (0.01, 0.01))
    monkeypatch.setattr(InstallationStore, "renewed", refused)
    async with town(lasts_s=3600) as both:
        assert await is_kept(both, await installed_and_renewed(both))
        assert not away


async def test_a_stop_while_a_token_is_written_down_waits_for_that(
    town: OpenTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slow(self: InstallationStore, old: Any, new: Any) -> bool:
        asked.set()
        await go_on.wait()
        return await writes_down(self, old, new)

    async with town(lasts_s=3600) as both:
        await both.start()
        await both.install(ACME)
        monkeypatch.setattr(InstallationStore, "renewed", slow)
        both.app.workspaces.changed()
        async with asyncio.timeout(30):
            await asked.wait()
        given = both.workspaces[ACME].app.bot_token
        [looking] = [t for t in asyncio.all_tasks() if t.get_name() == "deskhand-workspaces"]
        looking.cancel()
        await asyncio.sleep(0.05)
        go_on.set()
        await asyncio.wait([looking])
        assert await is_kept(both, given)
