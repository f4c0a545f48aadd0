from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.installations.tokens import Tokens
from bot.telemetry.metrics import counted
from bot.workspace import LocalWorkspace
from engine.errors import IndexUnavailable
from engine.telemetry.catalogue import METRICS, Kind
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
        await served(both, ACME)
        assert "16 weeks" in await ask(both.workspaces[ACME], "ann")


async def test_it_listens_before_its_workspaces_have_begun_and_loses_no_question_of_theirs(
    town: OpenTown,
) -> None:
    async with town() as both, aiohttp.ClientSession() as session:

        async def page(path: str) -> tuple[int, str]:
            async with session.get(f"{both.url}{path}") as got:
                return got.status, await got.text()

        for team in (ACME, GLOBEX):
            await both.learn(team)
        await both.start()
        for team in (ACME, GLOBEX):
            await both.install(team)
        await served(both, ACME, GLOBEX)
        assert await page("/readyz") == (200, "ready")
        await both.stop()
        both.front.hangs[ACME] = asyncio.Event()  # Slack does not answer there
        await both.start()
        await served(both, GLOBEX)
        assert "16 weeks" in await ask(both.workspaces[GLOBEX], "bob")
        assert await page("/healthz") == (200, "ok")
        assert await page("/readyz") == (503, "1 of 2 workspaces have not begun yet")
        workspace = both.workspaces[ACME]
        workspace.delivery.retry_delays_s = (0.0,) * 500
        ann = workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        await workspace.until(lambda: refused(workspace) > 0, 30.0)
        both.front.hangs.pop(ACME).set()
        await both.app.workspaces.begun()
        assert await page("/readyz") == (200, "ready")
        await workspace.until(lambda: bool(replies(workspace, asked)), 30.0)
        assert len(replies(workspace, asked)) == 1


def refused(workspace: LocalWorkspace) -> int:
    """Deliveries that were not acknowledged."""
    return sum(not each.answer.acked for each in workspace.delivery.attempts)


async def test_it_ends_at_once_while_a_workspace_begins(
    town: OpenTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town() as both:
        await both.start()
        await both.install(ACME)
        await served(both, ACME)
        await both.stop()
        both.front.hangs[ACME] = asyncio.Event()
        monkeypatch.setattr(Tokens, "is_good", _is_not_asked)
        await both.start()
        async with asyncio.timeout(30):
            while not _is_beginning(ACME):  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)
        async with asyncio.timeout(5):  # Slack's answer would be waited for ten seconds
            await both.stop()
        both.front.hangs.pop(ACME).set()


def _is_beginning(team: str) -> bool:
    return f"workspace-{team}" in {task.get_name() for task in asyncio.all_tasks()}


async def _is_not_asked(*_: object) -> bool:
    return True


async def test_an_index_that_cannot_be_reached_is_said(
    town: OpenTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.ability._GOOD_FOR_S", 0.0)
    async with town() as both:
        with counted() as meters:
            await both.start()
            page = both.app.show_metrics(meters)
            for team in (ACME, GLOBEX):
                await both.install(team)
            await served(both, ACME, GLOBEX)
            ours, theirs = (bot.engine.index for bot in both.app.workspaces.bots)
            monkeypatch.setattr(ours, "count", _away)
            assert await both.app.http.why_not() == ""  # the other's index is its own
            monkeypatch.setattr(theirs, "count", _away)
            assert await both.app.http.why_not() == "the index cannot be reached"
            assert b"\ndeskhand_ready 0.0\n" in (await page.render())[0]


async def _away(_: str) -> int:
    raise IndexUnavailable("the index is away")


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
    async with town() as both, AsyncExitStack() as stack:
        gauges_of = stack.enter_context(watching(both))
        await both.learn(ACME)
        await both.start()
        for team in (ACME, GLOBEX):
            await both.install(team)
        await served(both, ACME, GLOBEX)
        watched = await gauges_of(ACME)
        assert {"deskhand_leader", "deskhand_queue_age_seconds", "deskhand_cases_open"} <= watched
        both.workspaces[ACME].revoke_tokens()
        await served(both, GLOBEX)
        async with asyncio.timeout(30):
            while await gauges_of(ACME):  # noqa: ASYNC110 - alerts on it would stay for ever
                await asyncio.sleep(0.05)
        assert await gauges_of(GLOBEX) == watched
        gone = await both.app.store.get(ACME)
        assert gone is not None
        assert (gone.token, gone.ended_at is None) == ("", False)
        assert await ask(both.workspaces[GLOBEX], "bob")
        await both.install(ACME)
        await served(both, ACME, GLOBEX)
        assert "16 weeks" in await ask(both.workspaces[ACME], "ann")
        assert await gauges_of(ACME) == watched


async def test_gauges_of_a_workspace_whose_bot_fell_before_it_was_removed_are_dropped_too(
    town: OpenTown,
) -> None:
    async with town() as both, AsyncExitStack() as stack:
        gauges_of = stack.enter_context(watching(both))
        await both.start()
        await both.install(ACME)
        await served(both, ACME)
        workspaces = both.app.workspaces
        one = workspaces._open[ACME]
        assert one._task is not None
        one._task.cancel()
        await served(both)
        await workspaces.look()
        assert "deskhand_leader" in await gauges_of(ACME)  # nobody does its jobs: that is an alert
        at, revision = workspaces.clock(), one.installation.revision
        await both.app.store.ended(ACME, at, revision=revision)
        await workspaces.look()
        assert await gauges_of(ACME) == set()


@contextmanager
def watching(both: Town) -> Iterator[Callable[[str], Awaitable[set[str]]]]:
    """Gives what reads the names of a workspace's gauges."""
    names = {metric.prometheus for metric in METRICS if metric.kind is Kind.GAUGE}
    with counted() as meters:

        async def gauges_of(team: str) -> set[str]:
            page = (await both.app.show_metrics(meters).render())[0].decode()
            ours = [line for line in page.splitlines() if f'workspace="{team}"' in line]
            return {line.partition("{")[0] for line in ours} & names

        yield gauges_of


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
    async with town() as both, AsyncExitStack() as stack:
        gauges_of = stack.enter_context(watching(both))
        await both.start()
        for team in (ACME, GLOBEX):
            await both.install(team)
        await served(both, ACME, GLOBEX)
        before = await gauges_of(ACME)
        await both.app.store.set(ACME, {"DESKHAND_LIMITS__PERSON": "1"})
        both.app.workspaces.changed()
        async with asyncio.timeout(30):
            while limits_of(both, ACME) != 1:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.02)
        assert limits_of(both, GLOBEX) != 1
        await gauges_of(ACME)  # the new bot's, before the old one's are dropped
        await asyncio.gather(*both.app.workspaces._ending)
        assert await gauges_of(ACME) | {"deskhand_leader"} == before  # which is told in a moment


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
