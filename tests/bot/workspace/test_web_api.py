"""The Web API as the Python SDK and plain HTTP see it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import AppConfig, Kind, LocalWorkspace
from tests.bot.workspace.conftest import ClientOf


async def error_of(call: Any) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as caught:
        await call
    return dict(caught.value.response.data)  # type: ignore[arg-type]


async def test_query_form_and_json_arguments_are_merged_and_unknown_ones_ignored(
    workspace: LocalWorkspace,
) -> None:
    general = workspace.public("general")
    headers = {"Authorization": f"Bearer {workspace.bot_token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        url = f"{workspace.api_url}chat.postMessage"
        async with session.post(
            url, params={"channel": general.id}, json={"text": "json", "shoe_size": 9}
        ) as response:
            assert (await response.json())["ok"]
        async with session.post(
            url, params={"channel": general.id}, data={"text": "form", "unfurl_links": "0"}
        ) as response:
            assert (await response.json())["ok"]
        query = {
            "channel": general.id,
            "text": "get",
            "blocks": '[{"type":"divider"}]',
        }
        async with session.get(url, params=query) as response:
            assert (await response.json())["message"]["blocks"][0]["type"] == "divider"
            assert "chat:write" in response.headers["x-oauth-scopes"]
        async with session.post(
            url, data="{", headers={"Content-Type": "application/json"}
        ) as response:
            assert (await response.json())["error"] == "invalid_json"
    assert [m.text for m in workspace.messages(general)] == ["json", "form", "get"]


async def test_a_token_is_refused_in_the_words_that_slack_has_for_it(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    assert (await client.auth_test())["user_id"] == workspace.app.bot_user
    wrong = AsyncWebClient("xoxb-wrong", base_url=workspace.api_url)
    assert (await error_of(wrong.auth_test()))["error"] == "invalid_auth"
    none = AsyncWebClient(base_url=workspace.api_url)
    assert (await error_of(none.auth_test()))["error"] == "not_authed"
    app_level = AsyncWebClient(workspace.app_token, base_url=workspace.api_url)
    assert (await error_of(app_level.users_list()))["error"] == "not_allowed_token_type"
    opening = client.apps_connections_open(app_token=workspace.bot_token)
    assert (await error_of(opening))["error"] == "not_allowed_token_type"
    workspace.revoke_tokens()
    assert (await error_of(client.auth_test()))["error"] == "token_revoked"


async def test_a_missing_scope_is_named_with_what_was_granted(client_of: ClientOf) -> None:
    app = replace(AppConfig(), scopes=("chat:write", "channels:read"))
    async with LocalWorkspace(app=app) as workspace:
        client = client_of(workspace)
        alice = workspace.join("alice")
        refused = await error_of(client.users_info(user=alice.id))
        assert refused["error"] == "missing_scope"
        assert refused["needed"] == "users:read"
        assert refused["provided"] == "chat:write,channels:read"
        hidden = workspace.private("hidden", alice)
        refused = await error_of(client.conversations_info(channel=hidden.id))
        assert refused["needed"] == "groups:read"


async def test_a_channel_that_the_app_may_not_use_says_why(
    workspace: LocalWorkspace, client: AsyncWebClient, client_of: ClientOf
) -> None:
    async def post(to: str, by: AsyncWebClient = client) -> str:
        refused = await error_of(by.chat_postMessage(channel=to, text="x"))
        return str(refused["error"])

    alice = workspace.join("alice")
    assert await post("C0NOTTHERE") == "channel_not_found"
    assert await post(workspace.private("board", alice, with_bot=False).id) == "channel_not_found"
    old = workspace.public("old", alice)
    workspace.archive(old)
    assert await post(old.id) == "is_archived"
    gone = workspace.public("gone", alice)
    workspace.delete_channel(gone)
    assert await post(gone.id) == "channel_not_found"
    elsewhere = workspace.public("elsewhere", alice, with_bot=False)
    await client.chat_postMessage(channel=elsewhere.id, text="chat:write.public allows it")
    reading = client.conversations_history(channel=elsewhere.id)
    assert (await error_of(reading))["error"] == "not_in_channel"
    await client.conversations_join(channel=elsewhere.id)
    assert len((await client.conversations_history(channel=elsewhere.id))["messages"]) == 1
    app = replace(AppConfig(), scopes=("chat:write",))
    async with LocalWorkspace(app=app) as narrow:
        outside = narrow.public("outside", with_bot=False)
        assert await post(outside.id, client_of(narrow)) == "not_in_channel"


async def test_a_message_that_slack_would_not_take_is_refused(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    general = workspace.public("general")

    async def refused(**arguments: Any) -> str:
        given = {"channel": general.id, **arguments}
        return str((await error_of(client.api_call("chat.postMessage", json=given)))["error"])

    assert await refused() == "no_text"
    assert await refused(markdown_text="x", text="y") == "markdown_text_conflict"
    assert await refused(markdown_text="x" * 12_001) == "msg_too_long"
    assert await refused(text="x", thread_ts="yesterday") == "invalid_thread_ts"
    assert await refused(text="x", thread_ts="1700000000.000000") == "thread_not_found"
    assert await refused(text="x", metadata={"event_type": "a"}) == "invalid_metadata_schema"
    assert await refused(text="x", blocks="{") == "invalid_blocks_format"
    answer = await client.chat_postMessage(channel=general.id, text="x" * 40_001)
    assert len(answer["message"]["text"]) == 40_000
    longer = client.chat_update(channel=general.id, ts=answer["ts"], text="x" * 4_001)
    assert (await error_of(longer))["error"] == "msg_too_long"
    missing = await error_of(client.api_call("chat.postMessage", json={"text": "x"}))
    assert missing["error"] == "invalid_arguments"
    assert (await error_of(client.api_call("chat.fly")))["error"] == "unknown_method"


async def test_metadata_comes_back_only_when_it_is_asked_for(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    root = alice.say(general, "question")
    key = {"event_type": "answer", "event_payload": {"key": "k1"}}
    await client.chat_postMessage(
        channel=general.id, thread_ts=root.ts, text="answer", metadata=key
    )
    plain = await client.conversations_replies(channel=general.id, ts=root.ts)
    assert all("metadata" not in m for m in plain["messages"])
    whole = await client.conversations_replies(
        channel=general.id, ts=root.ts, include_all_metadata=True
    )
    assert [m.get("metadata") for m in whole["messages"]] == [None, key]


async def test_history_is_newest_first_in_pages_and_leaves_replies_to_their_threads(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    said = [alice.say(general, f"m{number}") for number in range(5)]
    alice.reply(said[0], "a reply")
    texts, cursor = [], ""
    while True:
        got = await client.conversations_history(channel=general.id, limit=2, cursor=cursor)
        texts += [m["text"] for m in got["messages"]]
        cursor = got["response_metadata"]["next_cursor"]
        if not cursor:
            break
    assert texts == ["m4", "m3", "m2", "m1", "m0"]
    since = await client.conversations_history(channel=general.id, oldest=said[2].ts)
    assert [m["text"] for m in since["messages"]] == ["m4", "m3"]
    since = await client.conversations_history(
        channel=general.id, oldest=said[2].ts, inclusive=True
    )
    assert len(since["messages"]) == 3
    wrong = client.conversations_history(channel=general.id, cursor="nonsense")
    assert (await error_of(wrong))["error"] == "invalid_cursor"
    thread = await client.conversations_replies(channel=general.id, ts=said[0].ts)
    assert thread["messages"][0]["reply_count"] == 1
    assert thread["messages"][1]["parent_user_id"] == alice.id


async def test_a_deleted_root_keeps_its_thread_and_a_deleted_message_takes_no_reply(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    alone, with_reply = alice.say(general, "alone"), alice.say(general, "with a reply")
    alice.reply(with_reply, "a reply")
    alice.delete(alone)
    alice.delete(with_reply)
    late = client.chat_postMessage(channel=general.id, text="late", thread_ts=alone.ts)
    assert (await error_of(late))["error"] == "thread_not_found"
    await client.chat_postMessage(channel=general.id, text="late", thread_ts=with_reply.ts)
    assert [m.text for m in workspace.thread(general, with_reply.ts)] == ["a reply", "late"]


async def test_ts_is_unique_and_rises_even_while_the_clock_stands_still(
    still: LocalWorkspace,
) -> None:
    alice = still.join("alice")
    general = still.public("general", alice)
    stamps = [alice.say(general, "x").ts for _ in range(100)]
    assert stamps == sorted(set(stamps))


async def test_people_show_what_they_are(workspace: LocalWorkspace, client: AsyncWebClient) -> None:
    async def flags(kind: Kind) -> set[str]:
        user = (await client.users_info(user=workspace.join(kind.value, kind).id))["user"]
        return {k for k, v in user.items() if k.startswith("is_") and v} - {"is_email_confirmed"}

    assert await flags(Kind.MEMBER) == set()
    assert await flags(Kind.ADMIN) == {"is_admin"}
    assert await flags(Kind.GUEST) == {"is_restricted"}
    assert await flags(Kind.SINGLE_CHANNEL_GUEST) == {"is_restricted", "is_ultra_restricted"}
    assert await flags(Kind.STRANGER) == {"is_stranger"}
    assert await flags(Kind.BOT) == {"is_bot"}
    left = workspace.join("left")
    workspace.leave(left)
    assert (await client.users_info(user=left.id))["user"]["deleted"]
    listed = [m["name"] for m in (await client.users_list())["members"]]
    assert "stranger" not in listed
    assert "left" in listed
    found = await client.users_lookupByEmail(email="admin@example.com")
    assert found["user"]["name"] == "admin"
    team = workspace.usergroup("leads", ["U1"])
    assert (await client.usergroups_users_list(usergroup=team.id))["users"] == ["U1"]
    assert (await client.usergroups_list(include_users=True))["usergroups"][0]["users"] == ["U1"]


async def test_channels_show_what_they_are(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    alice, bob = workspace.join("alice"), workspace.join("bob")
    shared, private = workspace.shared("shared", alice), workspace.private("private", alice)
    info = (await client.conversations_info(channel=shared.id))["channel"]
    assert info["is_ext_shared"]
    assert info["is_shared"]
    assert not info["is_private"]
    assert (await client.conversations_info(channel=private.id))["channel"]["is_private"]
    assert (await client.conversations_info(channel=alice.dm.id))["channel"]["is_im"]
    group = workspace.group_dm(alice, bob)
    assert (await client.conversations_info(channel=group.id))["channel"]["is_mpim"]
    kinds = "public_channel,private_channel,mpim,im"
    listed = (await client.conversations_list(types=kinds))["channels"]
    assert len(listed) == 4
    opened = await client.conversations_open(users=[alice.id])
    assert opened["already_open"]
    members = await client.conversations_members(channel=group.id)
    assert set(members["members"]) == {alice.id, bob.id, workspace.app.bot_user}


async def test_files_go_up_in_three_steps_and_come_down_with_a_token_only(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    await client.files_upload_v2(
        channel=general.id, filename="notes.txt", content="hello", initial_comment="Look"
    )
    message = workspace.messages(general)[-1]
    assert (message.text, message.subtype) == ("Look", "file_share")
    file = (await client.files_info(file=message.files[0]))["file"]
    async with aiohttp.ClientSession() as session:
        async with session.get(file["url_private_download"]) as response:
            assert response.content_type == "text/html"  # the page to sign in, with status 200
            assert "Sign in" in await response.text()
        token = {"Authorization": f"Bearer {workspace.bot_token}"}
        async with session.get(file["url_private_download"], headers=token) as response:
            assert await response.read() == b"hello"
    alice.upload(general, "cat.png", b"meow")
    hers = (await client.files_info(file=workspace.messages(general)[-1].files[0]))["file"]
    assert (hers["size"], hers["mimetype"], hers["user"]) == (4, "image/png", alice.id)


async def test_reactions_are_added_once_and_taken_back(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    said = alice.say(general, "x")
    item = {"channel": general.id, "timestamp": said.ts}
    await client.reactions_add(name="eyes", **item)
    assert (await error_of(client.reactions_add(name="eyes", **item)))["error"] == "already_reacted"
    await client.reactions_remove(name="eyes", **item)
    assert (await error_of(client.reactions_remove(name="eyes", **item)))["error"] == "no_reaction"


async def test_a_permalink_of_a_reply_names_its_thread(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    root = alice.say(general, "x")
    reply = alice.reply(root, "y")
    got = await client.chat_getPermalink(channel=general.id, message_ts=reply.ts)
    assert got["permalink"].endswith(
        f"/archives/{general.id}/p{reply.ts.replace('.', '')}?thread_ts={root.ts}&cid={general.id}"
    )


async def test_an_ephemeral_message_reaches_members_only_and_cannot_be_read_back(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    alice, bob = workspace.join("alice"), workspace.join("bob")
    general = workspace.public("general", alice)
    await client.chat_postEphemeral(channel=general.id, user=alice.id, text="psst")
    assert [e.text for e in workspace.ephemerals(alice)] == ["psst"]
    other = client.chat_postEphemeral(channel=general.id, user=bob.id, text="psst")
    assert (await error_of(other))["error"] == "user_not_in_channel"
    assert (await client.conversations_history(channel=general.id))["messages"] == []


async def test_somebody_elses_message_is_not_the_apps_to_change(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    said = alice.say(general, "mine")
    changing = client.chat_update(channel=general.id, ts=said.ts, text="yours")
    assert (await error_of(changing))["error"] == "cant_update_message"
    deleting = client.chat_delete(channel=general.id, ts=said.ts)
    assert (await error_of(deleting))["error"] == "cant_delete_message"


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # the SDK's own
async def test_oauth_gives_the_apps_token_for_the_right_code(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    app = workspace.app
    got = await client.oauth_v2_access(
        client_id=app.client_id, client_secret=app.client_secret, code="local-code"
    )
    assert got["access_token"] == workspace.bot_token
    wrong = client.oauth_v2_access(
        client_id=app.client_id, client_secret=app.client_secret, code="guess"
    )
    assert (await error_of(wrong))["error"] == "invalid_code"


async def test_agent_prompts_with_a_thread_vanish_without_a_word_under_agent_view(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    alice = workspace.join("alice")
    prompts = [{"title": "Leave", "message": "How long is parental leave?"}]
    asked = alice.say(alice.dm, "hi")
    await client.assistant_threads_setSuggestedPrompts(
        channel_id=alice.dm.id, thread_ts=asked.ts, prompts=prompts
    )
    assert not workspace.world.sessions
    await client.assistant_threads_setSuggestedPrompts(channel_id=alice.dm.id, prompts=prompts)
    assert workspace.world.session(alice.dm.id, "").prompts == prompts
    many = client.assistant_threads_setSuggestedPrompts(channel_id=alice.dm.id, prompts=prompts * 5)
    assert (await error_of(many))["error"] == "invalid_arguments"
    free = client.agents_sessions_setStatus(
        channel_id=alice.dm.id, thread_ts=asked.ts, status="thinking hard"
    )
    assert (await error_of(free))["error"] == "invalid_arguments"
    await client.agents_sessions_rename(
        channel_id=alice.dm.id, thread_ts=asked.ts, title="Parental leave"
    )
    assert workspace.world.session(alice.dm.id, asked.ts).title == "Parental leave"


async def test_methods_that_read_do_not_see_a_json_body(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    alice = workspace.join("alice")
    with pytest.raises(SlackApiError, match="user"):
        await client.api_call("users.info", json={"user": alice.id})
    found = await client.api_call("users.info", data={"user": alice.id})
    assert found["user"]["id"] == alice.id
