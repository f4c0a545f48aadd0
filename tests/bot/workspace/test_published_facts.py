"""The workspace against what Slack publishes."""

from __future__ import annotations

import json
import re

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import LocalWorkspace
from bot.workspace.method_facts import method_facts
from bot.workspace.web_api import APP_LEVEL, METHODS
from tests.conftest import ROOT

WANTED = """auth.test apps.connections.open apps.manifest.validate chat.postMessage chat.update
chat.delete chat.postEphemeral chat.getPermalink chat.startStream chat.appendStream chat.stopStream
agents.sessions.setStatus agents.sessions.rename assistant.threads.setStatus
assistant.threads.setSuggestedPrompts assistant.threads.setTitle conversations.list
conversations.info conversations.history conversations.replies conversations.members
conversations.open conversations.join users.info users.list users.conversations
users.lookupByEmail usergroups.list usergroups.users.list reactions.add reactions.remove
reactions.get reactions.list files.getUploadURLExternal files.completeUploadExternal files.info
views.open views.push views.update views.publish team.info bots.info oauth.v2.access""".split()


_COMMON = """account_inactive channel_not_found expired_url fatal_error hash_conflict
invalid_arguments invalid_auth invalid_json invalid_thread_ts invalid_types invalid_url
json_not_object message_not_found missing_scope msg_too_long no_reaction
not_allowed_token_type not_authed not_enabled push_limit_reached ratelimited token_revoked
unknown_method user_not_found used_url users_not_found thread_not_found is_archived
not_in_channel"""


def test_every_method_of_the_specification_is_there_with_its_facts() -> None:
    answered = {*METHODS, *APP_LEVEL}
    assert answered >= set(WANTED)
    assert answered <= method_facts().keys()


def test_error_codes_are_published_ones_or_known_everywhere() -> None:
    """What the code refuses with is on some method's page, or common to every method."""
    common = set(_COMMON.split())
    known = common | {code for facts in method_facts().values() for code in facts.errors}
    used: set[str] = set()
    for source in (ROOT / "bot/workspace").glob("*.py"):
        used |= set(re.findall(r'(?:refuse|SlackError)\(\s*"([a-z_]+)"', source.read_text()))
    assert used - known == set()


async def test_the_manifest_of_the_platform_notes_is_valid_and_a_broken_one_is_told(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    manifest = {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {"name": "Deskhand"},
        "features": {
            "agent_view": {"agent_description": "Answers"},
            "bot_user": {"display_name": "deskhand", "always_online": True},
        },
        "oauth_config": {"scopes": {"bot": ["chat:write"]}},
        "settings": {"event_subscriptions": {"bot_events": ["app_mention"]}},
    }
    given = {"manifest": json.dumps(manifest)}
    assert (await client.api_call("apps.manifest.validate", params=given))["ok"]
    made = LocalWorkspace(manifest=manifest).app
    assert (made.scopes, made.events, made.agent_view) == (("chat:write",), ("app_mention",), True)
    manifest["display_information"] = {"name": "x" * 36}
    given = {"manifest": json.dumps(manifest)}
    with pytest.raises(SlackApiError) as refused:
        await client.api_call("apps.manifest.validate", params=given)
    assert refused.value.response["errors"][0]["pointer"] == "/display_information/name"
