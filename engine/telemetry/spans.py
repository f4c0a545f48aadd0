"""What happens to one question, as spans of one trace from its arrival to its posted answer.

As with counts: whoever makes a span knows nothing of who takes it, and without a taker it costs a
look at an empty list. A span holds names, ids and numbers, never what people wrote. The ids of a
question's trace come from the question's own, so that attempts in several processes are one trace.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

Value = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a span stands: 128 bits of its trace, 64 of its own."""

    trace_id: int
    span_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One that is over. above: id of the span that it is part of; None for the question as a
    whole. times: nanoseconds since 1970. error: kind of what went wrong; empty where nothing did.
    """

    name: str
    place: Place
    above: int | None
    begun_ns: int
    ended_ns: int
    attributes: Mapping[str, Value] = field(default_factory=dict)
    error: str = ""


class Spans(Protocol):
    """Takes spans; does not block, wait or raise."""

    def ended(self, span: Span) -> None:
        """One is over."""


_takers: list[Spans] = []
_here: ContextVar[Place | None] = ContextVar("deskhand_span", default=None)


@contextmanager
def traced(spans: Spans) -> Iterator[None]:
    """Spans that end inside go there, from anywhere in this process."""
    _takers.append(spans)
    try:
        yield
    finally:
        _takers.remove(spans)


def trace_of(question_id: str) -> str:
    """The id of a question's trace: 32 hexadecimal digits."""
    return f"{_place_of(question_id).trace_id:032x}"


@contextmanager
def attempt(question_id: str, **attributes: Value) -> Iterator[None]:
    """What happens inside belongs to the trace of this question."""
    above = _here.get()
    _here.set(_place_of(question_id))
    try:
        with span("attempt", **attributes):
            yield
    finally:
        _here.set(above)


def question_is_over(question_id: str, begun_at_s: float, **attributes: Value) -> None:
    """The question as a whole, since its arrival (seconds since 1970)."""
    _end(
        Span(
            name="question",
            place=_place_of(question_id),
            above=None,
            begun_ns=round(begun_at_s * 1e9),
            ended_ns=time.time_ns(),
            attributes=attributes,
        )
    )


@contextmanager
def span(name: str, **attributes: Value) -> Iterator[None]:
    """A part of what happens; of no trace outside a question."""
    open_one = begin(name)
    error = ""
    try:
        yield
    except BaseException as raised:
        error = type(raised).__name__
        raise
    finally:
        if open_one is not None:
            open_one.end(error=error, **attributes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """Something that began here, and may end elsewhere. above: None where it is of no trace."""

    above: Place | None = field(default_factory=_here.get)
    begun_ns: int = field(default_factory=time.time_ns)

    def end(self, name: str, *, error: str = "", **attributes: Value) -> None:
        """It is over, and was this."""
        if self.above is None:
            return
        _end(
            Span(
                name=name,
                place=_below(self.above),
                above=self.above.span_id,
                begun_ns=self.begun_ns,
                ended_ns=time.time_ns(),
                attributes=attributes,
                error=error,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSpan:
    """A part that goes on; what happens meanwhile is part of it."""

    name: str
    place: Place
    above: Place
    begun_ns: int

    def end(self, *, error: str = "", **attributes: Value) -> None:
        """It is over."""
        _here.set(self.above)
        _end(
            Span(
                name=self.name,
                place=self.place,
                above=self.above.span_id,
                begun_ns=self.begun_ns,
                ended_ns=time.time_ns(),
                attributes=attributes,
                error=error,
            )
        )


def begin(name: str) -> OpenSpan | None:
    """A part that `end` is owed for; None where nobody takes it."""
    above = _here.get()
    if above is None or not _takers:
        return None
    made = OpenSpan(name=name, place=_below(above), above=above, begun_ns=time.time_ns())
    _here.set(made.place)
    return made


def _end(span: Span) -> None:
    for each in _takers:
        each.ended(span)


def _below(above: Place) -> Place:
    return Place(trace_id=above.trace_id, span_id=secrets.randbits(64) or 1)


def _place_of(question_id: str) -> Place:
    digest = hashlib.sha256(question_id.encode()).digest()
    return Place(
        trace_id=int.from_bytes(digest[:16]) or 1, span_id=int.from_bytes(digest[16:24]) or 1
    )
