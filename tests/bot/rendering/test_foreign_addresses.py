"""Addresses of strangers in what is quoted: no block and no text of a message is a link to them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.rendering.answer import answer_messages
from bot.rendering.notices import Person
from engine.cited_links import CitedLinks
from engine.containment import contain
from engine.trust import Trust
from tests.bot.rendering.shown import citation, trace

FOREIGN = "https://evil.test/login"
OWN = "https://docs.example/form"
PAGE = "https://docs.example/leave"


def shown(snippet: str) -> tuple[str, list[dict[str, Any]]]:
    links, words = CitedLinks().of(snippet, PAGE, Trust.TEAM)
    reply = f"{contain(snippet, links, words)} [1]"
    said = trace(reply=reply, draft_reply=reply, citations=[citation(1, snippet=snippet, url=PAGE)])
    messages = answer_messages(said, question_id="q", person=Person.NOBODY)
    found: list[dict[str, Any]] = []

    def look(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") == "link":
                found.append(node)
            for child in node.values():
                look(child)
        elif isinstance(node, list):
            for child in node:
                look(child)

    for message in messages:
        look(json.loads(json.dumps(message.body["blocks"])))
    return "\n".join(message.text for message in messages), found


@pytest.mark.parametrize(
    "snippet",
    [
        f"Sign in at {FOREIGN} today.",
        f"Sign in at {FOREIGN}{'a' * 450} today.",
        f"Sign in at {FOREIGN}{'a' * 1200} today.",
        f"Sign in at [the page]({FOREIGN}) today.",
        f"Sign in at **{FOREIGN}** today.",
        f"Sign in at ~~{FOREIGN}~~ today.",
        f"| where | when |\n|---|---|\n| {FOREIGN} | today |",
        "| " + " | ".join([FOREIGN] * 25) + " |\n|" + "---|" * 25 + "\n| " + "x | " * 25,
        f"- {FOREIGN}\n- {FOREIGN}",
        f"```\ncurl {FOREIGN}\n```",
        f"`curl {'x' * 950} {FOREIGN}` now",
        f"# {FOREIGN}",
        f"5` see {FOREIGN} and `x",
    ],
)
def test_no_message_links_to_a_stranger(snippet: str) -> None:
    text, links = shown(snippet)
    assert [link for link in links if "evil.test" in link["url"]] == []
    assert "://evil.test" not in text


def test_the_documents_own_host_stays_a_link() -> None:
    text, links = shown(f"Fill in {OWN} first.")
    assert OWN in {link["url"] for link in links}
    assert OWN in text
