"""What a rich text is made of, against Slack's published element types."""

from __future__ import annotations

from collections.abc import Iterator

from bot.workspace.elements import Problem, check_length, check_list
from bot.workspace.errors import Json

_HOLDERS = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
_LEAVES = {
    "text": "text",
    "link": "url",
    "user": "user_id",
    "usergroup": "usergroup_id",
    "channel": "channel_id",
    "broadcast": "range",
    "emoji": "name",
    "date": "format",
    "color": "value",
    "team": "team_id",
}
"""Kind, and the property it cannot do without."""
_IN_CODE = ("text", "link")
_DEEPEST_LIST = 8


def check_rich_text(block: Json, at: str) -> Iterator[Problem]:
    """What is wrong with the block: JSON pointer and message."""
    yield from check_list(block, "elements", at, most=1000, least=0)
    elements = block.get("elements")
    for number, element in enumerate(elements if isinstance(elements, list) else ()):
        here = f"{at}/elements/{number}"
        kind = element.get("type") if isinstance(element, dict) else None
        if kind == "rich_text_list":
            yield from _check_items(element, here)
        elif kind in _HOLDERS:
            yield from _check_leaves(element, here)
        else:
            yield f"{here}/type", "unsupported type"


def _check_items(element: Json, at: str) -> Iterator[Problem]:
    if element.get("style") not in ("bullet", "ordered"):
        yield f"{at}/style", "must be one of bullet, ordered"
    for name, most in (("indent", _DEEPEST_LIST), ("offset", None), ("border", 1)):
        value = element.get(name, 0)
        if not isinstance(value, int) or value < 0 or (most is not None and value > most):
            yield f"{at}/{name}", "must be a number in range"
    items = element.get("elements")
    if not isinstance(items, list):
        yield f"{at}/elements", "missing required field: elements"
        return
    for number, item in enumerate(items):
        here = f"{at}/elements/{number}"
        if not isinstance(item, dict) or item.get("type") != "rich_text_section":
            yield f"{here}/type", "unsupported type"
        else:
            yield from _check_leaves(item, here)


def _check_leaves(holder: Json, at: str) -> Iterator[Problem]:
    leaves = holder.get("elements")
    if not isinstance(leaves, list):
        yield f"{at}/elements", "missing required field: elements"
        return
    allowed = _IN_CODE if holder["type"] == "rich_text_preformatted" else tuple(_LEAVES)
    for number, leaf in enumerate(leaves):
        here = f"{at}/elements/{number}"
        kind = leaf.get("type") if isinstance(leaf, dict) else None
        if kind not in allowed:
            yield f"{here}/type", f"unsupported type: {kind}"
            continue
        yield from check_length(leaf, _LEAVES[kind], here, most=100_000)
        if kind == "date" and not isinstance(leaf.get("timestamp"), int):
            yield f"{here}/timestamp", "missing required field: timestamp"
