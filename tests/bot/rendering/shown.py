"""Answers to render, and what any rendered message must hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from bot.rendering import limits
from bot.rendering.message import Message
from bot.workspace.blocks import require_blocks
from bot.workspace.pings import mentions
from bot.workspace.views import parse_view
from engine.containment import INVISIBLE

Json = dict[str, Any]

HOSTILE = (
    "<!channel> <!here|here> <@U0123ABC> <#C01|general> <!subteam^S01|team>"
    " <https://evil.test|Sign in> @channel @here @everyone :rotating_light: *bold* _it_ ~no~ `x`"
    " \u202egnp.exe\u2066\u200b"
    " <\u200b!everyone> <\u2066@U0123ABC> [Get a human](https://evil.test)"
    " https://evil.test/a &amp; javascript:alert(1) ![i](https://evil.test/i.png)"
    " <mailto:a@evil.test|mail>"
)
BUTTONS = re.compile(
    r"Get a human|I solved it myself|Claim|Send as is|Confirm as is|Edit and send|Answer myself|"
    r"Show passage \d+|\d+\. .+",
    re.DOTALL,
)
_RAW = re.compile(r"&(?!amp;|lt;|gt;)|[<>]")
_KINDS = {
    "rich_text", "rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted",
    "text", "link", "date", "table", "raw_text", "header", "context", "plain_text", "actions",
    "button", "overflow", "usergroup", "users_select", "static_select", "radio_buttons",
    "checkboxes", "context_actions", "feedback_buttons", "input", "plain_text_input", "modal",
    "home",
}  # fmt: skip


def citation(n: int, **changes: Any) -> Json:
    made = {
        "n": n,
        "document_name": "hr/leave.md",
        "chunk_id": f"chunk-{n}",
        "title": "Leave",
        "url": None,
        "page": None,
        "snippet": "You have 25 days.",
        "full_content": "Leave. You have 25 days. They expire in March.",
    }
    return made | changes


def trace(reply: str = "You have 25 days. [1]", **changes: Any) -> Json:
    made = {
        "id": "1",
        "question": "How much leave do I have?",
        "outcome": "answered",
        "reply": reply,
        "draft_reply": reply,
        "confidence": 0.9,
        "needs_human_review": False,
        "reasons": [],
        "citations": [citation(1)],
        "internal_next_steps": [],
        "triage": {
            "category": "hr",
            "category_confidence": 0.9,
            "priority": "low",
            "priority_confidence": 0.8,
        },
        "trace_id": "t-1",
    }
    return made | changes


def reason(code: str, text: str = "Why.") -> Json:
    return {"code": code, "text": text}


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inside in value.values():
            yield from strings(inside)
    elif isinstance(value, list | tuple):
        for inside in value:
            yield from strings(inside)


def nodes(value: Any, kind: str) -> Iterator[Json]:
    """Every object of a type, in order."""
    if isinstance(value, dict):
        if value.get("type") == kind:
            yield value
        for inside in value.values():
            yield from nodes(inside, kind)
    elif isinstance(value, list | tuple):
        for inside in value:
            yield from nodes(inside, kind)


def kinds(value: Any) -> set[str]:
    found = set()
    if isinstance(value, dict):
        found |= {value["type"]} if isinstance(value.get("type"), str) else set()
        value = list(value.values())
    if isinstance(value, list | tuple):
        found |= {kind for inside in value for kind in kinds(inside)}
    return found


def words(blocks: Sequence[Json]) -> str:
    """What the rich texts, code and tables of these blocks say."""
    said = []
    for block in blocks:
        for holder in _holders(block):
            said.append("".join(e.get("text") or e.get("url", "") for e in holder))
    return "\n".join(said)


def _holders(value: Any) -> Iterator[list[Json]]:
    if isinstance(value, dict):
        if value.get("type") == "raw_text":
            yield [value]
        elements = value.get("elements")
        if isinstance(elements, list) and any(e.get("type") in ("text", "link") for e in elements):
            yield elements
            return
        value = list(value.values())
    if isinstance(value, list):
        for inside in value:
            yield from _holders(inside)


def check_message(message: Message) -> None:
    """Slack takes it, and nothing in it is live that this package did not make."""
    require_blocks(list(message.blocks))
    assert limits.json_length(message.blocks) <= limits.MESSAGE_JSON
    assert 0 < limits.length(message.text) <= 3_000
    assert not _RAW.search(message.text), message.text
    check_inert([message.text, *message.blocks])


def check_view(view: Json, kind: str = "modal") -> None:
    parse_view(view, kind)
    check_inert(view)


def check_inert(value: Any) -> None:
    assert kinds(value) <= _KINDS, kinds(value) - _KINDS
    for text in strings(value):
        assert not list(mentions(text, link_names=True)), text
        assert not re.search(r"<(https?|mailto):", text), text
        assert not INVISIBLE.search(text), ascii(text)
    for link in nodes(value, "link"):
        assert link["url"].startswith(("https://", "http://"))
        assert "evil.test" not in link["url"]
    for button in nodes(value, "button"):
        assert BUTTONS.fullmatch(button["text"]["text"]), button
        assert "url" not in button
    json.dumps(value)
