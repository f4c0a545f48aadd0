"""A person's answer as the asker reads it."""

from __future__ import annotations

from bot.rendering.answer import fallback
from bot.rendering.elements import rich_text, section, text
from bot.rendering.inline import Links
from bot.rendering.limits import cut
from bot.rendering.message import Message
from bot.rendering.neutral import one_line
from bot.rendering.pages import pages_of
from bot.rendering.reading import read_markdown

_NAME = 80


def human_answer(words: str, *, reviewer: str) -> tuple[Message, ...]:
    """The messages, under the name of who answered; none for a blank text.

    reviewer: their name. Web addresses are live, as in anything a person writes; mentions are not.
    """
    heading = f"{cut(one_line(reviewer), _NAME) or 'A person'} answered:"
    pages = pages_of(read_markdown(words), Links(all_web=True))
    above = rich_text(section(text(heading, bold=True)))
    return tuple(
        Message(
            text=fallback(page.words if number else f"{heading}\n{page.words}"),
            blocks=page.blocks if number else (above, *page.blocks),
        )
        for number, page in enumerate(pages)
    )
