"""An answer as its asker reads it: the reply, its sources, and what can be done next.

Actions: `passage:N` (value: the trace's id), `choice:I` (value: the choice), `human`, `solved` and
`feedback` (values hold the question's id).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.rendering import limits
from bot.rendering.elements import actions, button, feedback, rich_text, section, small_print, text
from bot.rendering.inline import Links
from bot.rendering.limits import cut, json_length
from bot.rendering.message import Block, Message
from bot.rendering.neutral import escape, neutral, one_line, web_address
from bot.rendering.notices import Person, apology, solved_button
from bot.rendering.pages import Page, pages_of
from bot.rendering.reading import read_markdown
from bot.rendering.sources import passage_buttons, source_blocks, source_words, sources_of
from engine.containment import urls_in, urls_in_code, urls_outside_code
from engine.trace import Outcome, ReasonCode

_SURE, _DOUBTFUL = 0.75, 0.5
_FAIRLY_SURE = "I am fairly sure of this, but not certain. Please check the sources."
_NOT_SURE = "I am not sure that this answers your question. Please check the sources first."
_SAID = {
    ReasonCode.QUESTION_CUT: (
        "Your question was too long, so I did not read its end; ask again in fewer words."
    ),
    ReasonCode.REFUSED_ATTACK: "I left out the part that tells me how to behave.",
    ReasonCode.UNSUPPORTED: "I left out what I could not find in the documents.",
    ReasonCode.MODEL_DOWN: (
        "The model that writes my answers was not available throughout, so this may be rougher or "
        "shorter than usual."
    ),
    ReasonCode.OVER_BUDGET: (
        "The budget for models is used up for now, so I quote the documents in their own words."
    ),
}
_CHOOSE = "Press one, or reply in your own words."
_CHOICE = re.compile(r"^(\d{1,2})\. (\S.*)$", re.MULTILINE)
_MOST_CHOICES = 10
_NOTE = 300


def answer_messages(
    trace: Mapping[str, Any],
    *,
    question_id: str,
    person: Person,
    note: str = "",
    expectation: str = "",
) -> tuple[Message, ...]:
    """The messages of one answer, in order; at least one.

    trace: the answer contract's object. person: whether somebody else answers. note: a line to
    begin with, such as an apology for the wait. expectation: how long the person will take.
    """
    reply = trace["reply"]
    if not reply.strip():
        return (apology(question_id, person),)
    pages = pages_of(read_markdown(reply), links_of(trace)) or [
        Page(blocks=(), words=one_line(reply))
    ]
    footer = answer_footer(trace, question_id=question_id, person=person, expectation=expectation)
    sources = sources_of(trace, reply)
    remarks = [_next(Outcome(trace["outcome"]), person, expectation), *_remarks(trace)]
    note = cut(one_line(note), _NOTE)
    beginning = [small_print(note)] if note else []
    return footed(
        pages,
        beginning=beginning,
        footer=footer,
        first_words=note,
        last_words="\n".join(filter(None, [*remarks, *source_words(sources)])),
    )


def answer_footer(
    trace: Mapping[str, Any], *, question_id: str, person: Person, expectation: str = ""
) -> tuple[Block, ...]:
    """What stands below the reply: remarks, sources and buttons; the end of a stream too."""
    outcome = Outcome(trace["outcome"])
    sources = sources_of(trace, trace["reply"])
    remarks = _remarks(trace)
    following = _next(outcome, person, expectation)
    blocks = [rich_text(section(text(following)))] if following else []
    if remarks:
        blocks.append(small_print(*remarks))
    blocks += source_blocks(sources)
    buttons = passage_buttons(sources, trace["trace_id"])
    if outcome is Outcome.CLARIFIED:
        choices = choices_of(trace["reply"])
        buttons += [_choice_button(at, choice) for at, choice in enumerate(choices)]
    if person is Person.CAN_BE_ASKED:
        label = "Get a human to answer this question"
        buttons.append(button("Get a human", action_id="human", value=question_id, label=label))
    elif person is Person.HAS_IT:
        buttons.append(solved_button(question_id))
    blocks += actions(buttons)
    if outcome is Outcome.ANSWERED:
        blocks.append(feedback(question_id))
    return tuple(blocks)


def choices_of(reply: str) -> tuple[str, ...]:
    """What a question back lets its reader choose from: the numbered list at its end."""
    found: list[str] = []
    for number, choice in _CHOICE.findall(neutral(reply)):
        if int(number) == len(found) + 1:
            found.append(choice.strip())
        elif number == "1":
            found = [choice.strip()]
    return tuple(found[:_MOST_CHOICES])


def _choice_button(at: int, choice: str) -> dict[str, Any]:
    # The number keeps a choice from looking like one of the bot's own buttons.
    return button(f"{at + 1}. {choice}", action_id=f"choice:{at}", value=one_line(choice))


def links_of(trace: Mapping[str, Any]) -> Links:
    """Addresses of cited documents, and those written in the cited spans that the engine left as
    links; what it set as code is words, also where a table cannot show code."""
    allowed = {url for c in trace["citations"] if (url := web_address(c["url"]))}
    said = f"{trace['reply']}\n\n{trace['draft_reply']}"
    left = urls_outside_code(said) - urls_in_code(said)
    for citation in trace["citations"]:
        allowed |= urls_in(citation["snippet"]) & left
    return Links(allowed)


def _remarks(trace: Mapping[str, Any]) -> list[str]:
    """What the asker should know besides the reply, most important first."""
    outcome = Outcome(trace["outcome"])
    codes = {reason["code"] for reason in trace["reasons"]}
    remarks: list[str] = []
    if outcome is Outcome.CLARIFIED:
        remarks.append(_CHOOSE)
    elif outcome is Outcome.ANSWERED:
        if trace["confidence"] < _SURE:
            remarks.append(_FAIRLY_SURE if trace["confidence"] >= _DOUBTFUL else _NOT_SURE)
        remarks += [said for code, said in _SAID.items() if code in codes]
    if ReasonCode.QUESTION_CUT in codes and outcome is not Outcome.ANSWERED:
        remarks.append(_SAID[ReasonCode.QUESTION_CUT])
    return remarks


def _next(outcome: Outcome, person: Person, expectation: str) -> str:
    """Who answers next; empty where the reply is the end of it."""
    if person is Person.HAS_IT:
        return f"{person.sentence} {expectation}".rstrip()
    return person.sentence if outcome in (Outcome.ESCALATED, Outcome.FAILED) else ""


def footed(
    pages: Sequence[Page],
    *,
    beginning: Sequence[Block],
    footer: Sequence[Block],
    first_words: str,
    last_words: str,
) -> tuple[Message, ...]:
    """The pages as messages; the footer on the last one, or on its own where it has no room."""
    shown = [list(page.blocks) for page in pages]
    words = [page.words for page in pages]
    shown[0][:0] = beginning
    words[0] = f"{first_words}\n{words[0]}".strip()
    for block in footer:
        full = json_length([*shown[-1], block]) > limits.MESSAGE_JSON
        if shown[-1] and (full or len(shown[-1]) >= limits.MESSAGE_BLOCKS):
            shown.append([])
            words.append("")
        shown[-1].append(block)
    words[-1] = f"{words[-1]}\n{last_words}".strip()
    texts = _fallbacks(words)
    return tuple(
        Message(text=told, blocks=tuple(blocks)) for told, blocks in zip(texts, shown, strict=True)
    )


def _fallbacks(words: Sequence[str]) -> Iterable[str]:
    """Plain words of each message, escaped and short enough."""
    for number, shown in enumerate(words, start=1):
        part = f"({number} of {len(words)}) " if len(words) > 1 else ""
        yield fallback(part + (shown or "More about the answer above."))


def fallback(words: str) -> str:
    """A message's `text`: escaped, within its limit."""
    most = limits.FALLBACK
    shown = escape(cut(words, most))
    while limits.length(shown) > limits.FALLBACK:
        most -= limits.length(shown) - limits.FALLBACK
        shown = escape(cut(words, max(most, 1)))
    return shown
