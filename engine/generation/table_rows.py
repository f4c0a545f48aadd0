"""Which rows of a table answer a question, and which of their columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from engine.generation.question_form import AnswerKind, QuestionForm
from engine.generation.span_reading import PassageReading, SpanReading
from engine.generation.span_text import cells_of
from engine.generation.word_terms import term_set
from engine.knowledge.document import SentenceKind

_MOST_ROWS = 3
_ALL_ROWS = 15
_SHORT_TABLE = 6
_EQUAL = 0.01
_WIDE = 6  # columns; a wider table's rows are shown with the columns that the question is about
_AS_GOOD = 0.97
_ONE_ROW = 0.4  # share of the question's weight in a row from which that row is meant


def matching_rows(
    reading: PassageReading, best: SpanReading, form: QuestionForm
) -> list[SpanReading]:
    """The row that matches best and those that match as well, in the table's order; every row of
    the passage's table where the question asks for all of it."""
    rows = [
        span
        for span in reading.spans
        if span.kind is SentenceKind.ROW
        and span.sentence.group == best.sentence.group
        and span.quotable
    ]
    if _wants_table(form, rows):
        return rows[:_ALL_ROWS]
    named = _named_rows(rows, form) if len(rows) > 1 else []
    if not named and 1 < len(rows) <= _SHORT_TABLE and _names_no_row(rows, form):
        return rows
    alike = [
        span
        for span in rows
        if span is best
        or (span.own >= best.own - 1e-9 and best.own > 0 and span.score >= _AS_GOOD * best.score)
    ]
    chosen = {span.index for span in sorted(alike, key=lambda s: -s.score)[:_MOST_ROWS]}
    if best in named and 1 < len(named) <= _MOST_ROWS:
        chosen |= {span.index for span in named}
    return [span for span in rows if span.index in chosen]


def _wants_table(form: QuestionForm, rows: Sequence[SpanReading]) -> bool:
    """Whether the question asks for the table as such, not for one of its rows."""
    if len(rows) < 2 or not (form.wants_all or form.kind is AnswerKind.LIST):
        return False
    # A row that holds much of the question was asked for itself, whatever the wording.
    return max(span.own for span in rows) < (_ONE_ROW if form.wants_all else _ONE_ROW / 2)


def _names_no_row(rows: Sequence[SpanReading], form: QuestionForm) -> bool:
    """Whether the question is about what the table's rows share: its columns, its heading."""
    shares = [span.own for span in rows]
    if max(shares) >= _ONE_ROW or max(shares) - min(shares) > _EQUAL:
        return False
    return not any(term_set(span.text.split(" | ", 1)[0]) & form.weights.keys() for span in rows)


def _named_rows(rows: Sequence[SpanReading], form: QuestionForm) -> list[SpanReading]:
    """Rows whose first cell the question names in full."""
    out = []
    for span in rows:
        name = term_set(span.text.split(" | ", 1)[0])
        if name and name <= form.weights.keys():
            out.append(span)
    return out


def shown_columns(
    span: SpanReading, weights: Mapping[int, float]
) -> Callable[[int, str, str], bool] | None:
    """Which cells of a wide row to show: its name, and those that the question is about; None
    (all of them) for a narrow row or where the question names no column."""
    cells = cells_of(span.sentence, span.text)
    if cells is None or len(cells) <= _WIDE:
        return None
    asked = {
        place for place, (name, _) in enumerate(cells) if place and term_set(name) & weights.keys()
    }
    if not asked:
        return None
    asked |= {place for place, (_, value) in enumerate(cells) if term_set(value) & weights.keys()}
    return lambda place, _name, _value: place == 0 or place in asked
