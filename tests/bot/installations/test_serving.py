from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.workspace import LocalWorkspace
from tests.bot.app.conftest import HOW_LONG, shown
from tests.bot.installations.conftest import ACME, GLOBEX, OpenTown, Town

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning"),  # the SDK's
]


async def ask(workspace: LocalWorkspace, name: str) -> str:
    person = workspace.join(name)
    asked = person.say(person.dm, HOW_LONG)
    await workspace.until(lambda: bool(replies(workspace, asked)), 30.0)
    await workspace.settled(30.0)
    return shown(replies(workspace, asked)[-1])


def replies(workspace: LocalWorkspace, asked: Any) -> list[Any]:
    return list(workspace.replies_by_app(asked.channel, asked.thread_ts or asked.ts))


async def served(both: Town, *teams: str) -> None:
    async with asyncio.timeout(30):
        while both.app.workspaces.served_now != teams:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.02)


async def test_two_workspaces_install_the_app_and_each_hears_from_its_own_documents(
    town: OpenTown,
) -> None:
    async with town() as both:
        await both.learn(ACME)
        await both.start()
        assert both.app.workspaces.served_now == ()
        for team in (ACME, GLOBEX):
            status, text = await both.install(team)
            assert (status, team.removeprefix("T0").title() in text) == (200, True)
        await served(both, ACME, GLOBEX)
        ours, theirs = both.workspaces[ACME], both.workspaces[GLOBEX]
        assert "16 weeks" in await ask(ours, "ann")
        assert "16 weeks" not in await ask(theirs, "bob")
        for workspace, other in ((ours, theirs), (theirs, ours)):
            posted = [c for c in workspace.slack.calls if c.method == "chat.postMessage"]
            assert posted
            assert workspace.bot_token != other.bot_token


async def test_what_was_installed_is_served_again_after_a_restart(town: OpenTown) -> None:
    async with town() as both:
        await both.learn(ACME)
        await both.start()
        await both.install(ACME)
        await both.stop()
        await both.start()
        assert both.app.workspaces.served_now == (ACME,)
        assert "16 weeks" in await ask(both.workspaces[ACME], "ann")


async def test_another_replica_serves_what_was_installed_at_the_first(town: OpenTown) -> None:
    async with town() as both:
        await both.start()
        first = both.app
        await both.start()
        await both.install(ACME)
        await served(both, ACME)
        async with asyncio.timeout(30):
            while first.workspaces.served_now != (ACME,):  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("cookie", "status"), [({"Cookie": "slack-app-oauth-state=guess"}, 400), ({}, 400)]
)
async def test_a_page_of_another_browser_installs_nothing(
    town: OpenTown, cookie: dict[str, str], status: int
) -> None:
    async with town() as both:
        await both.start()
        got, text = await both.install(ACME, cookie)
        assert (got, "another browser" in text) == (status, True)
        assert await both.app.store.all() == ()


async def test_a_page_is_taken_once_and_says_nothing_of_what_it_was_given(town: OpenTown) -> None:
    async with town() as both:
        await both.start()
        state = await both.app.store.begin("default", both.app.workspaces.clock())
        cookie = {"Cookie": f"slack-app-oauth-state={state}"}
        page = f"{both.url}/slack/oauth_redirect"
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            wrong = {"state": state, "code": "<script>guess</script>"}
            async with session.get(page, params=wrong, headers=cookie) as first:
                assert (first.status, "Slack did not take" in await first.text()) == (401, True)
                assert "frame-ancestors 'none'" in first.headers["Content-Security-Policy"]
                assert first.headers["Cache-Control"] == "no-store"
            async with session.get(page, params=wrong, headers=cookie) as second:
                text = await second.text()
                assert (second.status, "opened before" in text) == (401, True)
            async with session.get(page, params={"error": "<b>x</b>"}) as refused:
                assert "<b>" not in await refused.text()


async def test_only_named_workspaces_may_install(town: OpenTown) -> None:
    async with town(slack__install_teams=GLOBEX) as both:
        await both.start()
        status, text = await both.install(ACME)
        assert (status, f"{ACME} may not install" in text) == (403, True)
        assert (await both.install(GLOBEX))[0] == 200
        assert [one.tenant for one in await both.app.store.all()] == [GLOBEX]


async def test_a_workspace_that_removes_the_app_is_forgotten_and_can_install_it_again(
    town: OpenTown,
) -> None:
    async with town() as both:
        await both.learn(ACME)
        await both.start()
        for team in (ACME, GLOBEX):
            await both.install(team)
        await served(both, ACME, GLOBEX)
        both.workspaces[ACME].revoke_tokens()
        await served(both, GLOBEX)
        gone = await both.app.store.get(ACME)
        assert gone is not None
        assert (gone.token, gone.ended_at is None) == ("", False)
        assert await ask(both.workspaces[GLOBEX], "bob")
        await both.install(ACME)
        await served(both, ACME, GLOBEX)
        assert "16 weeks" in await ask(both.workspaces[ACME], "ann")


async def test_a_late_word_of_an_earlier_removal_ends_nothing(town: OpenTown) -> None:
    async with town() as both:
        await both.learn(ACME)
        await both.start()
        await both.install(ACME)
        await served(both, ACME)
        both.workspaces[ACME].slack.events.emit({"type": "app_uninstalled"})
        assert "16 weeks" in await ask(both.workspaces[ACME], "ann")
        both.app.workspaces.changed()
        await asyncio.sleep(0.1)
        assert both.app.workspaces.served_now == (ACME,)


async def test_tokens_that_end_are_renewed_while_the_bot_goes_on(town: OpenTown) -> None:
    async with town(lasts_s=3600) as both:
        await both.learn(ACME)
        await both.start()
        await both.install(ACME)
        await served(both, ACME)
        workspace = both.workspaces[ACME]
        async with asyncio.timeout(30):
            while not workspace.app.earlier_tokens:
                both.app.workspaces.changed()
                await asyncio.sleep(0.05)
        kept = await both.app.store.get(ACME)
        assert kept is not None
        assert kept.expires_at is not None
        assert kept.expires_at > both.app.workspaces.clock() + timedelta(minutes=50)
        assert "16 weeks" in await ask(workspace, "ann")


async def test_a_workspace_has_settings_of_its_own_within_seconds(town: OpenTown) -> None:
    async with town() as both:
        await both.start()
        for team in (ACME, GLOBEX):
            await both.install(team)
        await served(both, ACME, GLOBEX)
        await both.app.store.set(ACME, {"DESKHAND_LIMITS__PERSON": "1"})
        both.app.workspaces.changed()
        async with asyncio.timeout(30):
            while limits_of(both, ACME) != 1:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.02)
        assert limits_of(both, GLOBEX) != 1


def limits_of(both: Town, team: str) -> int | None:
    bot = both.app.workspaces._open[team].bot
    return None if bot is None else bot.engine.settings.limits.person


async def test_a_request_of_a_workspace_without_the_app_is_taken_and_dropped(
    town: OpenTown,
) -> None:
    async with town() as both:
        await both.start()
        workspace = both.workspaces[ACME]
        ann = workspace.join("ann")
        ann.say(ann.dm, HOW_LONG)
        await workspace.settled(30.0)
        assert not [c for c in workspace.slack.calls if c.method.startswith("chat.")]
