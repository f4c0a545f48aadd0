"""Lists, procedures, items, table rows and code as an answer takes them: whole, or with what they
need to be understood."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.generation.answer_fit import answer_fit
from engine.generation.list_block import item_of, nested_below, parent_of, whole_list
from engine.generation.question_form import AnswerKind, QuestionForm
from engine.generation.quotation import layout_of
from engine.generation.selection import Selection
from engine.generation.sentence_opening import leads_into_example
from engine.generation.span_reading import PassageReading, SpanReading
from engine.generation.span_score import match, section_match
from engine.generation.table_rows import matching_rows
from engine.generation.word_terms import term_set
from engine.knowledge.document import SentenceKind

LISTED = (SentenceKind.STEP, SentenceKind.BULLET)
FACT_SENTENCES = 3
_LIST_NEAR = 0.05  # how far below the best span a procedure may lie and still be the answer
_HEADING = 0.12
_NUMBERED = 0.05  # a numbered list is more likely to be the procedure
_SAME = 0.9  # how alike a title and a question are that ask for the same
_FULL_SENTENCE_WORDS = 10
_LONG_LIST = 10
_LIST_SPANS = 60


_WHOLE_SENTENCE = re.compile(r"^[\"'“(]?[A-Z0-9](?:\S+\s+){4,}\S.*[.!][\"'”)]?\s*$", re.DOTALL)
_ANNOUNCES = re.compile(r"\b(?:steps|following|below|as follows)\b.{0,40}:\s*$", re.IGNORECASE)
# What a lead says of its items that they do not say themselves.
_LIMITS = re.compile(
    r"\b(?:not|never|no|except|unless|only|if|when|without|instead|avoid|un\w+|n't|don’t|cannot"
    r"|forbidden|prohibited|exceptions?|exclu\w+|examples?|optional|former\w*|old)\b|n['’]t\b",
    re.IGNORECASE,
)


class Blocks:
    """Puts whole blocks of the readings into a selection."""

    def __init__(
        self,
        form: QuestionForm,
        readings: Sequence[PassageReading],
        selection: Selection,
        max_sentences: int,
    ) -> None:
        self._form = form
        self._readings = readings
        self._selection = selection
        self._limit = max_sentences

    def procedure(self, best: SpanReading, candidates: Sequence[SpanReading]) -> SpanReading | None:
        """A step of the procedure that answers, or None where something else answers better."""
        found: SpanReading | None = None
        listing = self._form.kind is AnswerKind.LIST
        sure = self._form.kind is AnswerKind.HOW_TO
        found_score = best.score - (_LIST_NEAR if sure else 0.0)
        for span in candidates[:40]:
            if span.kind not in LISTED or (span is not best and not self.is_about(span)):
                continue
            # A symptom that happens to share words with a step is no request for its procedure.
            if not (sure and span.kind is SentenceKind.STEP) and not self.is_about(span):
                continue
            score = span.score + _HEADING * self.heading_match(span)
            if span.kind is SentenceKind.STEP and not listing:
                score += _NUMBERED
            if score > found_score and (listing or self._tells_how(span)):
                found, found_score = span, score
        return found

    def _tells_how(self, member: SpanReading) -> bool:
        """Whether the list's items say what to do."""
        intro = self._intro(member)
        if intro is not None and leads_into_example(intro.text):
            return False
        spans = self._readings[member.rank].spans
        items = [
            span
            for span in spans
            if span.item is not None and span.sentence.group == member.sentence.group
        ]
        telling = sum(answer_fit(AnswerKind.HOW_TO, span.text) for span in items)
        return telling >= 0.4 * len(items)

    def is_about(self, span: SpanReading) -> bool:
        """Whether the list's heading or introduction is what was asked for."""
        if max(self.heading_match(span), section_match(span, self._form)) >= 0.5:
            return True
        if span.kind is SentenceKind.STEP and self._form.kind is AnswerKind.HOW_TO:
            # The nearest heading that shares a word with the question decides: below "Booking
            # travel" the steps of "Booking a hotel" are those of something else.
            for heading in reversed((span.passage.title, *span.passage.passage.heading_path)):
                alike = match(term_set(heading), self._form.weights)
                if alike:
                    return alike >= _SAME or self._is_led_to(span)
        return self._is_led_to(span)

    def _is_led_to(self, span: SpanReading) -> bool:
        intro = self._intro(span)
        if intro is not None and leads_into_example(intro.text):
            return False
        return intro is not None and (intro.score >= 0.95 * span.score or intro.own >= 0.4)

    def heading_match(self, span: SpanReading) -> float:
        """Share of the heading's terms that the question has."""
        named = term_set(span.heading)
        return len(named & self._form.weights.keys()) / len(named) if named else 0.0

    def _intro(self, span: SpanReading) -> SpanReading | None:
        return None if span.intro is None else self._readings[span.rank].spans[span.intro]

    def take_list(self, member: SpanReading, *, introduced: bool = False) -> None:
        """A whole list with its introduction, unless something that leads into it was taken."""
        spans = whole_list(self._readings, member)[:_LIST_SPANS]
        relevance = max(span.relevance for span in spans)
        intro = self._intro(spans[0])
        if not introduced and intro is not None and self._introduces(intro, spans[0]):
            self._selection.put(intro, "prose", max(relevance, intro.relevance))
        ordered = spans[0].kind is SentenceKind.STEP
        base = spans[0].item[0] if spans[0].item else 0
        for span in spans:
            self._selection.put(span, layout_of(span, ordered=ordered, base=base), relevance)

    def _introduces(self, intro: SpanReading, first: SpanReading) -> bool:
        """Whether a sentence in front of a list belongs to it."""
        if intro.text.rstrip().endswith((":", "：")):
            return True
        return intro.index == first.index - 1 and intro.score >= 0.6 * first.score

    def take_item(self, reading: PassageReading, best: SpanReading) -> None:
        """One item of a list, with what it needs to be understood."""
        item = item_of(reading.spans, best)
        quoted = [s for s in item if s.quotable]
        chosen = self._best_run(quoted, best)
        below = nested_below(reading.spans, item)
        if chosen[-1] is item[-1] and item[-1].text.rstrip().endswith(":"):
            chosen += below[:_LIST_SPANS]
        parent = parent_of(reading.spans, item)
        lead: list[SpanReading] = []
        if chosen[0].item is None:
            pass  # from the middle of an item: no sentence leads up to that
        elif parent and parent[-1].text.rstrip().endswith(":"):
            lead = parent[-1:]
        elif (intro := self._intro(best)) is not None and intro.text.rstrip().endswith(":"):
            lead = [intro]
        if lead and not self._selection.holds(lead[0]):
            begun = any(pick.span.list_key == best.list_key for pick in self._selection.picks)
            if begun or not self._needs_lead(lead[0], chosen):
                lead = []
        alone = not lead and len(chosen) == len(self._best_run(quoted, best))
        for span in lead:
            self._selection.put(span, "prose", best.relevance)
        for span in chosen:
            sentence = span.text.rstrip().endswith((".", "!", "…", ")"))
            layout = "prose" if alone and sentence else layout_of(span, ordered=False, base=0)
            if span.item is None and span.kind in LISTED:
                layout = "prose"
            self._selection.put(span, layout, max(span.relevance, best.relevance))

    def _needs_lead(self, lead: SpanReading, chosen: Sequence[SpanReading]) -> bool:
        """Whether an item says something else, or nothing, without the sentence above its list."""
        if not any(is_whole_sentence(span.text) for span in chosen):
            return True
        if chosen[0].kind is SentenceKind.STEP and _ANNOUNCES.search(lead.text):
            return False  # "follow these steps:" in front of one of them misleads
        if _LIMITS.search(lead.text):
            return True
        said = chosen[0].context.union(*(span.terms for span in chosen))
        return bool((lead.terms - said) & self._form.weights.keys())

    def _best_run(self, item: Sequence[SpanReading], best: SpanReading) -> list[SpanReading]:
        """The item's sentences from its first to the best one, or all of a short item."""
        if len(item) <= min(FACT_SENTENCES, self._limit):
            return list(item)
        place = item.index(best)
        start = max(0, place - 1) if best.dangling or place == 1 else place
        return list(item[start : place + 1])

    def take_rows(self, reading: PassageReading, best: SpanReading) -> None:
        """The rows of the best one's table that answer."""
        for span in matching_rows(reading, best, self._form):
            self._selection.put(span, "row", span.relevance)

    def take_code(self, reading: PassageReading, best: SpanReading) -> None:
        """A whole code block with its introduction."""
        intro = self._intro(best)
        if intro is not None and intro.quotable:
            self._selection.put(intro, "prose", best.relevance)
        for span in reading.spans:
            if span.kind is SentenceKind.CODE and span.sentence.group == best.sentence.group:
                self._selection.put(span, "code", best.relevance)

    def _list_below(self, reading: PassageReading, lead: SpanReading) -> SpanReading | None:
        """The list that "follow the steps below:" announces where other sentences stand between:
        the next one of its section, in this passage or the one after it."""
        if not _ANNOUNCES.search(lead.text):
            return None
        for span in reading.spans[lead.index + 1 :]:
            if span.heading != lead.heading:
                return None
            if span.kind in LISTED and span.quotable:
                return span
        after = reading.hit.passage.passage.ordinal + 1
        for other in self._readings:
            near = other.hit.passage
            if near.document_id != lead.passage.document_id or near.passage.ordinal != after:
                continue
            for span in other.spans:
                if span.heading != lead.heading:
                    return None
                if span.kind in LISTED and span.quotable:
                    return span
        return None

    def take_led(self, reading: PassageReading, lead: SpanReading) -> bool:
        """A sentence that ends in a colon, with what it leads into."""
        spans = reading.spans
        following = spans[lead.index + 1] if lead.index + 1 < len(spans) else None
        if following is not None and following.kind in (SentenceKind.HEADING, SentenceKind.PROSE):
            listed = self._list_below(reading, lead)
            if listed is not None:
                self._selection.put(lead, "prose", lead.relevance)
                self.take_list(listed, introduced=True)
                return True
            if following.kind is SentenceKind.HEADING and _stands_alone(lead.text):
                self._selection.put(lead, "prose", lead.relevance)
                return True
        if following is None or not following.quotable:
            return False
        if following.kind in LISTED:
            members = whole_list(self._readings, following)
            asked = self._form.kind in (AnswerKind.LIST, AnswerKind.HOW_TO)
            if asked or self._form.wants_all or len(members) <= _LONG_LIST:
                self._selection.put(lead, "prose", lead.relevance)
                self.take_list(following)
                return True
            top = max(members, key=lambda span: (span.score, -span.index))
            self._selection.put(lead, "prose", lead.relevance)
            self.take_item(self._readings[top.rank], top)
            return True
        if following.kind is SentenceKind.CODE:
            self.take_code(reading, following)
            self._selection.put(lead, "prose", lead.relevance)
            return True
        if following.kind is SentenceKind.ROW:
            rows = [s for s in spans if s.sentence.group == following.sentence.group]
            top = max(rows, key=lambda span: (span.score, -span.index))
            self._selection.put(lead, "prose", lead.relevance)
            self.take_rows(reading, top)
            return True
        return False


def _stands_alone(text: str) -> bool:
    """Whether a sentence says enough though what its colon leads into cannot be quoted."""
    return len(text.split()) >= _FULL_SENTENCE_WORDS and not _ANNOUNCES.search(text)


def is_whole_sentence(text: str) -> bool:
    """Whether an item's text is a sentence of its own, no fragment that completes another."""
    return bool(_WHOLE_SENTENCE.match(text))
