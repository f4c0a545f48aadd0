"""The spans chosen for an answer so far, and their reading order."""

from __future__ import annotations

from engine.generation.quotation import Pick
from engine.generation.span_reading import SpanReading

_ALIKE = 0.6  # Jaccard of terms from which two sentences say the same
_CONTAINED = 0.85  # share of a sentence's terms that another one has


class Selection:
    """What was picked; nothing is in it twice."""

    def __init__(self) -> None:
        self.picks: list[Pick] = []
        self._taken: set[tuple[str, int]] = set()

    def __len__(self) -> int:
        return len(self.picks)

    def put(self, span: SpanReading, layout: str, relevance: float) -> None:
        """Adds a span unless it, or the same text where passages overlap, is in already."""
        if not self.holds(span) and not self._has_text(span):
            self._taken.add((span.passage.id, span.index))
            self.picks.append(Pick(span=span, layout=layout, relevance=relevance))

    def holds(self, span: SpanReading) -> bool:
        """Whether this very span was picked."""
        return (span.passage.id, span.index) in self._taken

    def says(self, span: SpanReading) -> bool:
        """Whether the span, or one that says the same, was picked."""
        return self.holds(span) or any(_alike(span, pick.span) for pick in self.picks)

    def ordered(self) -> list[Pick]:
        """Documents in the order chosen, within one in reading order."""
        order: dict[str, int] = {}
        for pick in self.picks:
            order.setdefault(pick.span.passage.document_id, len(order))
        return sorted(
            self.picks,
            key=lambda pick: (
                order[pick.span.passage.document_id],
                pick.span.passage.passage.ordinal,
                pick.span.index,
            ),
        )

    def _has_text(self, span: SpanReading) -> bool:
        return any(
            pick.span.text == span.text
            and pick.span.passage.document_id == span.passage.document_id
            and pick.span.passage.id != span.passage.id
            for pick in self.picks
        )


def _alike(one: SpanReading, other: SpanReading) -> bool:
    common = len(one.terms & other.terms)
    union = len(one.terms | other.terms)
    return union > 0 and (common / union >= _ALIKE or common >= _CONTAINED * len(one.terms))
