from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.page.cast import Cast
from bot.workspace import method_facts


async def test_the_workspace_can_be_shown_without_the_published_pages(
    app: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(method_facts, "_has_pages", lambda: False)
    posted = await app.client.chat_postMessage(channel=cast.help.id, text="hello")
    assert posted["ok"]
    shown = await app.client.conversations_history(channel=cast.help.id)
    assert [m["text"] for m in shown["messages"]] == ["hello"]
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await app.client.api_call("chat.postMessage", json={"text": "nowhere"})
