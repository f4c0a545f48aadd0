"""The forms of a case. Each one's callback is `case:` and what it does, its private metadata the
case's id; its fields are `state.values[BLOCK]["value"]`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.rendering import limits
from bot.rendering.elements import Element, plain, quote, rich_text, section, small_print, text
from bot.rendering.limits import cut
from bot.rendering.message import Block
from bot.rendering.neutral import neutral, one_line

REPLY, WHY, PERSON, UNTIL, CATEGORY, PRIORITY = "reply why person until category priority".split()
"""Blocks that hold a field."""
LEARN = "learn"
"""The block that asks whether others may have the answer."""
WHY_CHARS = 500
SNOOZES = {
    "hour": "For one hour",
    "tomorrow": "Until the next working morning",
    "monday": "Until next Monday morning",
}
_NO_TRACE = "-"
_CHANGED = (
    "The asker has changed the question since you opened this form. This is how it reads now; what "
    "you wrote is still below, and nothing was sent yet."
)
_QUESTION = 1_000
_MOST_OPTIONS = 100
_CUT_FORM = "The draft is longer than a form takes; its end is missing."
_REST = "The asker is told it in these words, under your name."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What somebody has written in a form before the question changed. for_others: see
    `is_for_others`."""

    words: str
    for_others: bool


def answer_form(
    question: str, *, case_id: str, revision: int, entered: Entered | None = None
) -> dict[str, Any]:
    """In which a person writes the answer. revision: of the question."""
    hint = "It goes to the asker under your name, where they asked."
    words = entered.words if entered else ""
    field = _input(REPLY, "Your answer", _words(limits.PLAIN_TEXT, words), hint)
    blocks = [*_changed(entered), *_asked(question), field, _for_others(entered)]
    return _form("answer", "Answer a question", f"{case_id} {_NO_TRACE} {revision}", blocks)


def edit_form(
    question: str,
    draft: str,
    *,
    case_id: str,
    trace_id: str,
    revision: int,
    entered: Entered | None = None,
) -> dict[str, Any]:
    """In which a person edits the draft. trace_id: of the answer that the draft is of."""
    draft = entered.words if entered else neutral(draft).strip()
    kept = cut(draft, limits.PLAIN_TEXT)
    hint = "Keep the marks such as [1] of sources that it still rests on; the others are left out."
    field = _input(REPLY, "The answer", _words(limits.PLAIN_TEXT, kept), hint)
    blocks = [*_changed(entered), *_asked(question), field, _for_others(entered)]
    if kept != draft:
        blocks.append(small_print(_CUT_FORM))
    return _form("edit", "Edit and send", f"{case_id} {trace_id} {revision}", blocks)


def form_again(
    question: str, entered: Entered, *, case_id: str, trace_id: str, revision: int
) -> dict[str, Any]:
    """The form of an answer, of a draft where it has a trace, with the question as it is now."""
    if not trace_id:
        return answer_form(question, case_id=case_id, revision=revision, entered=entered)
    return edit_form(
        question, "", case_id=case_id, trace_id=trace_id, revision=revision, entered=entered
    )


def opened_with(metadata: str) -> tuple[str, int | None]:
    """What a form of an answer was opened with, from what its metadata says after the case: the
    trace of the draft, empty where there is none, and the question's revision; None in a form that
    an earlier version opened."""
    trace_id, _, revision = metadata.partition(" ")
    return "" if trace_id == _NO_TRACE else trace_id, int(revision) if revision else None


def reject_form(question: str, *, case_id: str) -> dict[str, Any]:
    """In which a person says why a question is not answered here."""
    label = "Why it is not answered here, and where to ask instead"
    blocks = [*_asked(question), _input(WHY, label, _words(WHY_CHARS), _REST)]
    return _form("reject", "Out of scope", case_id, blocks, submit="Close the case")


def reassign_form(*, case_id: str) -> dict[str, Any]:
    """In which a case is given to somebody."""
    field: Element = {"type": "users_select", "action_id": "value"}
    blocks = [_input(PERSON, "Who is to have it", field, "They are told in the card's thread.")]
    return _form("reassign", "Reassign", case_id, blocks, submit="Reassign")


def snooze_form(*, case_id: str) -> dict[str, Any]:
    """In which reminders are put off."""
    options = [_option(words, value) for value, words in SNOOZES.items()]
    field = {
        "type": "radio_buttons",
        "action_id": "value",
        "options": options,
        "initial_option": options[0],
    }
    hint = "Nobody is reminded of the case meanwhile. The asker still waits."
    return _form("snooze", "Snooze", case_id, [_input(UNTIL, "How long", field, hint)])


