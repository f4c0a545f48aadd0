"""Passages that go on where a hit was cut: the rest of its steps, rows or code."""

from __future__ import annotations

from collections.abc import Sequence

from engine.knowledge.document import SentenceKind
from engine.retrieval.hit import Hit

_CUTTABLE = frozenset({SentenceKind.STEP, SentenceKind.BULLET, SentenceKind.ROW, SentenceKind.CODE})
_ANCHORS = 3


def cut_places(hits: Sequence[Hit]) -> list[tuple[Hit, int]]:
    """The best hits that begin or end within a list, a table or code, and the ordinal at which it
    goes on in the same document."""
    places = []
    for hit in hits[:_ANCHORS]:
        sentences = hit.passage.passage.sentences
        ordinal = hit.passage.passage.ordinal
        if sentences and sentences[-1].kind in _CUTTABLE:
            places.append((hit, ordinal + 1))
        if ordinal > 0 and any(s.kind in _CUTTABLE for s in sentences[:2]):
            places.append((hit, ordinal - 1))
    held = {(h.passage.document_id, h.passage.passage.ordinal) for h in hits}
    return [(hit, o) for hit, o in places if (hit.passage.document_id, o) not in held]


def goes_on(hit: Hit, other: Hit) -> bool:
    """True when the neighbour holds more of the very list, table or code block."""
    first, second = sorted((hit, other), key=lambda h: h.passage.passage.ordinal)
    ends, begins = first.passage.passage.sentences, second.passage.passage.sentences
    if not ends or not begins:
        return False
    group = ends[-1].group
    return ends[-1].kind in _CUTTABLE and any(s.group == group for s in begins)
