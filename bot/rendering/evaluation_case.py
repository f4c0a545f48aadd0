"""The modal that shows one case of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.rendering import limits
from bot.rendering.elements import listed, plain, quote, rich_text, section, text
from bot.rendering.limits import cut
from bot.rendering.message import Block
from bot.rendering.neutral import neutral, one_line

WAITING = "One moment: the case is being looked up."
NOT_ADMIN = "Only admins of this workspace can open a case."
NOT_READABLE = "You may not read what this case is about, so only its scores are shown."
NOT_THERE = "This run, or this case of it, is not kept any more."
CHANGED = "The case was changed or removed since the run, so only its scores are shown."
ANSWER_HIDDEN = (
    "The answer is not shown: it is not kept any more, or rests on documents that changed or that "
    "you may not read."
)
_TITLE = "Case"
_MOST_LINES = 30


def sentence_modal(sentence: str) -> dict[str, Any]:
    """A modal with one sentence."""
    return _modal([_paragraph(sentence)])


def case_modal(
    result: Mapping[str, Any],
    *,
    gold: Mapping[str, str] | None,
    answer: Mapping[str, Any] | None,
    why_less: str = "",
) -> dict[str, Any]:
    """One case of a run.

    result: its row of the run's record. gold: what the case says, by label; None where the reader
    may not know it. answer: the answer contract's JSON; None where it may not be shown. why_less:
    a sentence that says why something is missing.
    """
    blocks: list[Block] = [_label(f"{result['case_id']} ({result['outcome']})")]
    if why_less:
        blocks.append(_paragraph(why_less))
    if gold is not None:
        for label, value in gold.items():
            if value.strip():
                blocks += [_label(label), _quoted(value)]
    if answer is not None:
        reply = str(answer.get("draft_reply") or answer.get("reply") or "")
        if reply.strip():
            blocks += [_label("The answer"), _quoted(reply)]
        cited = [str(c.get("title") or c.get("document_name")) for c in answer.get("citations", ())]
        blocks += _list("It cites", list(dict.fromkeys(cited)))
        blocks += _list("What is wrong with it", list(result.get("problems", ())))
    scores = [f"{name.replace('_', ' ')}: {value:.3f}" for name, value in result["columns"].items()]
    blocks += _list("Scores", scores)
    return _modal(blocks)


def _list(label: str, lines: Sequence[str]) -> list[Block]:
    if not lines:
        return []
    shown = [[text(cut(one_line(line), limits.FALLBACK // 10))] for line in lines[:_MOST_LINES]]
    return [_label(label), rich_text(listed(shown))]


def _label(words: str) -> Block:
    return rich_text(section(text(cut(one_line(words), limits.HEADER), bold=True)))


def _paragraph(words: str) -> Block:
    return rich_text(section(text(words)))


def _quoted(words: str) -> Block:
    return rich_text(quote(text(cut(neutral(words).strip(), limits.PLAIN_TEXT))))


def _modal(blocks: list[Block]) -> dict[str, Any]:
    return {
        "type": "modal",
        "title": plain(_TITLE, limits.MODAL_TITLE),
        "close": plain("Close", limits.MODAL_TITLE),
        "blocks": blocks,
    }
