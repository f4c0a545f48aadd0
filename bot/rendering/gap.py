"""What the knowledge lacks, as owners read it, and the form in which they write an article.

Actions `gap:approve`, `gap:edit`, `gap:dismiss`, value: the gap's id. The form's callback is
`gap:write`, its private metadata the gap's id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.rendering import limits
from bot.rendering.elements import (
    Element,
    actions,
    button,
    header,
    listed,
    plain,
    quote,
    rich_text,
    section,
    small_print,
    text,
)
from bot.rendering.limits import FALLBACK, cut
from bot.rendering.message import Block, Message
from bot.rendering.neutral import escape, neutral, one_line

APPROVE, EDIT, DISMISS, FORM = "gap:approve", "gap:edit", "gap:dismiss", "gap:write"
MOST_ANSWER = limits.PLAIN_TEXT
_QUESTION, _SHOWN_ANSWER, _NAME = 300, 2_000, 120
_QUESTION_FIELD, _ANSWER_FIELD = "question", "answer"
PREFIX = "gap"
"""Of every action and form here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapShown:
    """A gap. last, before: questions of the last week and the one before it. draft: from what
    people answered; empty without. ended: how it was closed, in a sentence; empty before."""

    id: str
    name: str
    question: str
    examples: Sequence[str]
    questions: int
    last: int
    before: int
    draft: str
    ended: str = ""


def trend_words(last: int, before: int) -> str:
    """Such as "5 questions last week, 3 the week before"."""
    return f"{counted(last, 'question')} last week, {before:,} the week before"


def counted(number: int, noun: str) -> str:
    """Such as "1 question", "2 questions"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def gap_message(gap: GapShown) -> Message:
    """The message of one gap; without buttons once it is closed."""
    name = cut(one_line(gap.name), _NAME)
    asked = (
        f"{counted(gap.questions, 'question')} in four weeks; {trend_words(gap.last, gap.before)}."
    )
    blocks: list[Block] = [
        header(f"Not in the documents: {name}"),
        rich_text(section(text(asked))),
        rich_text(
            section(text("Such as:", bold=True)),
            listed([text(_short(each))] for each in (gap.question, *gap.examples)),
        ),
    ]
    if gap.draft:
        draft = cut(neutral(gap.draft), _SHOWN_ANSWER)
        blocks += [
            rich_text(section(text("Draft of an article, from what people answered:", bold=True))),
            rich_text(quote(text(draft))),
        ]
    elif not gap.ended:
        blocks.append(
            rich_text(section(text("Nobody has answered any of them, so there is no draft.")))
        )
    if gap.ended:
        blocks.append(rich_text(section(text(one_line(gap.ended), bold=True))))
    else:
        blocks += actions(_buttons(gap))
    said = [f"Not in the documents: {name}", asked, _short(gap.question), gap.ended]
    words = "\n".join(line for line in said if line)
    return Message(text=escape(cut(words, FALLBACK)), blocks=tuple(blocks))


def hidden_message(hidden: int, found: int, *, readable: bool) -> Message:
    """What is said of questions whose words are shown to nobody here."""
    lines = []
    if hidden:
        lines.append(
            f"{counted(hidden, 'more question')} without an answer came from private conversations "
            "and are only counted."
        )
    if not readable and found:
        lines.append(
            f"{counted(found, 'subject')} that the documents lack cannot be shown here, as not "
            "everybody in this channel may read what members ask."
        )
    words = " ".join(lines)
    return Message(text=escape(words), blocks=(rich_text(section(text(words))),))


def gap_form(gap_id: str, question: str, answer: str) -> dict[str, Any]:
    """The modal in which somebody writes the article."""
    blocks: list[Block] = [
        _field(_QUESTION_FIELD, "Question", question, most=_QUESTION, multiline=False),
        _field(_ANSWER_FIELD, "Answer", answer, most=MOST_ANSWER, multiline=True),
        small_print(
            "It becomes knowledge for every full member, under your name. Anything may be quoted."
        ),
    ]
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": gap_id,
        "title": plain("Write an article", limits.MODAL_TITLE),
        "submit": plain("Publish", limits.MODAL_TITLE),
        "close": plain("Cancel", limits.MODAL_TITLE),
        "blocks": blocks,
    }


def written(view: Mapping[str, Any]) -> tuple[str, str]:
    """Question and answer of the form, stripped."""
    fields = (view.get("state") or {}).get("values") or {}

    def typed(name: str) -> str:
        return str(((fields.get(name) or {}).get(name) or {}).get("value") or "").strip()

    return typed(_QUESTION_FIELD), typed(_ANSWER_FIELD)


def why_not(question: str, answer: str) -> dict[str, str]:
    """What is wrong with what was written, by field."""
    wrong = {}
    for name, words, most in (
        (_QUESTION_FIELD, question, _QUESTION),
        (_ANSWER_FIELD, answer, MOST_ANSWER),
    ):
        if not words:
            wrong[name] = "Please write something here, or close the form."
        elif limits.length(words) > most:
            wrong[name] = f"Please keep to {most:,} characters."
    return wrong


def _field(name: str, label: str, value: str, *, most: int, multiline: bool) -> Block:
    field: Element = {
        "type": "plain_text_input",
        "action_id": name,
        "multiline": multiline,
        "max_length": most,
    }
    kept = cut(neutral(value).strip(), most)
    if kept:
        field["initial_value"] = kept
    return {
        "type": "input",
        "block_id": name,
        "label": plain(label, limits.PLAIN_TEXT),
        "element": field,
    }


def _buttons(gap: GapShown) -> list[Element]:
    name = cut(one_line(gap.name), 40)
    found = []
    if gap.draft:
        found.append(
            button(
                "Publish the draft",
                action_id=APPROVE,
                value=gap.id,
                label=f"Publish the draft about {name}",
                style="primary",
            )
        )
    words = "Edit and publish" if gap.draft else "Write the article"
    found.append(button(words, action_id=EDIT, value=gap.id, label=f"{words}: {name}"))
    found.append(
        button("Dismiss", action_id=DISMISS, value=gap.id, label=f"No article about {name}")
    )
    return found


def _short(words: str) -> str:
    return cut(neutral(one_line(words)), _QUESTION) or "(no words)"
