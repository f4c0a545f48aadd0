"""The card of a case: what is asked, why it is doubtful, what the bot would say and on what
grounds, and how far it is.

Actions: `case:claim`, `case:answer` (value: the case's id), `case:approve`, `case:edit` (value: the
case's id and the draft's trace, a blank between), `case:more` (an option's value: what to do, a
colon, the case's id), `passage:N`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from bot.rendering import limits
from bot.rendering.answer import fallback
from bot.rendering.case_words import REASONS, state_line
from bot.rendering.elements import (
    Element,
    actions,
    button,
    date,
    header,
    link,
    listed,
    overflow,
    quote,
    rich_text,
    section,
    small_print,
    text,
    usergroup,
)
from bot.rendering.inline import Links, inline_elements
from bot.rendering.limits import cut, json_length
from bot.rendering.message import Block, Message
from bot.rendering.neutral import neutral, one_line, web_address
from bot.rendering.pages import pages_of
from bot.rendering.reading import read_markdown
from bot.rendering.reasons import fixed_reason
from bot.rendering.sources import Source, passage_buttons, source_line, source_of, sources_of
from engine.storage.case import Case

_TITLE = "A question needs a person"
_NOBODY_NEEDED = "A question that needs nobody any more"
_HAS_ANSWER = "A question that a person answered"
_QUESTION = 1_000
_DRAFT_JSON = 3_000
_EVIDENCE_JSON = 2_500
_SNIPPET = 300
_SIMILAR = 150
_PERMALINK = 500
_LINE = 200
_MOST_LINES = 5
_MOST_PASSAGES = 5
_NOT_EVERYONE = (
    "The draft and its sources are not shown: not everyone in this channel may read the documents "
    "they rest on."
)
_NO_STEPS = (
    "What to do next is not shown: not everyone in this channel may read the documents that were "
    "found."
)
REPLIES_GO_OUT = (
    "The first reply in this thread goes to the asker, under the name of who wrote it; once "
    "somebody has claimed the case, only their reply does. To talk about the question first, begin "
    "your reply with a mention of somebody: that one stays here."
)
_CUT = "The draft is longer than this; the whole of it is in the form of Edit and send."
_MORE = {
    "reassign": "Reassign…",
    "reject": "Out of scope…",
    "snooze": "Snooze…",
    "release": "Release",
    "relabel": "Correct category or priority…",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarCase:
    """An earlier case that was answered. card: its permalink."""

    question: str
    answered_by: str
    card: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a card shows besides the case and the answer.

    asker: their name, not their id: the card pings nobody. asked_at: since when they wait.
    permalink: of the question. may_show: whether everyone in the channel may read every document
    that the answer rests on. may_show_steps: every one that was found for it, too. names: by user
    id, of owner and who answered or closed. group: the user group that is told, by the first post
    of the card alone. ticket: where the tracker has it.
    """

    asker: str
    asked_at: datetime
    permalink: str | None
    may_show: bool
    may_show_steps: bool
    names: Mapping[str, str] = field(default_factory=dict)
    similar: Sequence[SimilarCase] = ()
    group: str | None = None
    ticket: str | None = None


def card_message(trace: Mapping[str, Any], case: Case, around: Surroundings) -> Message:
    """The card of a case that is not withdrawn. trace: the answer contract's object."""
    title = _TITLE
    if not case.is_waiting:
        title = _NOBODY_NEEDED if case.answered_at is None else _HAS_ANSWER
    asked, who = neutral(trace["question"]).strip(), cut(one_line(around.asker), 80) or "somebody"
    reasons = _reasons(trace, case, may_show=around.may_show)
    above: list[Block] = [
        header(title),
        rich_text(quote(text(cut(asked, _QUESTION) or "…"))),
        rich_text(section(*_origin(trace, case, around, who))),
        *_lines("Why it is here", reasons),
    ]
    # The steps name documents too, those that were found and are not cited among them.
    may_show_steps = around.may_show and around.may_show_steps
    steps = [one_line(step) for step in trace["internal_next_steps"]] if may_show_steps else []
    draft = _draft(trace) if around.may_show else []
    evidence = _evidence(trace["citations"]) if around.may_show else []
    todo = _lines("What to do", steps, ordered=True)
    similar = _similar_cases(around.similar)
    if evidence:
        evidence += actions(passage_buttons(_sources(trace), "")[:_MOST_PASSAGES])
    middle = [draft, evidence, todo, similar]
    if not around.may_show and trace["draft_reply"].strip():
        above.append(small_print(_NOT_EVERYONE))
    elif not may_show_steps and trace["internal_next_steps"]:
        above.append(small_print(_NO_STEPS))
    state = state_line(case, around.names)
    below = [rich_text(section(text(state, bold=True), *_clock(case)))]
    if case.is_waiting:
        below.append(small_print(REPLIES_GO_OUT))
        below += actions(_buttons(trace, case, has_draft=bool(draft)))
    for spared in (similar, evidence, todo, draft):  # what can be spared best goes first
        if json_length([above, *middle, below]) > limits.MESSAGE_JSON:
            spared.clear()
    words = f"{title}. {who} asks: {cut(asked, _QUESTION)}\n{' '.join(reasons)}\n{state}"
    blocks = (*above, *(block for part in middle for block in part), *below)
    return Message(text=fallback(words), blocks=blocks)


def _chance(share: float) -> str:
    """A probability in words; none is a certainty."""
    if share >= 0.995:
        return "over 99%"
    return "under 1%" if share < 0.005 else f"{share:.0%}"


