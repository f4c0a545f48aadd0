"""What a model server sees of personal data, and what comes back."""

from __future__ import annotations

import json

import pytest

from engine.adapters.concealing_chat import Concealed, ConcealingChat
from engine.adapters.personal_data import PersonalData
from engine.generation.prompt import Message
from evals.model_server.reply import Reply
from evals.model_server.server import ModelServer
from tests.engine.adapters.conftest import OpenLine

PRIVATE = ("ann@example.org", "+49 30 901820", "sk-proj-abcdefghijklmnop1234567890")
ASKED = (
    Message(role="system", content="Answer. PHONE_1 is no placeholder here."),
    Message(
        role="user",
        content=f"Mail {PRIVATE[0]} or call {PRIVATE[1]}, key {PRIVATE[2]}. EMAIL_1 is a field; "
        f"{PRIVATE[0]} again.",
    ),
)


async def told(chat: ConcealingChat, way: str) -> str:
    if way == "whole":
        return await chat.whole(ASKED, max_output_tokens=200)
    return "".join([piece async for piece in chat.stream(ASKED, max_output_tokens=200)])


@pytest.mark.parametrize("way", ["stream", "whole"])
async def test_the_server_sees_placeholders_and_the_reader_what_they_stand_for(
    server: ModelServer, open_line: OpenLine, way: str
) -> None:
    server.respond = lambda request: Reply(text=request.messages("user"))
    said = await told(ConcealingChat(open_line().chat, PersonalData()), way)
    assert said == ASKED[1].content
    (asked,) = server.asked()
    seen = json.dumps(asked.body)
    assert not [value for value in PRIVATE if value in seen]
    assert "EMAIL_2" in seen


def test_one_find_has_one_placeholder_and_what_was_written_so_is_kept() -> None:
    concealed = Concealed(frozenset({"EMAIL_1"}))
    assert [concealed.put("email", found) for found in ("a@b.de", "c@d.de", "a@b.de")] == [
        "EMAIL_2",
        "EMAIL_3",
        "EMAIL_2",
    ]
    assert concealed.restored("EMAIL_1, EMAIL_2, EMAIL_33") == "EMAIL_1, a@b.de, EMAIL_33"
