"""What the owner of a document should know of it, though it was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.generation.planted_orders import is_planted, may_be_planted
from engine.knowledge.document import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A document that is searched, and in one sentence what of it is not said. name: its own."""

    name: str
    reason: str


def planted_in(name: str, passages: Sequence[Passage]) -> Warned | None:
    """A warning where passages hold orders to a machine or bait, which no answer quotes; it never
    repeats them. Takes CPU time: call it in a thread.
    """
    count = 0
    for passage in passages:
        if may_be_planted(passage.text):
            count += any(is_planted(passage.text[s.start : s.end]) for s in passage.sentences)
    if not count:
        return None
    many = f"{count} passages with orders" if count > 1 else "a passage with orders"
    reason = (
        f"{name} has {many} to an assistant or bait for its readers, which no answer quotes; "
        "look at it and remove them if nobody of you wrote them"
    )
    return Warned(name=name, reason=reason)
