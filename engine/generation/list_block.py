"""A whole list or procedure, put together from the passages it runs over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from engine.generation.span_reading import PassageReading, SpanReading
from engine.knowledge.document import SentenceKind

_LISTED = (SentenceKind.STEP, SentenceKind.BULLET)
_STOPS = (".", "!", "?", ":", ";", ")", "”", '"')
_CONTINUED = 2  # sentences that a last item may have more than any other
_INSERTS = (SentenceKind.CODE, SentenceKind.ROW)


def whole_list(readings: Sequence[PassageReading], member: SpanReading) -> list[SpanReading]:
    """All spans of the list that `member` stands in, in document order, with the code, tables and
    notes between its items; continued in neighbouring passages of the document where those are
    among the readings. Without its introduction and without spans that are never quoted."""
    runs: dict[int, list[SpanReading]] = {}
    for reading in readings:
        if reading.hit.passage.document_id != member.passage.document_id:
            continue
        run = _run_of(reading.spans, member.sentence.group)
        if run:
            runs[reading.hit.passage.passage.ordinal] = run
    joined = _adjacent(runs, member.passage.passage.ordinal)
    out: list[SpanReading] = []
    for run in joined:
        known = {(span.text, span.item is None) for span in out}
        for span in run:
            # A passage may repeat the end of the one before; within a passage nothing repeats.
            if (span.text, span.item is None) in known or span.unfit:
                continue
            out.append(span)
    return _without_glue(out)


def _without_glue(spans: list[SpanReading]) -> list[SpanReading]:
    """Drops the paragraph that a PDF's text runs into the last item of a list."""
    starts = [place for place, span in enumerate(spans) if span.item is not None]
    if len(starts) < 2:
        return spans
    last = starts[-1]
    others = max(later - start for start, later in pairwise(starts))
    for place in range(last + 1, len(spans)):
        if spans[place].kind not in _LISTED:
            break
        before = spans[place - 1].text.rstrip()
        if others == 1 and (not before.endswith(_STOPS) or place - last > _CONTINUED):
            return spans[:place]
    return spans


def _run_of(spans: Sequence[SpanReading], group: int) -> list[SpanReading]:
    own = [span.index for span in spans if span.sentence.group == group and span.kind in _LISTED]
    if not own:
        return []
    end = own[-1] + 1
    if spans[own[-1]].text.rstrip().endswith(":"):
        while end < len(spans) and spans[end].kind in _INSERTS:
            end += 1
    return [span for span in spans[own[0] : end] if span.kind is not SentenceKind.HEADING]


def _adjacent(runs: dict[int, list[SpanReading]], middle: int) -> Iterator[list[SpanReading]]:
    """The runs of the passages that follow one another around the one at `middle`."""
    first = last = middle
    while first - 1 in runs:
        first -= 1
    while last + 1 in runs:
        last += 1
    for ordinal in range(first, last + 1):
        yield runs[ordinal]


def item_of(spans: Sequence[SpanReading], member: SpanReading) -> list[SpanReading]:
    """The spans of the item that `member` belongs to, without the items nested below it."""
    first = member.index
    while first > 0 and spans[first].item is None and _same_list(spans[first - 1], member):
        first -= 1
    last = first + 1
    while last < len(spans) and spans[last].item is None and _same_list(spans[last], member):
        last += 1
    return list(spans[first:last])


def nested_below(spans: Sequence[SpanReading], item: Sequence[SpanReading]) -> list[SpanReading]:
    """What stands indented below an item: its sub-items, or the code or rows it leads into."""
    opening = item[0].item
    depth = opening[0] if opening else 0
    out: list[SpanReading] = []
    for span in spans[item[-1].index + 1 :]:
        inserted = span.kind in _INSERTS and (bool(out) or item[-1].text.rstrip().endswith(":"))
        deeper = _same_list(span, item[0]) and (span.item is None or span.item[0] > depth)
        if not (inserted or deeper):
            break
        out.append(span)
    return [span for span in out if not span.unfit]


def parent_of(spans: Sequence[SpanReading], item: Sequence[SpanReading]) -> list[SpanReading]:
    """The item above a nested one; empty where there is none."""
    opening = item[0].item
    if opening is None:
        return []
    for span in reversed(spans[: item[0].index]):
        if not _same_list(span, item[0]):
            return []
        if span.item is not None and span.item[0] < opening[0]:
            return item_of(spans, span)
    return []


def _same_list(span: SpanReading, other: SpanReading) -> bool:
    return span.kind in _LISTED and span.sentence.group == other.sentence.group
