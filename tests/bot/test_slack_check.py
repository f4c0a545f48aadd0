from __future__ import annotations

import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest
from aiohttp import web

from bot import slack_check
from bot.diagnosis import Finding, Level, diagnose
from bot.names import BOT_SCOPES
from bot.slack_check import SlackCheck
from bot.transport.http import HttpTransport
from bot.workspace import Fault, LocalWorkspace
from engine.slack_settings import SlackSettings

Looked = Callable[..., Awaitable[dict[str, Finding]]]


@pytest.fixture
def look(workspace: LocalWorkspace) -> Looked:
    """Runs the checks with the workspace's tokens, unless a setting says otherwise."""
    workspace.app.scopes = tuple(BOT_SCOPES)

    async def run(
        *,
        ahead_s: float = 0,
        cards: Sequence[str] = (),
        admins: str | None = None,
        **changed: Any,
    ) -> dict[str, Finding]:
        given: dict[str, Any] = {
            "bot_token": workspace.bot_token,
            "app_token": workspace.app_token,
            "api_url": workspace.api_url,
            "host": "127.0.0.1",
            "port": 0,
            "request_timeout_s": 2,
            **changed,
        }
        check = SlackCheck(
            SlackSettings(**given),
            card_channels=cards,
            admin_channel=admins,
            wall=lambda: time.time() + ahead_s,
        )
        try:
            return dict(await diagnose(check.checks()))
        finally:
            await check.aclose()

    return run


async def test_a_sound_app_passes(workspace: LocalWorkspace, look: Looked) -> None:
    help_desk = workspace.private("help-desk", workspace.join("alice"))
    found = await look(escalation_channel=help_desk.id, admins=help_desk.id)
    assert {name: f.level for name, f in found.items()} == dict.fromkeys(found, Level.OK)
    assert ",".join(found) == "bot token,scopes,transport,port,escalation,admins,clock"
    assert found["escalation"].text == "doubtful cases go to #help-desk"
    assert found["admins"].text == "modes, retraining and digests are told in #help-desk"
    assert workspace.sockets.opened == 0


@pytest.mark.parametrize(
    ("token", "text", "mend"),
    [
        (None, "no bot token is set", "OAuth & Permissions"),
        ("xapp-1-A0-1-ab", "SLACK_BOT_TOKEN is no bot token", "xoxb-"),
        ("xoxb-wrong", "Slack refuses SLACK_BOT_TOKEN (invalid_auth)", "copy the token again"),
    ],
)
async def test_without_a_working_bot_token_the_rest_is_said_to_be_unchecked(
    workspace: LocalWorkspace, look: Looked, token: str | None, text: str, mend: str
) -> None:
    found = await look(bot_token=token, escalation_channel="C0HELP")
    assert (found["bot token"].level, found["bot token"].text) == (Level.FAIL, text)
    assert mend in found["bot token"].mend
    assert found["transport"].level is Level.OK
    if token != "xapp-1-A0-1-ab":
        for name in ("scopes", "escalation", "clock"):
            assert found[name].level is Level.WARN
            assert found[name].text.startswith("not checked: ")
    told = " ".join(f.text + f.mend for f in found.values())
    assert "xoxb-wrong" not in told
    assert workspace.app_token not in told


async def test_missing_scopes_are_named_with_what_they_are_for(
    workspace: LocalWorkspace, look: Looked
) -> None:
    workspace.app.scopes = tuple(s for s in BOT_SCOPES if s not in ("users:read", "im:write"))
    found = (await look())["scopes"]
    assert found.level is Level.FAIL
    assert f"users:read ({BOT_SCOPES['users:read']})" in found.text
    assert "im:write" in found.text
    assert "install the app again" in found.mend


async def test_scopes_that_nothing_needs_are_a_warning(
    workspace: LocalWorkspace, look: Looked
) -> None:
    workspace.app.scopes = (*BOT_SCOPES, "chat:write.public")
    found = (await look())["scopes"]
    assert (found.level, "chat:write.public" in found.text) == (Level.WARN, True)


@pytest.mark.parametrize(
    ("changed", "level", "words"),
    [
        ({"app_token": None}, Level.FAIL, "needs the app-level token"),
        ({"app_token": "xoxb-local-bot"}, Level.FAIL, "no app-level token"),
        ({"app_token": "xapp-wrong"}, Level.FAIL, "invalid_auth"),
        ({"transport": "http"}, Level.FAIL, "needs the signing secret"),
        ({"transport": "http", "signing_secret": "s"}, Level.OK, "signing secret is set"),
        ({"transport": "http", "signing_secret": "s", "app_token": None}, Level.OK, "signed HTTP"),
    ],
)
async def test_a_transport_has_what_it_needs(
    look: Looked, changed: dict[str, Any], level: Level, words: str
) -> None:
    found = (await look(**changed))["transport"]
    assert (found.level, words in found.text) == (level, True), found


async def test_an_app_token_without_its_scope_is_refused(
    workspace: LocalWorkspace, look: Looked
) -> None:
    workspace.app.app_scopes = ("authorizations:read",)
    found = (await look())["transport"]
    assert (found.level, "missing_scope" in found.text) == (Level.FAIL, True)
    assert "scopes it needs" in found.mend


