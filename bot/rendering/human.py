"""A person's answer as the asker reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.rendering.answer import footed, links_of
from bot.rendering.elements import actions, feedback, rich_text, section, small_print, text
from bot.rendering.inline import Links
from bot.rendering.limits import cut
from bot.rendering.message import Message
from bot.rendering.neutral import one_line
from bot.rendering.pages import pages_of
from bot.rendering.reading import read_markdown
from bot.rendering.sources import passage_buttons, source_blocks, source_words, sources_of
from engine.storage.case import How

_NAME = 80
_DID_THIS_HELP = "Did this help?"


def human_answer(
    words: str,
    *,
    reviewer: str,
    question_id: str,
    how: How = How.ANSWERED,
    trace: Mapping[str, Any] | None = None,
) -> tuple[Message, ...]:
    """The messages, under the name of who answered; none for a blank text.

    reviewer: their name. trace: of the draft, whose sources stand below the answer as far as their
    marks are still in it. Web addresses are live in what a person wrote; in a draft sent as it was,
    only those of its sources. Mentions are not.
    """
    name = cut(one_line(reviewer), _NAME) or "A person"
    heading = f"{name} answered:"
    if how is How.APPROVED:
        heading = f"{name} checked and sent this answer:"
    links = Links(all_web=True)
    if how is How.APPROVED and trace is not None:
        links = links_of(trace)
    pages = pages_of(read_markdown(words), links)
    if not pages:
        return ()
    sources = sources_of(trace, words) if trace is not None else ()
    footer = [
        *source_blocks(sources),
        *actions(passage_buttons(sources, question_id)),
        small_print(_DID_THIS_HELP),
        feedback(question_id),
    ]
    return footed(
        pages,
        beginning=[rich_text(section(text(heading, bold=True)))],
        footer=footer,
        first_words=heading,
        last_words="\n".join(source_words(sources)),
    )
