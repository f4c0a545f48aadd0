"""Is a sentence of a draft supported by the spans it cites?

A sentence that quotes is checked as a quotation, which costs nothing: its words stand in its spans
in their order and leave out no negation between them. A model's sentences are the verifier's, see
`engine.drafting`. The spans stand in passages that may be read. That nothing acts on its
reader is `engine.containment`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.audience import Audience
from engine.generation.draft import Draft, DraftSentence, Span
from engine.generation.span_text import cells_of, row_text
from engine.retrieval.lexical import words
from engine.verification.rows import quotes_row, read_row

LEAST_SUPPORT = 0.98
_NEGATIONS = frozenset("not no never none nor neither cannot without unless except t".split())
"""Words that turn a sentence around when they are left out; `t` is what is left of `n't`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A draft's sentences after the check; support is in [0, 1] for each kept one.

    judged: every sentence with its support and whether it was kept, in order.
    """

    draft: Draft
    support: tuple[float, ...]
    dropped: int
    judged: tuple[tuple[DraftSentence, float, bool], ...]


def check(draft: Draft, audience: Audience) -> Checked:
    """Keeps the sentences that quote their spans and that the audience may read."""
    judged: list[tuple[DraftSentence, float, bool]] = []
    for sentence in draft.sentences:
        readable = all(audience.may_read(span.passage.audience) for span in sentence.spans)
        value = quoted_share(sentence) if readable else 0.0
        judged.append((sentence, value, value >= LEAST_SUPPORT))
    kept = [(sentence, value) for sentence, value, passed in judged if passed]
    return Checked(
        draft=Draft(sentences=tuple(sentence for sentence, _ in kept)),
        support=tuple(value for _, value in kept),
        dropped=len(judged) - len(kept),
        judged=tuple(judged),
    )


def evidence_of(sentence: DraftSentence) -> list[str]:
    """What the checker reads for a sentence: its spans in their order, rows with their columns."""
    return [_evidence(span) for span in sorted(sentence.spans, key=_reading_order)]


def _evidence(span: Span) -> str:
    header = span.sentence.header
    if not header:
        return span.text
    if cells_of(span.sentence, span.text) is None:
        return f"{header}: {span.text}"
    return row_text(span.sentence, span.text)


def quoted_share(sentence: DraftSentence) -> float:
    """Share in [0, 1] of the sentence's words that stand in its spans in the same order.

    0 when the words leave out a negation that stands between two of them in one span, and for a
    row with a cell that its one span has not, or has in another column.
    """
    claim = words(sentence.text)
    if not claim:
        return 0.0
    source: list[str] = []
    owner: list[int] = []
    for number, span in enumerate(sorted(sentence.spans, key=_reading_order)):
        added = words(f"{span.sentence.header} {span.text} {span.sentence.header}")
        source += added
        owner += [number] * len(added)
    if sentence.layout == "row":
        if len(sentence.spans) == 1 and not _keeps_cells(sentence.text, sentence.spans[0]):
            return 0.0
        available = set(source)
        return sum(word in available for word in claim) / len(claim)
    if f" {' '.join(claim)} " in f" {' '.join(source)} ":
        return 1.0
    found, position = 0, 0
    for word in claim:
        try:
            place = source.index(word, position)
        except ValueError:
            continue
        if found and owner[place] == owner[position - 1]:
            left_out = source[position:place]
            if not _NEGATIONS.isdisjoint(left_out):
                return 0.0
        found, position = found + 1, place + 1
    return found / len(claim)


def _keeps_cells(row: str, span: Span) -> bool:
    """Whether a row's values stand in their columns; True where the span's have no names."""
    cells = cells_of(span.sentence, span.text)
    if not span.sentence.header or cells is None or not all(name for name, _ in cells[1:]):
        return True
    return not read_row(row) or quotes_row(row, row_text(span.sentence, span.text))


def _reading_order(span: Span) -> tuple[str, int, int]:
    return span.passage.document_id, span.passage.passage.ordinal, span.sentence.start