def relabel_form(
    *,
    case_id: str,
    category: str | None,
    priority: str | None,
    categories: Sequence[str],
    priorities: Sequence[str],
) -> dict[str, Any]:
    """In which category and priority are corrected. categories, priorities: what can be chosen."""
    blocks = []
    for block, label, chosen, known in (
        (CATEGORY, "Category", category, categories),
        (PRIORITY, "Priority", priority, priorities),
    ):
        names = list(dict.fromkeys([*([chosen] if chosen else []), *known]))[:_MOST_OPTIONS]
        options = [_option(name, name) for name in names]
        if not options:
            continue
        field: Element = {"type": "static_select", "action_id": "value", "options": options}
        if chosen:
            field["initial_option"] = options[0]
        blocks.append(_input(block, label, field, "") | {"optional": True})
    if not blocks:
        blocks = [small_print("No categories were trained, so there is nothing to choose from.")]
    shown = json.dumps([cut(label or "", limits.OPTION_VALUE) for label in (category, priority)])
    return _form("relabel", "Category and priority", f"{case_id} {shown}", blocks)


def shown_labels(metadata: str) -> tuple[str, str]:
    """Category and priority that a form was opened with, empty where there was none; from what its
    metadata says after the case."""
    try:
        category, priority = json.loads(metadata)
    except ValueError:  # a form of an earlier version, opened before the bot was updated
        return "", ""
    return str(category), str(priority)


def sentence_modal(sentence: str) -> dict[str, Any]:
    """Which says why nothing was done."""
    return {
        "type": "modal",
        "title": plain("Nothing was done", limits.MODAL_TITLE),
        "close": plain("Close", limits.MODAL_TITLE),
        "blocks": [rich_text(section(text(sentence)))],
    }


def value_of(view: Mapping[str, Any], block: str) -> str:
    """What was entered or chosen in a form; empty where nothing was."""
    field = ((view.get("state") or {}).get("values") or {}).get(block) or {}
    entered = field.get("value") or field.get("text") or {}
    if not isinstance(entered, Mapping):
        return ""
    option = entered.get("selected_option")
    option = option.get("value") if isinstance(option, Mapping) else None
    return str(entered.get("value") or entered.get("selected_user") or option or "").strip()


def is_for_others(view: Mapping[str, Any]) -> bool:
    """Whether the answer may be given to others who ask the same; so where nothing was asked."""
    field = ((view.get("state") or {}).get("values") or {}).get(LEARN)
    if not isinstance(field, Mapping):
        return True
    entered = field.get("value")
    return isinstance(entered, Mapping) and bool(entered.get("selected_options"))


def _changed(entered: Entered | None) -> list[Block]:
    return [small_print(_CHANGED)] if entered else []


def _for_others(entered: Entered | None) -> Block:
    option = _option("Give this answer to others who ask the same", "yes")
    field: Element = {"type": "checkboxes", "action_id": "value", "options": [option]}
    if entered is None or entered.for_others:
        field["initial_options"] = [option]
    hint = "Only to people who may read the asker's conversation and the sources it rests on."
    return _input(LEARN, "Learn it", field, hint) | {"optional": True}


def _asked(question: str) -> list[Block]:
    return [rich_text(quote(text(cut(neutral(question).strip(), _QUESTION) or "…")))]


def _words(most: int, initial: str = "") -> Element:
    field: Element = {
        "type": "plain_text_input",
        "action_id": "text",
        "multiline": True,
        "max_length": most,
        "focus_on_load": True,
    }
    return field | ({"initial_value": initial} if initial else {})


def _option(words: str, value: str) -> Element:
    shown = plain(one_line(words), limits.BUTTON_TEXT)
    return {"text": shown, "value": cut(value, limits.OPTION_VALUE)}


def _input(block: str, label: str, field: Element, hint: str) -> Block:
    made: Block = {
        "type": "input",
        "block_id": block,
        "label": plain(label, limits.BUTTON_TEXT * 2),
        "element": field,
    }
    return made | ({"hint": plain(hint, limits.BUTTON_TEXT * 2)} if hint else {})


def _form(
    verb: str, title: str, metadata: str, blocks: Sequence[Block], *, submit: str = "Send"
) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": f"case:{verb}",
        "private_metadata": metadata,
        "title": plain(title, limits.MODAL_TITLE),
        "submit": plain(submit, limits.MODAL_TITLE),
        "close": plain("Cancel", limits.MODAL_TITLE),
        "blocks": list(blocks),
    }
