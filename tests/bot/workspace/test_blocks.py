"""Block Kit's published limits, one too much each."""

from __future__ import annotations

from typing import Any

import pytest

from bot.workspace.blocks import block_problems, require_blocks
from bot.workspace.errors import SlackError

Block = dict[str, Any]


def text(length: int, kind: str = "plain_text") -> Block:
    return {"type": kind, "text": "x" * length}


def button(**more: Any) -> Block:
    return {"type": "button", "text": text(5), "action_id": "a", **more}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def table(rows: int, columns: int) -> Block:
    cell = {"type": "raw_text", "text": "x"}
    return {"type": "table", "rows": [[cell] * columns] * rows}


def feedback(**more: Any) -> Block:
    side = {"text": text(4), "value": "v"}
    return {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "positive_button": side,
                "negative_button": side | more,
            }
        ],
    }


def option(number: int) -> Block:
    return {"text": text(3), "value": str(number)}


FINE: dict[str, Block] = {
    "section": {"type": "section", "text": text(3000, "mrkdwn")},
    "fields": {"type": "section", "fields": [text(2000)] * 10},
    "header": {"type": "header", "text": text(150)},
    "markdown": {"type": "markdown", "text": "x" * 12_000},
    "actions": actions(*(button(action_id=str(number)) for number in range(25))),
    "context": {"type": "context", "elements": [text(9, "mrkdwn")] * 10},
    "feedback": feedback(),
    "table": table(100, 20),
    "divider": {"type": "divider", "block_id": "x" * 255},
    "task": {"type": "task_card", "task_id": "1", "title": "t", "status": "complete"},
    "alert": {"type": "alert", "text": text(5), "level": "warning"},
    "data table": {"type": "data_table", "columns": [], "rows": []},
    "select": actions({"type": "static_select", "options": [option(n) for n in range(100)]}),
    "rich text": {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": []},
            {"type": "rich_text_quote", "elements": [{"type": "link", "url": "https://x"}]},
            {
                "type": "rich_text_list",
                "style": "ordered",
                "offset": 4,
                "indent": 8,
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}
                ],
            },
        ],
    },
}


def rich(kind: str, *leaves: Block, **more: Any) -> Block:
    inner = {"type": kind, "elements": list(leaves), **more}
    return {"type": "rich_text", "elements": [inner]}


TOO_MUCH: dict[str, tuple[Block, str]] = {
    "section": ({"type": "section", "text": text(3001)}, "/blocks/0/text/text"),
    "empty section": ({"type": "section"}, "/blocks/0"),
    "empty text": ({"type": "section", "text": text(0)}, "/blocks/0/text/text"),
    "fields": ({"type": "section", "fields": [text(1)] * 11}, "/blocks/0/fields"),
    "header": ({"type": "header", "text": text(151)}, "/blocks/0/text/text"),
    "mrkdwn header": ({"type": "header", "text": text(5, "mrkdwn")}, "/blocks/0/text/type"),
    "markdown": ({"type": "markdown", "text": "x" * 12_001}, "/blocks/0/text"),
    "actions": (
        actions(*(button(action_id=str(number)) for number in range(26))),
        "/blocks/0/elements",
    ),
    "same action": (actions(button(), button()), "/blocks/0/elements/1/action_id"),
    "context": ({"type": "context", "elements": [text(9)] * 11}, "/blocks/0/elements"),
    "button text": (actions(button(text=text(76))), "/blocks/0/elements/0/text/text"),
    "button value": (actions(button(value="x" * 2001)), "/blocks/0/elements/0/value"),
    "action id": (actions(button(action_id="x" * 256)), "/blocks/0/elements/0/action_id"),
    "feedback": (feedback(value="x" * 2001), "/blocks/0/elements/0/negative_button/value"),
    "button in context actions": (
        {"type": "context_actions", "elements": [button()]},
        "/blocks/0/elements/0/type",
    ),
    "rows": (table(101, 1), "/blocks/0/rows"),
    "columns": (table(1, 21), "/blocks/0/rows/0"),
    "block id": ({"type": "divider", "block_id": "x" * 256}, "/blocks/0/block_id"),
    "task": (
        {"type": "task_card", "task_id": "1", "title": "t", "status": "late"},
        "/blocks/0/status",
    ),
    "options": (
        actions({"type": "static_select", "options": [option(n) for n in range(101)]}),
        "/blocks/0/elements/0/options",
    ),
    "unknown in rich text": (
        rich("rich_text_section", {"type": "button"}),
        "/blocks/0/elements/0/elements/0/type",
    ),
    "no text in rich text": (
        rich("rich_text_quote", {"type": "text", "text": ""}),
        "/blocks/0/elements/0/elements/0/text",
    ),
    "mention in code": (
        rich("rich_text_preformatted", {"type": "user", "user_id": "U1"}),
        "/blocks/0/elements/0/elements/0/type",
    ),
    "text in a list": (
        rich("rich_text_list", {"type": "text", "text": "x"}, style="bullet"),
        "/blocks/0/elements/0/elements/0/type",
    ),
    "indent": (
        rich("rich_text_list", style="bullet", indent=9),
        "/blocks/0/elements/0/indent",
    ),
    "unknown": ({"type": "song"}, "/blocks/0/type"),
    "image": ({"type": "image", "image_url": "https://x"}, "/blocks/0/alt_text"),
}