def withdrawn_card(case: Case) -> Message:
    """The card of a question that its asker deleted: nothing of it is shown any more."""
    state = state_line(case, {})
    return Message(
        text=f"{_NOBODY_NEEDED}. {state}",
        blocks=(header(_NOBODY_NEEDED), rich_text(section(text(state)))),
    )


def _reasons(trace: Mapping[str, Any], case: Case, *, may_show: bool) -> list[str]:
    reasons = [REASONS[code] for code in case.reasons if code in REASONS]
    for reason in trace["reasons"]:  # whose texts quote documents
        reasons.append(one_line(reason["text"]) if may_show else fixed_reason(reason["code"]))
    if trace["draft_reply"].strip():
        share = trace.get("confidence")
        if share is not None:
            reasons.append(f"The bot puts the chance that the draft is right at {_chance(share)}.")
    return list(dict.fromkeys(reasons))


def _buttons(trace: Mapping[str, Any], case: Case, *, has_draft: bool) -> list[Element]:
    """Claim only while nobody has it; what is done with the draft only where it can be seen."""
    buttons = []
    if case.owner is None:
        label = "Claim this case; the others see that you have it"
        buttons.append(
            button("Claim", action_id="case:claim", value=case.id, label=label, style="primary")
        )
    if has_draft:
        named = f"{case.id} {trace.get('trace_id') or ''}".strip()
        buttons += [
            button(
                "Confirm as is" if _was_read(trace) else "Send as is",
                action_id="case:approve",
                value=named,
                label="Send the draft to the asker as it is, under your name",
            ),
            button(
                "Edit and send",
                action_id="case:edit",
                value=named,
                label="Edit the draft; the asker gets your text",
            ),
        ]
    label = "Answer this question yourself; the asker gets your text"
    buttons.append(button("Answer myself", action_id="case:answer", value=case.id, label=label))
    shown = {k: v for k, v in _MORE.items() if k != "release" or case.owner is not None}
    menu = {f"{verb}:{case.id}": words for verb, words in shown.items()}
    return [*buttons, overflow("case:more", menu)]


def _clock(case: Case) -> list[Element]:
    """By when it wants somebody, and how it was passed on."""
    said: list[Element] = []
    if not case.is_waiting:
        return said
    if case.respond_by is not None and case.owner is None:
        said += [text(" Somebody should have it by "), date(case.respond_by), text(".")]
    if case.resolve_by is not None:
        said += [text(" The asker should have an answer by "), date(case.resolve_by), text(".")]
    if case.level:
        said.append(
            text(f" It was passed up {'once' if case.level == 1 else f'{case.level} times'}.")
        )
    if case.snoozed_until is not None:
        said += [text(" Nobody is reminded before "), date(case.snoozed_until), text(".")]
    return said


def _similar_cases(similar: Sequence[SimilarCase]) -> list[Block]:
    items = []
    for each in similar:
        words = cut(one_line(each.question), _SIMILAR) or "…"
        url = web_address(each.card)
        short = url is not None and limits.length(url) <= _PERMALINK
        shown = link(url, words) if url and short else text(words)
        items.append([shown, text(f" (answered by {cut(one_line(each.answered_by), 80)})")])
    if not items:
        return []
    return [rich_text(section(text("Similar earlier cases", bold=True)), listed(items))]


def _sources(trace: Mapping[str, Any]) -> Sequence[Source]:
    return sources_of(trace, trace["draft_reply"])


def _origin(trace: Mapping[str, Any], case: Case, around: Surroundings, who: str) -> list[Element]:
    """Who waits since when, what it was sorted as, and where it was asked."""
    triage = trace["triage"]
    category, priority = case.category or triage["category"], case.priority or triage["priority"]
    sorted_as = [category, priority and f"priority {priority}"]
    known = [cut(one_line(str(name)), 60) for name in sorted_as if name]
    waits = "waiting since" if case.is_waiting else "on"
    line = [text(f"Asked by {who}, {waits} "), date(around.asked_at)]
    line.append(text(f". Sorted as {', '.join(known)}. " if known else ". "))
    url = web_address(around.permalink)
    if url is not None and limits.length(url) <= _PERMALINK:
        line.append(link(url, "See it where it was asked"))
    ticket = web_address(around.ticket)
    if ticket is not None and limits.length(ticket) <= _PERMALINK:
        line += [text(" "), link(ticket, "See its ticket")]
    if around.group is not None:
        line += [text(" "), usergroup(around.group)]
    return line


_NO_LINKS = Links(())
"""Lines of the program's: an address in one is words."""


def _lines(title: str, lines: Sequence[str], *, ordered: bool = False) -> list[Block]:
    shown = [cut(line, _LINE) for line in lines if line][:_MOST_LINES]
    if not shown:
        return []
    items = listed((inline_elements(line, _NO_LINKS) for line in shown), ordered=ordered)
    return [rich_text(section(text(title, bold=True)), items)]


def _was_read(trace: Mapping[str, Any]) -> bool:
    return trace["draft_reply"] in trace["reply"]


def _draft(trace: Mapping[str, Any]) -> list[Block]:
    pages = pages_of(read_markdown(trace["draft_reply"]), Links(), most=_DRAFT_JSON, most_blocks=12)
    if not pages:
        return []
    words = "What the asker has read" if _was_read(trace) else "Draft, not sent"
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
        source = source_of(cited)
        place = [section(*source_line(source), *source.trusted)]
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
