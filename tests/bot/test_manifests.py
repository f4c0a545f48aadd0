"""The app manifests: valid, alike but for the transport, and named as the code names things."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import names
from bot.slack_api import SlackApi
from bot.workspace import LocalWorkspace
from bot.workspace.json_schema import manifest_errors
from bot.workspace.method_facts import PUBLISHED

FOLDER = Path(__file__).parents[2] / "manifests"
SOCKET, HTTP = FOLDER / "slack-app.yaml", FOLDER / "slack-app-http.yaml"
BOTH = pytest.mark.parametrize("path", [SOCKET, HTTP], ids=["socket", "http"])
published = pytest.mark.skipif(
    not (PUBLISHED / "manifest.schema.2.0.0.json").is_file(), reason="Slack's schema is absent"
)


def read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def without_transport(manifest: dict[str, Any]) -> dict[str, Any]:
    rest = copy.deepcopy(manifest)
    for command in rest["features"]["slash_commands"]:
        command.pop("url", None)
    rest["settings"].pop("socket_mode_enabled")
    rest["settings"]["event_subscriptions"].pop("request_url", None)
    rest["settings"]["interactivity"].pop("request_url", None)
    return rest


@published
@BOTH
def test_a_manifest_keeps_to_slacks_schema(path: Path) -> None:
    assert manifest_errors(read(path)) == []


@published
@BOTH
async def test_slack_accepts_a_manifest(path: Path) -> None:
    async with LocalWorkspace() as workspace:
        api = SlackApi(workspace.app_token, url=workspace.api_url, timeout_s=5)
        answer = await api.call("apps.manifest.validate", manifest=json.dumps(read(path)))
        await api.aclose()
    assert answer["ok"]


def test_the_manifests_differ_in_the_transport_alone() -> None:
    assert without_transport(read(SOCKET)) == without_transport(read(HTTP))


def test_each_manifest_is_of_its_transport() -> None:
    socket, http = read(SOCKET), read(HTTP)
    assert socket["settings"]["socket_mode_enabled"] is True
    assert http["settings"]["socket_mode_enabled"] is False
    assert "url" not in json.dumps(socket)
    addresses = {
        http["features"]["slash_commands"][0]["url"],
        http["settings"]["event_subscriptions"]["request_url"],
        http["settings"]["interactivity"]["request_url"],
    }
    assert addresses == {"https://deskhand.example.com/slack/events"}


@BOTH
def test_manifest_and_code_name_the_same(path: Path) -> None:
    manifest = read(path)
    features, settings = manifest["features"], manifest["settings"]
    assert [c["command"] for c in features["slash_commands"]] == [names.COMMAND]
    assert [(s["callback_id"], s["type"]) for s in features["shortcuts"]] == [
        (names.SHORTCUT, "message")
    ]
    assert tuple(settings["event_subscriptions"]["bot_events"]) == names.EVENTS
    assert manifest["oauth_config"]["scopes"] == {"bot": list(names.BOT_SCOPES)}


@BOTH
def test_every_scope_stands_with_its_reason(path: Path) -> None:
    found = re.findall(r"^ +- ([a-z_]+:?[a-z]*) # (.+)$", path.read_text(encoding="utf-8"), re.M)
    assert dict(found) == names.BOT_SCOPES


def test_the_agent_experience_the_home_tab_and_interactivity_are_on() -> None:
    manifest = read(SOCKET)
    assert "agent_view" in manifest["features"]
    assert "assistant_view" not in manifest["features"]
    assert manifest["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    assert manifest["settings"]["interactivity"]["is_enabled"] is True


@published
def test_the_workspace_would_send_every_event_that_is_subscribed_to() -> None:
    """An event whose scope is missing never comes, and Slack does not say so."""
    workspace = LocalWorkspace(manifest=read(SOCKET))
    channel = workspace.public("general")
    for name in names.EVENTS:
        if name.startswith("message."):
            continue
        assert workspace.slack.events.wanted({"type": name}, channel), name