@pytest.mark.parametrize("name", FINE)
def test_a_block_at_its_limit_is_taken(name: str) -> None:
    assert not list(block_problems([FINE[name]], limit=50))


@pytest.mark.parametrize("name", TOO_MUCH)
def test_a_block_past_its_limit_is_refused_with_a_pointer_to_it(name: str) -> None:
    block, pointer = TOO_MUCH[name]
    with pytest.raises(SlackError) as refused:
        require_blocks([block])
    assert refused.value.code == "invalid_blocks"
    (message, *_) = refused.value.more["response_metadata"]["messages"]
    assert message.startswith("[ERROR] ")
    assert message.endswith(f"[json-pointer:{pointer}]")


def test_a_message_has_fifty_blocks_one_table_and_no_block_id_twice() -> None:
    divider = {"type": "divider"}
    assert len(require_blocks([divider] * 50)) == 50
    for blocks in (
        [divider] * 51,
        [table(1, 1), table(1, 1)],
        [{"type": "divider", "block_id": "a"}] * 2,
    ):
        with pytest.raises(SlackError, match="invalid_blocks"):
            require_blocks(blocks)


def test_markdown_is_counted_over_all_blocks() -> None:
    half = {"type": "markdown", "text": "x" * 6_000}
    assert require_blocks([half, half])
    with pytest.raises(SlackError, match="msg_blocks_too_long"):
        require_blocks([half, half, {"type": "markdown", "text": "x"}])


def test_all_texts_of_a_message_count_together_whatever_blocks_they_are_in() -> None:
    half = rich("rich_text_section", {"type": "text", "text": "x" * 6_000})
    assert require_blocks([half, half])
    with pytest.raises(SlackError, match="msg_blocks_too_long"):
        require_blocks([half, half, {"type": "section", "text": text(1)}])
    assert require_blocks([half, half, half], limit=100, view=True)


@pytest.mark.parametrize("given", ["text", {"type": "divider"}, 3])
def test_what_is_no_list_is_refused_as_such(given: object) -> None:
    with pytest.raises(SlackError, match="invalid_blocks_format"):
        require_blocks(given)


@pytest.mark.parametrize("given", [None, 3, "x", [], {}, {"type": None}, {"type": []}])
def test_nonsense_is_refused_and_breaks_nothing(given: object) -> None:
    kinds = """section actions context input table rich_text header card carousel container plan
    alert video context_actions task_card image file markdown""".split()
    keys = """text elements fields element rows accessory title child_blocks tasks actions alt_text
    hero_image options confirm""".split()
    for kind in kinds:
        for key in keys:
            with pytest.raises(SlackError):
                require_blocks([{"type": kind, key: given}, given])