@pytest.fixture
async def busy() -> AsyncIterator[int]:
    """A port on which another web server listens."""
    runner = web.AppRunner(web.Application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield int(runner.addresses[0][1])
    await runner.cleanup()


async def test_a_port_that_another_program_holds_fails(look: Looked, busy: int) -> None:
    found = (await look(port=busy))["port"]
    assert (found.level, found.text) == (
        Level.FAIL,
        f"another program listens on port {busy}",
    )


async def test_a_port_that_hangs_is_another_programs(
    look: Looked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_check, "_PORT_ANSWERS_WITHIN_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = (await look(port=silent.getsockname()[1]))["port"]
    assert found.level is Level.FAIL


async def test_a_port_that_a_running_deskhand_holds_is_fine(look: Looked) -> None:
    running = HttpTransport(host="127.0.0.1", port=0, not_ready=lambda: "")
    await running.start()
    found = (await look(port=running.port))["port"]
    await running.stop()
    assert (found.level, found.text.startswith("a Deskhand that runs")) == (Level.OK, True)


async def test_the_escalation_channel_must_be_one_that_the_bot_can_write_to(
    workspace: LocalWorkspace, look: Looked
) -> None:
    alice = workspace.join("alice")
    archived = workspace.public("old", alice)
    workspace.archive(archived)
    expected = {
        None: (Level.WARN, "no channel is set"),
        "C0NOWHERE": (Level.FAIL, "not there, or private"),
        workspace.private("hidden", alice, with_bot=False).id: (Level.FAIL, "not there"),
        workspace.public("open", alice, with_bot=False).id: (Level.FAIL, "the bot is not in"),
        archived.id: (Level.FAIL, "archived"),
        workspace.shared("partners", alice).id: (Level.WARN, "another company"),
    }
    for channel, (level, words) in expected.items():
        found = (await look(escalation_channel=channel))["escalation"]
        assert (found.level, words in found.text) == (level, True), found


async def test_the_channel_of_the_admins_must_be_one_that_the_bot_can_write_to(
    workspace: LocalWorkspace, look: Looked
) -> None:
    without = workspace.public("open", workspace.join("alice"), with_bot=False).id
    expected = {
        None: (Level.WARN, "no channel is set that hears of modes"),
        "C0NOWHERE": (Level.FAIL, "not there, or private"),
        without: (Level.FAIL, "the bot is not in the admins' channel #open"),
    }
    for channel, (level, words) in expected.items():
        found = (await look(admins=channel))["admins"]
        assert (found.level, words in found.text) == (level, True), found


async def test_each_channel_that_the_policy_sends_cards_to_is_looked_at(
    workspace: LocalWorkspace, look: Looked
) -> None:
    alice = workspace.join("alice")
    desk = workspace.public("desk", alice).id
    without = workspace.public("open", alice, with_bot=False).id
    found = await look(cards=(desk, without))
    assert found[f"cards in {desk}"].level is Level.OK
    assert found[f"cards in {without}"].level is Level.FAIL
    assert "the policy's channel #open" in found[f"cards in {without}"].text


async def test_each_channel_whose_files_are_documents_is_looked_at(
    workspace: LocalWorkspace, look: Looked
) -> None:
    alice = workspace.join("alice")
    archived = workspace.public("old", alice)
    workspace.archive(archived)
    expected = {
        workspace.public("handbook", alice).id: (Level.OK, "#handbook are documents"),
        "C0NOWHERE": (Level.FAIL, "not there, or private"),
        workspace.public("open", alice, with_bot=False).id: (Level.FAIL, "the bot is not in"),
        archived.id: (Level.FAIL, "archived"),
    }
    found = await look(knowledge_channels=tuple(expected))
    for channel, (level, words) in expected.items():
        told = found[f"shared files of {channel}"]
        assert (told.level, words in told.text) == (level, True), told


@pytest.mark.parametrize(
    ("ahead_s", "transport", "level"),
    [
        (0, "http", Level.OK),
        (120, "http", Level.WARN),
        (-400, "http", Level.FAIL),
        (400, "socket", Level.WARN),
    ],
)
async def test_a_clock_that_is_wrong_is_told(
    look: Looked, ahead_s: float, transport: str, level: Level
) -> None:
    found = (await look(ahead_s=ahead_s, transport=transport))["clock"]
    assert found.level is level
    assert level is Level.OK or ("behind" if ahead_s < 0 else "ahead") in found.text


@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.DROP_RESPONSE])
async def test_a_slack_that_fails_stops_no_check(
    workspace: LocalWorkspace, look: Looked, fault: Fault
) -> None:
    workspace.faults.add("*", fault, times=None)
    found = await look(escalation_channel="C0HELP")
    assert found["port"].level is Level.OK
    assert found["bot token"].level is found["transport"].level is Level.FAIL
    assert all(f.text and "Traceback" not in f.text for f in found.values())


async def test_a_slack_that_is_not_there_is_told(look: Looked) -> None:
    found = await look(api_url="http://127.0.0.1:9/api/")
    assert (found["bot token"].level, found["transport"].level) == (Level.FAIL, Level.FAIL)
    assert "slack.com" in found["bot token"].mend
