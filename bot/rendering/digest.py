"""The weekly digest as a message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.rendering.elements import Element, header, listed, rich_text, section, small_print, text
from bot.rendering.figures import NONE, figure_lines, load_words, young_words
from bot.rendering.gap import trend_words
from bot.rendering.limits import FALLBACK, cut
from bot.rendering.message import Block, Message
from bot.rendering.neutral import escape, one_line
from engine.figures.counting import Figures

_NAME = 120
_MOST_PEOPLE = 10


def lines_json(now: Figures, before: Figures | None) -> dict[str, Any]:
    """What the message says of a week, as JSON to be kept."""
    earlier = {} if before is None else {line.name: line for line in figure_lines(before)}
    lines = []
    for line in figure_lines(now):
        last = earlier.get(line.name)
        lines.append(
            {
                "label": line.label,
                "value": line.whole,
                "before": "" if last is None or last.value == NONE else last.whole,
            }
        )
    return {
        "from": _day(now.since),
        "to": _day(now.until - timedelta(seconds=1)),
        "questions": now.questions,
        "lines": lines,
        "load": [
            {"person": each.person, "cases": each.cases, "median_minutes": each.median_minutes}
            for each in now.load
        ],
        "young": young_words(now),
    }


def digest_message(found: Mapping[str, Any]) -> Message:
    """found: as `lines_json` gives it, with `week` and `gaps`."""
    title = f"The week from {found['from']} to {found['to']}"
    blocks: list[Block] = [header(title)]
    said = [title]
    if not found["questions"]:
        said.append("No questions were asked.")
        blocks.append(rich_text(section(text(said[-1]))))
    else:
        items: list[list[Element]] = []
        for line in found["lines"]:
            item = [text(f"{line['label']}: "), text(line["value"], bold=True)]
            if line["before"]:
                item.append(text(f" (the week before: {line['before']})"))
            items.append(item)
            said.append(f"{line['label']}: {line['value']}")
        blocks.append(rich_text(listed(items)))
        if found["young"]:
            blocks.append(small_print(found["young"]))
    if found["load"]:
        people = [[*_person(each)] for each in found["load"][:_MOST_PEOPLE]]
        blocks.append(rich_text(section(text("Review load", bold=True)), listed(people)))
    if found["gaps"]:
        names = []
        for gap in found["gaps"]:
            trend = trend_words(gap["last"], gap["before"])
            names.append([text(f"{cut(one_line(gap['name']), _NAME)}: {trend}")])
        blocks.append(rich_text(section(text("What the documents lack", bold=True)), listed(names)))
    blocks.append(
        small_print(
            "Intervals in brackets are of 95%. Confirmed and assumed are never added up. "
            "deskhand stats says what each figure means."
        )
    )
    return Message(text=escape(cut("\n".join(said), FALLBACK)), blocks=tuple(blocks))


def _person(each: Mapping[str, Any]) -> list[Element]:
    said = load_words(each["cases"], each["median_minutes"])
    return [text(f"{cut(one_line(each['person']), _NAME)}: {said}")]


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B}"
