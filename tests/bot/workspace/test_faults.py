"""Faults and rate limits as the Python SDK meets them."""

from __future__ import annotations

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import Fault, LocalWorkspace, ManualClock
from tests.bot.workspace.conftest import ClientOf


@pytest.mark.slow
async def test_a_dropped_response_makes_the_sdk_post_twice(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    general = workspace.public("general")
    workspace.faults.add("chat.postMessage", Fault.DROP_RESPONSE)
    await client.chat_postMessage(channel=general.id, text="once?")
    assert [m.text for m in workspace.messages(general)] == ["once?", "once?"]
    assert [c.status for c in workspace.calls("chat.postMessage")] == [0, 200]


async def test_a_server_error_comes_before_or_after_the_call_is_carried_out(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    general = workspace.public("general")
    workspace.faults.add("*", Fault.SERVER_ERROR, status=503)
    with pytest.raises(SlackApiError) as failed:
        await client.chat_postMessage(channel=general.id, text="before")
    assert failed.value.response.status_code == 503
    workspace.faults.add("chat.postMessage", Fault.SERVER_ERROR_AFTER, after=1)
    await client.chat_postMessage(channel=general.id, text="fine")
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel=general.id, text="after")
    assert [m.text for m in workspace.messages(general)] == ["fine", "after"]


async def test_a_refusal_a_slow_answer_and_a_429_on_demand(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    workspace.faults.add("auth.test", Fault.REFUSED, code="fatal_error")
    with pytest.raises(SlackApiError, match="fatal_error"):
        await client.auth_test()
    workspace.faults.add("auth.test", Fault.RATE_LIMITED, seconds=7)
    with pytest.raises(SlackApiError) as limited:
        await client.auth_test()
    assert limited.value.response.headers["Retry-After"] == "7"
    workspace.faults.add("auth.test", Fault.SLOW, seconds=0.01)
    assert (await client.auth_test())["ok"]


async def test_chances_repeat_with_the_seed(client_of: ClientOf) -> None:
    async def pattern() -> list[int]:
        async with LocalWorkspace(seed=3) as workspace:
            workspace.faults.add("*", Fault.REFUSED, times=None, chance=0.5)
            client = client_of(workspace)
            for _ in range(12):
                try:
                    await client.auth_test()
                except SlackApiError:
                    continue
            return [bool(c.error) for c in workspace.calls()]

    first = await pattern()
    assert first == await pattern()
    assert len(set(first)) == 2


async def test_tiers_are_counted_by_method_and_posts_by_channel(
    clock: ManualClock, client_of: ClientOf
) -> None:
    async with LocalWorkspace(rates=1, clock=clock) as workspace:
        client = client_of(workspace)
        general, other = workspace.public("general"), workspace.public("other")

        async def wait_of(method: str, **given: str) -> str:
            headers = {"Authorization": f"Bearer {workspace.bot_token}"}
            async with (
                aiohttp.ClientSession(headers=headers) as session,
                session.get(workspace.api_url + method, params=given) as response,
            ):
                if response.status == 429:
                    body = await response.json()
                    assert body == {"ok": False, "error": "ratelimited"}
                    return str(response.headers["Retry-After"])
                return ""

        for _ in range(20):
            assert await wait_of("users.list") == ""
        await clock.advance(15)
        assert await wait_of("users.list") == "45"
        assert await wait_of("users.info", user="U1") == ""
        await clock.advance(45)
        assert await wait_of("users.list") == ""
        for _ in range(5):
            await client.chat_postMessage(channel=general.id, text="burst")
        assert await wait_of("chat.postMessage", channel=general.id, text="x") == "1"
        await client.chat_postMessage(channel=other.id, text="x")
        await clock.advance(1)
        await client.chat_postMessage(channel=general.id, text="x")


async def test_limits_can_be_scaled(clock: ManualClock, client_of: ClientOf) -> None:
    async with LocalWorkspace(rates=0.1, clock=clock) as workspace:
        client = client_of(workspace)
        await client.users_list()
        await client.users_list()
        with pytest.raises(SlackApiError):
            await client.users_list()
