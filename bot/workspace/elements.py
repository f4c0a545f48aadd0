"""Texts and interactive elements inside blocks, against their published limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bot.workspace.errors import Json

Problem = tuple[str, str]
"""JSON pointer and message."""

_CHOOSERS = (
    "static_select",
    "multi_static_select",
    "external_select",
    "multi_external_select",
    "users_select",
    "multi_users_select",
    "conversations_select",
    "multi_conversations_select",
    "channels_select",
    "multi_channels_select",
)
_LISTS = {"overflow": 5, "radio_buttons": 10, "checkboxes": 10}
_KINDS = (
    *_CHOOSERS,
    *_LISTS,
    "button",
    "image",
    "datepicker",
    "timepicker",
    "datetimepicker",
    "plain_text_input",
    "rich_text_input",
    "email_text_input",
    "url_text_input",
    "number_input",
    "file_input",
    "feedback_buttons",
    "icon_button",
    "workflow_button",
)


def check_length(
    holder: Json, key: str, at: str, *, most: int, needed: bool = True, least: int = 1
) -> Iterator[Problem]:
    """A text property's length; `needed`: it must be there."""
    if holder.get(key) is None:
        if needed:
            yield f"{at}/{key}", f"missing required field: {key}"
        return
    value = holder[key]
    if not isinstance(value, str):
        yield f"{at}/{key}", "must be a string"
    elif len(value) < least:
        yield f"{at}/{key}", f"must be more than {least - 1} characters"
    elif len(value) > most:
        yield f"{at}/{key}", f"must be less than {most + 1} characters"


def check_choice(
    holder: Json, key: str, at: str, allowed: tuple[str, ...], *, needed: bool = True
) -> Iterator[Problem]:
    """A property that takes one of a few words."""
    if holder.get(key) is None:
        if needed:
            yield f"{at}/{key}", f"missing required field: {key}"
    elif holder[key] not in allowed:
        yield f"{at}/{key}", f"must be one of {', '.join(allowed)}"


def check_list(holder: Json, key: str, at: str, *, most: int, least: int = 1) -> Iterator[Problem]:
    """A list property's size."""
    value = holder.get(key)
    if not isinstance(value, list):
        yield f"{at}/{key}", f"missing required field: {key}"
    elif len(value) < least:
        yield f"{at}/{key}", f"must have at least {least} items"
    elif len(value) > most:
        yield f"{at}/{key}", f"no more than {most} items allowed"


def check_text(
    holder: Any, key: str | int, at: str, *, most: int, plain: bool = False
) -> Iterator[Problem]:
    """A text object's kind and length; `plain`: mrkdwn is not allowed."""
    here = f"{at}/{key}"
    text = holder[key] if isinstance(key, int) else holder.get(key)
    if not isinstance(text, dict):
        yield here, f"missing required field: {key}"
        return
    allowed = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if text.get("type") not in allowed:
        yield f"{here}/type", f"must be one of {', '.join(allowed)}"
    yield from check_length(text, "text", here, most=most)


def check_composite(block: Json, at: str) -> Iterator[Problem]:
    """The only limit of a block whose inside is not published: its size."""
    if len(json.dumps(block)) > 100_000:
        yield at, "block is too large"


def check_elements(
    elements: Any, at: str, *, single: bool = False, kinds: tuple[str, ...] = _KINDS
) -> Iterator[Problem]:
    """Interactive elements; `single`: `at` is the element itself, not its list."""
    if not isinstance(elements, list):
        return
    seen: set[str] = set()
    for number, element in enumerate(elements):
        here = at if single else f"{at}/{number}"
        if not isinstance(element, dict):
            yield here, "must be an object"
            continue
        if element.get("type") not in kinds:
            yield f"{here}/type", f"unsupported type: {element.get('type')}"
            continue
        yield from check_length(element, "action_id", here, most=255, needed=False)
        action_id = element.get("action_id")
        if isinstance(action_id, str):
            if action_id in seen:
                yield f"{here}/action_id", f"`action_id` {action_id} already exists"
            seen.add(action_id)
        yield from _element(element, here)


def _element(element: Json, at: str) -> Iterator[Problem]:
    kind = element["type"]
    if kind == "button":
        yield from check_text(element, "text", at, most=75, plain=True)
        yield from check_length(element, "value", at, most=2000, needed=False, least=0)
        yield from check_length(element, "url", at, most=3000, needed=False)
        yield from check_choice(element, "style", at, ("primary", "danger"), needed=False)
        yield from check_length(element, "accessibility_label", at, most=75, needed=False)
    elif kind == "feedback_buttons":
        for side in ("positive_button", "negative_button"):
            button = element.get(side)
            if not isinstance(button, dict):
                yield f"{at}/{side}", f"missing required field: {side}"
                continue
            yield from check_text(button, "text", f"{at}/{side}", most=75, plain=True)
            yield from check_length(button, "value", f"{at}/{side}", most=2000)
    elif kind == "icon_button":
        yield from check_length(element, "icon", at, most=255)
        yield from check_text(element, "text", at, most=75, plain=True)
        yield from check_length(element, "value", at, most=2000, needed=False, least=0)
    elif kind == "image":
        yield from check_length(element, "alt_text", at, most=2000)
        if "image_url" not in element and "slack_file" not in element:
            yield at, "must provide image_url or slack_file"
    elif kind in ("static_select", "multi_static_select"):
        yield from _options(element, at, most=100)
    elif kind in _LISTS:
        yield from _options(element, at, most=_LISTS[kind])
    if "placeholder" in element:
        yield from check_text(element, "placeholder", at, most=150, plain=True)
    if isinstance(element.get("confirm"), dict):
        yield from check_text(element["confirm"], "title", f"{at}/confirm", most=100, plain=True)
        yield from check_text(element["confirm"], "text", f"{at}/confirm", most=300)


def _options(element: Json, at: str, *, most: int) -> Iterator[Problem]:
    if "option_groups" in element:
        yield from check_list(element, "option_groups", at, most=100)
        groups = element["option_groups"]
        for number, group in enumerate(groups if isinstance(groups, list) else ()):
            if isinstance(group, dict):
                here = f"{at}/option_groups/{number}"
                yield from check_text(group, "label", here, most=75, plain=True)
                yield from _options({"options": group.get("options")}, here, most=100)
        return
    yield from check_list(element, "options", at, most=most)
    options = element.get("options")
    for number, option in enumerate(options if isinstance(options, list) else ()):
        here = f"{at}/options/{number}"
        if not isinstance(option, dict):
            yield here, "must be an object"
            continue
        yield from check_text(option, "text", here, most=75)
        yield from check_length(option, "value", here, most=150)
