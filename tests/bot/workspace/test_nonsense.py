"""Arguments of every wrong kind: each method refuses them and none breaks."""

from __future__ import annotations

import random
from typing import Any

import aiohttp
import pytest

from bot.workspace import LocalWorkspace
from bot.workspace.web_api import METHODS

_NAMES = """channel channel_id ts thread_ts text blocks attachments metadata markdown_text
chunks view view_id user user_id users name timestamp files file filename length
cursor limit types prompts status title loading_messages trigger_id usergroup
email bot team manifest hash session_status oldest latest recipient_user_id
recipient_team_id task_display_mode message_ts external_id initial_comment""".split()


@pytest.mark.parametrize("method", sorted(METHODS))
async def test_no_argument_breaks_a_method(workspace: LocalWorkspace, method: str) -> None:
    rng = random.Random(method)
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    said = alice.say(general, "x")
    values: list[Any] = [
        None,
        "",
        "x",
        0,
        -1,
        3.5,
        True,
        [],
        {},
        [None],
        [[]],
        [{}],
        {"type": "modal"},
    ]
    values += [
        general.id,
        alice.id,
        said.ts,
        "[1",
        '{"a":',
        [{"type": "section", "text": 3}],
        "\x00",
    ]
    values += [{"type": "home", "blocks": [{"type": []}]}, [{"type": "task_update", "id": []}]]
    sensible = {"channel": general.id, "channel_id": general.id, "ts": said.ts, "user": alice.id}
    headers = {"Authorization": f"Bearer {workspace.bot_token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for _ in range(60):
            given = {name: rng.choice(values) for name in _NAMES if rng.random() < 0.7}
            given |= {k: v for k, v in sensible.items() if rng.random() < 0.6}
            async with session.post(workspace.api_url + method, json=given) as response:
                assert response.status == 200, given
                assert "ok" in await response.json()
