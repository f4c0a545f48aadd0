"""Blocks and elements, within their limits whatever text they are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.rendering import limits
from bot.rendering.limits import cut
from bot.rendering.message import Block
from bot.rendering.neutral import neutral, one_line

Element = dict[str, Any]


def plain(text: str, most: int) -> Element:
    """A text object in which nothing is read: no mrkdwn, no emoji names."""
    return {"type": "plain_text", "text": cut(neutral(text), most) or "(empty)", "emoji": False}


def text(words: str, **style: bool) -> Element:
    """Words of a rich text; style: bold, italic, strike, code."""
    element: Element = {"type": "text", "text": words or " "}
    return element | ({"style": style} if style else {})


def link(url: str, words: str = "", **style: bool) -> Element:
    """A live link in a rich text; `url` has been checked by the caller."""
    element: Element = {"type": "link", "url": url}
    return element | ({"text": words} if words else {}) | ({"style": style} if style else {})


def date(moment: datetime) -> Element:
    """A moment in a rich text, which everybody reads in their own time zone."""
    return {
        "type": "date",
        "timestamp": int(moment.timestamp()),
        "format": "{date_short_pretty} at {time}",
        "fallback": f"{moment:%Y-%m-%d %H:%M} UTC",
    }


def usergroup(group: str) -> Element:
    """A live mention of a user group in a rich text: everybody in it is told."""
    return {"type": "usergroup", "usergroup_id": group}


def overflow(action_id: str, options: Mapping[str, str]) -> Element:
    """A menu behind three dots; options: words by value."""
    return {
        "type": "overflow",
        "action_id": action_id,
        "options": [
            {"text": plain(words, limits.BUTTON_TEXT), "value": value}
            for value, words in options.items()
        ],
    }


def section(*elements: Element) -> Element:
    """A paragraph of a rich text."""
    return {"type": "rich_text_section", "elements": list(elements)}


def quote(*elements: Element) -> Element:
    """A quotation in a rich text."""
    return {"type": "rich_text_quote", "elements": list(elements)}


def listed(items: Iterable[Sequence[Element]], *, ordered: bool = False) -> Element:
    """A list in a rich text."""
    style = "ordered" if ordered else "bullet"
    sections = [section(*item) for item in items]
    return {"type": "rich_text_list", "style": style, "elements": sections}


def rich_text(*elements: Element) -> Block:
    """A block of paragraphs, lists, quotations and code."""
    return {"type": "rich_text", "elements": list(elements)}


def header(words: str) -> Block:
    """A heading."""
    return {"type": "header", "text": plain(one_line(words), limits.HEADER)}


def small_print(*lines: str) -> Block:
    """A line or more in small grey letters."""
    elements = [plain(line, limits.PLAIN_TEXT) for line in lines[: limits.CONTEXT_ELEMENTS]]
    return {"type": "context", "elements": elements}


def button(
    words: str, *, action_id: str, value: str = "", label: str = "", style: str = ""
) -> Element:
    """A button; label: what screen readers say in place of its words; style: primary, danger."""
    element: Element = {
        "type": "button",
        "action_id": action_id,
        "text": plain(one_line(words), limits.BUTTON_TEXT),
        "value": cut(value, limits.BUTTON_VALUE),
    }
    if label:
        element["accessibility_label"] = cut(one_line(label), limits.BUTTON_TEXT)
    return element | ({"style": style} if style else {})


def actions(buttons: Sequence[Element]) -> list[Block]:
    """Rows of buttons; none without buttons."""
    starts = range(0, len(buttons), limits.ACTIONS)
    return [
        {"type": "actions", "elements": list(buttons[at : at + limits.ACTIONS])} for at in starts
    ]


def feedback(question_id: str) -> Block:
    """Thumbs up and down; values `positive:ID` and `negative:ID`."""

    def side(words: str, value: str, label: str) -> Mapping[str, Any]:
        return {
            "text": plain(words, limits.BUTTON_TEXT),
            "value": f"{value}:{question_id}"[: limits.BUTTON_VALUE],
            "accessibility_label": label,
        }

    buttons = {
        "type": "feedback_buttons",
        "action_id": "feedback",
        "positive_button": side("Helpful", "positive", "This answer helped"),
        "negative_button": side("Not helpful", "negative", "This answer did not help"),
    }
    return {"type": "context_actions", "elements": [buttons]}
