"""The door to Slack's Web API, against the local workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.slack_api import Refused, SlackApi
from bot.workspace import LocalWorkspace


@pytest.fixture
async def api(workspace: LocalWorkspace) -> AsyncIterator[SlackApi]:
    made = SlackApi(workspace.bot_token, url=workspace.api_url, timeout_s=5)
    yield made
    await made.aclose()


async def test_methods_that_are_blind_to_json_bodies_see_their_arguments(
    workspace: LocalWorkspace, api: SlackApi
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    assert (await api.call("users.info", user=alice.id))["user"]["id"] == alice.id
    told = await api.call("conversations.info", channel=general.id, include_num_members=True)
    assert told["channel"]["num_members"] == 2
    page = await api.call("conversations.members", channel=general.id, limit=1)
    assert len(page["members"]) == 1


async def test_lists_objects_and_booleans_arrive_as_what_they_are(
    workspace: LocalWorkspace, api: SlackApi
) -> None:
    general = workspace.public("general", workspace.join("alice"))
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "a & b"}}
    metadata = {"event_type": "deskhand_reply", "event_payload": {"key": "k"}}
    posted = await api.call(
        "chat.postMessage",
        channel=general.id,
        text="über <b> & 1+1",
        blocks=[block],
        metadata=metadata,
        unfurl_links=False,
        thread_ts=None,
    )
    found = await api.call("conversations.history", channel=general.id, include_all_metadata=True)
    message = found["messages"][0]
    assert message["ts"] == posted["ts"]
    assert message["text"] == "über <b> & 1+1"
    assert message["blocks"][0]["text"]["text"] == "a & b"
    assert message["metadata"] == metadata


async def test_a_refusal_names_the_scope_it_lacks(workspace: LocalWorkspace, api: SlackApi) -> None:
    workspace.app.scopes = tuple(s for s in workspace.app.scopes if s != "users:read")
    with pytest.raises(Refused, match="users:read") as refused:
        await api.call("users.info", user="U1")
    assert (refused.value.code, refused.value.needed) == ("missing_scope", "users:read")
