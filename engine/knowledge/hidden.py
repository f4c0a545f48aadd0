"""Text that a document hides from its readers and would show to a program: found, left out, told.

What is hidden is never repeated to anybody, in a report least of all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from engine.generation.planted_orders import is_planted
from engine.knowledge.document import Hidden, Hiding, Page
from engine.readable import readable

_TAGS = re.compile("[\U000e0020-\U000e007f]{4,}")
_BYTES = re.compile("[\U000e0100-\U000e01ef]{4,}")
_BLANKS = re.compile("[\u200b-\u200d\u2060-\u2064\ufeff]{16,}")
"""Half a word in ones and noughts; Persian and Khmer write one between letters, not sixteen."""
_FLAG = "\U0001f3f4"


def hidden_parts(hiding: Hiding, texts: Iterable[str]) -> tuple[Hidden, ...]:
    """The record of hidden texts; empty where none of them says anything."""
    said = [text for text in texts if sum(c.isalnum() for c in text) > 2]
    if not said:
        return ()
    orders = sum(is_planted(" ".join(text.split())) for text in said)
    return (Hidden(hiding=hiding, parts=len(said), orders=orders),)


def summed(hidden: Iterable[Hidden]) -> tuple[Hidden, ...]:
    """One record for each way of hiding."""
    found: dict[Hiding, Hidden] = {}
    for each in hidden:
        before = found.get(each.hiding)
        found[each.hiding] = (
            replace(each, parts=each.parts + before.parts, orders=each.orders + before.orders)
            if before
            else each
        )
    return tuple(found.values())


def without_unseen(page: Page) -> tuple[Page, tuple[Hidden, ...]]:
    """The page without characters that show nothing, and the messages that they spelt."""
    if page.markdown.isascii():
        return page, ()
    shown = readable(page.markdown)
    if shown == page.markdown:
        return page, ()
    elements = tuple(
        replace(each, offset=len(readable(page.markdown[: each.offset]))) for each in page.elements
    )
    hidden = hidden_parts(Hiding.UNSEEN, _messages(page.markdown))
    return replace(page, markdown=shown, elements=elements), hidden


def _messages(text: str) -> list[str]:
    found = [
        "".join(chr(ord(c) - 0xE0000) for c in run[0].rstrip("\U000e007f"))
        for run in _TAGS.finditer(text)
        if text[run.start() - 1 : run.start()] != _FLAG
    ]
    found += [
        bytes(ord(c) - 0xE0100 + 16 for c in run[0]).decode("utf-8", "replace")
        for run in _BYTES.finditer(text)
    ]
    found += ["message" for _ in _BLANKS.finditer(text)]  # in a code that is anybody's own
    return found
