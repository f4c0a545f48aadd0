"""What the owner of a document should know of it, though it was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.generation.planted_orders import is_planted, may_be_planted
from engine.knowledge.document import Hidden, Passage
from engine.knowledge.names import spoken_name


class Concern(StrEnum):
    """Why something of a document is not said."""

    ORDERS = "orders"
    """Passages that order an assistant about or bait their readers."""
    HIDDEN = "hidden"
    """Text that its readers do not see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A document that is searched, and in one sentence what of it is not said.

    uri, name: its own. count: passages with orders, or hidden parts.
    """

    uri: str
    name: str
    kind: Concern
    count: int
    reason: str


def warnings_of(
    uri: str, name: str, passages: Sequence[Passage], hidden: Iterable[Hidden]
) -> list[Warned]:
    """The warnings about a document; none repeats a word of it. Takes CPU time: call it in a
    thread.
    """
    found = (_planted_in(uri, name, passages), _hidden_in(uri, name, hidden))
    return [each for each in found if each is not None]


def render_warning(warned: Warned) -> dict[str, object]:
    """A warning as it is stored with its document."""
    return {"kind": warned.kind.value, "count": warned.count, "reason": warned.reason}


def parse_warnings(
    uri: str, name: str, stored: Iterable[Mapping[str, object]]
) -> tuple[Warned, ...]:
    """The warnings that were stored with a document."""
    return tuple(
        Warned(
            uri=uri,
            name=name,
            kind=Concern(str(each["kind"])),
            count=int(str(each["count"])),
            reason=str(each["reason"]),
        )
        for each in stored
    )


def without_planted(passages: Sequence[Passage]) -> list[Passage]:
    """The passages without orders or bait, numbered anew."""
    kept = (passage for passage in passages if not _is_planted(passage))
    return [replace(passage, ordinal=number) for number, passage in enumerate(kept)]


def _is_planted(passage: Passage) -> bool:
    return may_be_planted(passage.text) and any(
        is_planted(passage.text[s.start : s.end]) for s in passage.sentences
    )


def _planted_in(uri: str, name: str, passages: Sequence[Passage]) -> Warned | None:
    count = sum(map(_is_planted, passages))
    if not count:
        return None
    many = f"{count} passages with orders" if count > 1 else "a passage with orders"
    reason = (
        f"{spoken_name(name)} has {many} to an assistant or bait for its readers, which no answer "
        "quotes; look at it and remove them if nobody of you wrote them"
    )
    return Warned(uri=uri, name=name, kind=Concern.ORDERS, count=count, reason=reason)


def _hidden_in(uri: str, name: str, hidden: Iterable[Hidden]) -> Warned | None:
    told = [each for each in hidden if each.is_told]
    if not told:
        return None
    ways = ", ".join(f"{each.hiding} ({each.parts:,})" for each in told)
    orders = sum(each.orders for each in told)
    what = f", {orders:,} of them with orders to an assistant or bait" if orders else ""
    reason = (
        f"{spoken_name(name)} holds text that its readers do not see, which was left out: "
        f"{ways}{what}; look at it, and show what people should know"
    )
    count = sum(each.parts for each in told)
    return Warned(uri=uri, name=name, kind=Concern.HIDDEN, count=count, reason=reason)
