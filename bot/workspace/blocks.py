"""Block Kit against its published limits: which blocks Slack takes, and what it says of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bot.workspace.elements import (
    Problem,
    check_choice,
    check_composite,
    check_elements,
    check_length,
    check_list,
    check_text,
)
from bot.workspace.errors import Json, SlackError
from bot.workspace.rich_text import check_rich_text

MARKDOWN_CHARS = 12_000
MESSAGE_CHARS = 12_000
"""Of all texts of a message; by Slack's word in slackapi/bolt-js#2509, not in its reference. Slack
counts the containers too, in a way it does not tell."""
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
TASK_STATUSES = ("pending", "in_progress", "complete", "error")


def require_blocks(value: Any, *, limit: int = MESSAGE_BLOCKS, view: bool = False) -> list[Json]:
    """The blocks of a message or view.

    Raises:
        SlackError: `invalid_blocks_format` for what is not a list, `invalid_blocks` with a message
            and a JSON pointer for each problem, `msg_blocks_too_long` for a message of more than
            12,000 characters.
    """
    if value in (None, ""):
        return []
    if not isinstance(value, list):
        raise SlackError("invalid_blocks_format")
    problems = list(block_problems(value, limit=limit, view=view))
    if problems:
        raise invalid_blocks(problems)
    if not view and sum(map(_text_chars, value)) > MESSAGE_CHARS:
        raise SlackError("msg_blocks_too_long")
    return value


def _text_chars(value: Any) -> int:
    """The characters of every text in a block."""
    if isinstance(value, list):
        return sum(map(_text_chars, value))
    if not isinstance(value, dict):
        return 0
    own = value.get("text")
    inside = sum(_text_chars(v) for v in value.values() if isinstance(v, list | dict))
    return inside + (len(own) if isinstance(own, str) else 0)


def invalid_blocks(problems: list[Problem]) -> SlackError:
    """The error that tells of these problems, as Slack words it."""
    told = [f"{message} [json-pointer:{pointer}]" for pointer, message in problems]
    return SlackError(
        "invalid_blocks",
        errors=told,
        response_metadata={"messages": [f"[ERROR] {line}" for line in told]},
    )


def block_problems(
    blocks: list[Any], *, limit: int, view: bool = False, at: str = "/blocks"
) -> Iterator[Problem]:
    """What is wrong with a list of blocks: JSON pointer and message."""
    if len(blocks) > limit:
        yield at, f"no more than {limit} items allowed"
    seen: set[str] = set()
    tables = 0
    for number, block in enumerate(blocks):
        here = f"{at}/{number}"
        if not isinstance(block, dict):
            yield here, "must be an object"
            continue
        kind = block.get("type")
        check = _CHECKS.get(str(kind))
        if check is None:
            yield f"{here}/type", f"unsupported type: {kind}"
            continue
        if view and kind in _MESSAGE_ONLY:
            yield f"{here}/type", f"unsupported type: {kind}"
            continue
        yield from check_length(block, "block_id", here, most=255, needed=False)
        block_id = block.get("block_id")
        if isinstance(block_id, str):
            if block_id in seen:
                yield f"{here}/block_id", f"block_id already exists: {block_id}"
            seen.add(block_id)
        tables += kind == "table"
        if tables > 1 and kind == "table":
            yield here, "only one table is allowed"
        yield from check(block, here)


def _section(block: Json, at: str) -> Iterator[Problem]:
    if "text" not in block and not block.get("fields"):
        yield at, "must define either `text` or `fields`"
    if "text" in block:
        yield from check_text(block, "text", at, most=3000)
    if "fields" in block:
        yield from check_list(block, "fields", at, most=10)
        for number, _ in enumerate(block["fields"] if isinstance(block["fields"], list) else ()):
            yield from check_text(block["fields"], number, f"{at}/fields", most=2000)
    if "accessory" in block:
        yield from check_elements([block["accessory"]], f"{at}/accessory", single=True)


def _header(block: Json, at: str) -> Iterator[Problem]:
    yield from check_text(block, "text", at, most=150, plain=True)


def _markdown(block: Json, at: str) -> Iterator[Problem]:
    yield from check_length(block, "text", at, most=MARKDOWN_CHARS)


def _image(block: Json, at: str) -> Iterator[Problem]:
    if "image_url" not in block and "slack_file" not in block:
        yield at, "must provide image_url or slack_file"
    yield from check_length(block, "image_url", at, most=3000, needed=False)
    yield from check_length(block, "alt_text", at, most=2000)
    if "title" in block:
        yield from check_text(block, "title", at, most=2000, plain=True)


def _actions(block: Json, at: str) -> Iterator[Problem]:
    yield from check_list(block, "elements", at, most=25)
    yield from check_elements(block.get("elements"), f"{at}/elements")


def _context(block: Json, at: str) -> Iterator[Problem]:
    yield from check_list(block, "elements", at, most=10)
    elements = block.get("elements")
    for number, element in enumerate(elements if isinstance(elements, list) else ()):
        here = f"{at}/elements/{number}"
        kind = element.get("type") if isinstance(element, dict) else None
        if kind == "image":
            yield from check_elements([element], here, single=True)
        elif kind in ("mrkdwn", "plain_text"):
            yield from check_text(elements, number, f"{at}/elements", most=3000)
        else:
            yield f"{here}/type", f"unsupported type: {kind}"


def _context_actions(block: Json, at: str) -> Iterator[Problem]:
    yield from check_list(block, "elements", at, most=5)
    yield from check_elements(
        block.get("elements"), f"{at}/elements", kinds=("feedback_buttons", "icon_button")
    )


def _input(block: Json, at: str) -> Iterator[Problem]:
    yield from check_text(block, "label", at, most=2000, plain=True)
    if "hint" in block:
        yield from check_text(block, "hint", at, most=2000, plain=True)
    if not isinstance(block.get("element"), dict):
        yield f"{at}/element", "missing required field: element"
    else:
        yield from check_elements([block["element"]], f"{at}/element", single=True)


def _table(block: Json, at: str) -> Iterator[Problem]:
    yield from check_list(block, "rows", at, most=100)
    rows = block.get("rows")
    for number, row in enumerate(rows if isinstance(rows, list) else ()):
        if not isinstance(row, list):
            yield f"{at}/rows/{number}", "must be an array"
        elif len(row) > 20:
            yield f"{at}/rows/{number}", "no more than 20 items allowed"
        else:
            for column, cell in enumerate(row):
                if not isinstance(cell, dict) or cell.get("type") not in (
                    "raw_text",
                    "raw_number",
                    "rich_text",
                ):
                    yield f"{at}/rows/{number}/{column}/type", "unsupported type"


def _task_card(block: Json, at: str) -> Iterator[Problem]:
    yield from check_length(block, "task_id", at, most=255)
    yield from check_length(block, "title", at, most=256)
    yield from check_choice(block, "status", at, TASK_STATUSES, needed=False)


def _plan(block: Json, at: str) -> Iterator[Problem]:
    yield from check_length(block, "title", at, most=256)
    if "tasks" in block:
        yield from check_list(block, "tasks", at, most=50, least=0)
        for number, task in enumerate(block["tasks"] if isinstance(block["tasks"], list) else ()):
            if isinstance(task, dict):
                yield from _task_card(task, f"{at}/tasks/{number}")
            else:
                yield f"{at}/tasks/{number}", "must be an object"


def _alert(block: Json, at: str) -> Iterator[Problem]:
    yield from check_text(block, "text", at, most=3000)
    levels = ("default", "info", "warning", "error", "success")
    yield from check_choice(block, "level", at, levels, needed=False)


def _card(block: Json, at: str) -> Iterator[Problem]:
    if not any(key in block for key in ("hero_image", "title", "actions", "body")):
        yield at, "must define one of hero_image, title, actions, body"
    for key, most in (("title", 150), ("subtitle", 150), ("body", 200)):
        if key in block:
            yield from check_text(block, key, at, most=most)
    if "actions" in block:
        yield from check_list(block, "actions", at, most=5)
        yield from check_elements(block["actions"], f"{at}/actions")


def _carousel(block: Json, at: str) -> Iterator[Problem]:
    yield from check_list(block, "elements", at, most=10)
    elements = block.get("elements")
    for number, card in enumerate(elements if isinstance(elements, list) else ()):
        if not isinstance(card, dict) or card.get("type") != "card":
            yield f"{at}/elements/{number}/type", "unsupported type"
        else:
            yield from _card(card, f"{at}/elements/{number}")


def _container(block: Json, at: str) -> Iterator[Problem]:
    if "title" not in block and "rich_text_title" not in block:
        yield at, "must define title or rich_text_title"
    for key in ("title", "subtitle"):
        if key in block:
            yield from check_text(block, key, at, most=150)
    yield from check_choice(
        block, "width", at, ("narrow", "standard", "wide", "full"), needed=False
    )
    yield from check_list(block, "child_blocks", at, most=10)
    if isinstance(block.get("child_blocks"), list):
        yield from block_problems(block["child_blocks"], limit=10, at=f"{at}/child_blocks")


def _file(block: Json, at: str) -> Iterator[Problem]:
    yield from check_length(block, "external_id", at, most=255)


def _video(block: Json, at: str) -> Iterator[Problem]:
    for key in ("alt_text", "video_url", "thumbnail_url"):
        yield from check_length(block, key, at, most=3000)
    yield from check_text(block, "title", at, most=199, plain=True)


def _anything(block: Json, at: str) -> Iterator[Problem]:
    yield from check_composite(block, at)


_CHECKS: dict[str, Callable[[Json, str], Iterator[Problem]]] = {
    "section": _section,
    "header": _header,
    "markdown": _markdown,
    "image": _image,
    "actions": _actions,
    "context": _context,
    "context_actions": _context_actions,
    "input": _input,
    "rich_text": check_rich_text,
    "table": _table,
    "task_card": _task_card,
    "plan": _plan,
    "alert": _alert,
    "card": _card,
    "carousel": _carousel,
    "container": _container,
    "file": _file,
    "video": _video,
    "divider": _anything,
    "call": _anything,
    "data_table": _anything,
    "data_visualization": _anything,
}
_MESSAGE_ONLY = ("markdown", "file", "table", "task_card", "plan", "context_actions")
