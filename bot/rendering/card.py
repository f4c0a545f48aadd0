"""The card of a case in the escalation channel, and the form in which a person answers it.

Actions: `case:answer` (value: the case's id). The form's callback is `case:answer`, its private
metadata the case's id, its value `state.values["reply"]["text"]["value"]`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from bot.rendering import limits
from bot.rendering.answer import fallback
from bot.rendering.elements import (
    Element,
    actions,
    button,
    header,
    link,
    listed,
    plain,
    quote,
    rich_text,
    section,
    small_print,
    text,
)
from bot.rendering.inline import Links
from bot.rendering.limits import cut, json_length
from bot.rendering.message import Block, Message
from bot.rendering.neutral import neutral, one_line, web_address
from bot.rendering.pages import pages_of
from bot.rendering.reading import read_markdown
from bot.rendering.reasons import fixed_reason
from bot.rendering.sources import source_line, source_of

_TITLE = "A question needs a person"
_NOBODY_NEEDED = "A question that needs nobody any more"
_WITHDRAWN = "The asker has deleted the question. Replies here are not passed on."
_SETTLED = "The asker has changed the question and has an answer now. Replies are not passed on."
_QUESTION = 1_000
_DRAFT_JSON = 3_000
_EVIDENCE_JSON = 2_500
_SNIPPET = 300
_PERMALINK = 500
_LINE = 200
_MOST_LINES = 5
_NOT_EVERYONE = (
    "The draft and its sources are not shown: not everyone in this channel may read the documents "
    "they rest on."
)
REPLIES_GO_OUT = (
    "The first reply in this thread goes to the asker, under the name of who wrote it. To talk "
    "about the question first, begin your reply with a mention of somebody: that one stays here."
)
_REQUESTED = "The asker asked for a person."
_CUT = "The draft is longer than this; the whole of it is in the form."
_CUT_FORM = "The draft is longer than a form takes; its end is missing."


def card_message(
    trace: Mapping[str, Any],
    *,
    case_id: str,
    asker: str,
    permalink: str | None,
    may_show: bool,
    requested: bool = False,
    answered_by: str = "",
    settled: bool = False,
) -> Message:
    """The card: question, why it is here, draft, evidence, next steps, a button to answer.

    asker: their name, not their id: the card pings nobody. permalink: of the question. may_show:
    whether everyone in the channel may read every document that the answer rests on. requested: the
    asker asked for a person. answered_by: the name of the person who answered. settled: the asker
    changed the question and has an answer. After either the card has no button.
    """
    title = _NOBODY_NEEDED if settled and not answered_by else _TITLE
    asked, who = neutral(trace["question"]).strip(), cut(one_line(asker), 80) or "somebody"
    reasons = [_REQUESTED] if requested else []
    for reason in trace["reasons"]:  # whose texts quote documents
        reasons.append(one_line(reason["text"]) if may_show else fixed_reason(reason["code"]))
    above: list[Block] = [
        header(title),
        rich_text(quote(text(cut(asked, _QUESTION) or "…"))),
        rich_text(section(*_origin(trace, who, permalink))),
        *_lines("Why it is here", reasons),
    ]
    # The steps name documents too.
    steps = [one_line(step) for step in trace["internal_next_steps"]] if may_show else []
    draft = _draft(trace) if may_show else []
    evidence = _evidence(trace["citations"]) if may_show else []
    middle = [draft, evidence, _lines("What to do", steps, ordered=True)]
    if not may_show and trace["draft_reply"].strip():
        above.append(small_print(_NOT_EVERYONE))
    if answered_by:
        state = f"Answered by {cut(one_line(answered_by), 80)}."
        below = [small_print(state)]
    elif settled:
        state = _SETTLED
        below = [small_print(state)]
    else:
        state = "Nobody has answered it yet."
        label = "Answer this question; the asker gets your text"
        chosen = {"action_id": "case:answer", "value": case_id, "label": label}
        below = [
            small_print(REPLIES_GO_OUT),
            *actions([button("Answer", style="primary", **chosen)]),
        ]
    for spared in (evidence, middle[2], draft):  # what can be spared best goes first
        if json_length([above, *middle, below]) > limits.MESSAGE_JSON:
            spared.clear()
    words = f"{title}. {who} asks: {cut(asked, _QUESTION)}\n{' '.join(reasons)}\n{state}"
    blocks = (*above, *(block for part in middle for block in part), *below)
    return Message(text=fallback(words), blocks=blocks)


def withdrawn_card() -> Message:
    """The card of a question that its asker deleted: nothing of it is shown any more."""
    return Message(
        text=f"{_NOBODY_NEEDED}. {_WITHDRAWN}",
        blocks=(header(_NOBODY_NEEDED), rich_text(section(text(_WITHDRAWN)))),
    )


def answer_form(trace: Mapping[str, Any], *, case_id: str, may_show: bool) -> dict[str, Any]:
    """The modal in which a person answers, with the draft to begin from where it may be shown."""
    draft = neutral(trace["draft_reply"]).strip() if may_show else ""
    kept = cut(draft, limits.PLAIN_TEXT)
    field: Element = {"type": "plain_text_input", "action_id": "text", "multiline": True}
    field |= {"max_length": limits.PLAIN_TEXT, "focus_on_load": True}
    if kept:
        field["initial_value"] = kept
    asked = cut(neutral(trace["question"]).strip(), _QUESTION) or "…"
    blocks: list[Block] = [rich_text(quote(text(asked)))]
    hint = "It goes to the asker under your name, where they asked."
    blocks.append(
        {
            "type": "input",
            "block_id": "reply",
            "label": plain("Your answer", limits.PLAIN_TEXT),
            "hint": plain(hint, limits.PLAIN_TEXT),
            "element": field,
        }
    )
    if kept != draft:
        blocks.append(small_print(_CUT_FORM))
    return {
        "type": "modal",
        "callback_id": "case:answer",
        "private_metadata": case_id,
        "title": plain("Answer a question", limits.MODAL_TITLE),
        "submit": plain("Send", limits.MODAL_TITLE),
        "close": plain("Cancel", limits.MODAL_TITLE),
        "blocks": blocks,
    }


def _origin(trace: Mapping[str, Any], who: str, permalink: str | None) -> list[Element]:
    triage = trace["triage"]
    sorted_as = [triage["category"], triage["priority"] and f"priority {triage['priority']}"]
    known = [cut(one_line(str(name)), 60) for name in sorted_as if name]
    line = f"Asked by {who}" + (f", sorted as {', '.join(known)}" if known else "") + ". "
    url = web_address(permalink)
    if url is None or limits.length(url) > _PERMALINK:
        return [text(line.rstrip())]
    return [text(line), link(url, "See it where it was asked")]


def _lines(title: str, lines: Sequence[str], *, ordered: bool = False) -> list[Block]:
    shown = [cut(line, _LINE) for line in lines if line][:_MOST_LINES]
    if not shown:
        return []
    items = listed(([text(line)] for line in shown), ordered=ordered)
    return [rich_text(section(text(title, bold=True)), items)]


def _draft(trace: Mapping[str, Any]) -> list[Block]:
    pages = pages_of(read_markdown(trace["draft_reply"]), Links(), most=_DRAFT_JSON, most_blocks=12)
    if not pages:
        return []
    sent = trace["draft_reply"] in trace["reply"]
    words = "What the asker has read" if sent else "Draft, not sent"
    return [
        rich_text(section(text(words, bold=True))),
        *pages[0].blocks,
        *([small_print(_CUT)] if len(pages) > 1 else []),
    ]


def _evidence(citations: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Each cited sentence with its place, as many as there is room for."""
    elements = [section(text("Evidence", bold=True))]
    left = len(citations)
    for _, same in groupby(citations, key=lambda c: c["chunk_id"]):
        cited = list(same)
        place = [section(*source_line(source_of(cited)))]
        for citation in cited:
            words = f"[{citation['n']}] {neutral(citation['snippet']).strip()}"
            added = [*place, quote(text(cut(words, _SNIPPET)))]
            if json_length([*elements, *added]) <= _EVIDENCE_JSON:
                elements += added
                place = []
                left -= 1
    if len(elements) == 1:
        return []
    block = rich_text(*elements)
    more = f"{left} more cited {'sentence' if left == 1 else 'sentences'} not shown."
    return [block, *([small_print(more)] if left else [])]
