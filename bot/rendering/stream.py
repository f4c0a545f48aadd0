"""What is shown while an answer is made: Markdown, since a stream takes nothing else."""

from __future__ import annotations

from collections.abc import Collection

from bot.rendering.neutral import neutral, web_address
from engine.containment import contain, urls_in
from engine.trace import Citation


def stream_text(text: str, citations: Collection[Citation]) -> str:
    """A checked sentence as it may be appended, its blanks and line breaks kept.

    citations: all of the answer so far, whose addresses may stand in it.
    """
    allowed = {url for c in citations if (url := web_address(c.url))}
    for citation in citations:
        allowed |= urls_in(citation.snippet)
    shown = neutral(contain(text, allowed))
    # What the next piece begins with must not make a token of this one's end.
    return f"{shown} " if shown.endswith("<") else shown
