"""The writer that needs no model: picks, orders and quotes the sentences that answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.generation.answer_fit import answer_fit
from engine.generation.draft import Draft
from engine.generation.list_block import item_of, nested_below, parent_of, whole_list
from engine.generation.question_form import AnswerKind, QuestionForm, read_question, term_set
from engine.generation.quotation import Pick, layout_of, quote, torn_parts
from engine.generation.span_reading import (
    PassageReading,
    SpanReading,
    leads_into_example,
    read_hits,
)
from engine.generation.span_score import score
from engine.generation.table_rows import matching_rows
from engine.generation.unfit_spans import is_short_answer
from engine.knowledge.document import SentenceKind
from engine.question import Question
from engine.retrieval.hit import Hit

_LISTED = (SentenceKind.STEP, SentenceKind.BULLET)
_FLOOR = 0.15  # relevance below which not even the best span bears on the question
_FACT_SENTENCES = 3
_EXTRA = 0.75  # how near to the best one a further sentence has to be
_OWN_FIT = 0.55  # share of the best sentence's relevance
_OWN_FIT_ELSEWHERE = 0.85
_PART_TERMS, _PART_KIND = 0.3, 0.1
_OTHER_DOCUMENT = 0.08  # how much better another document has to answer a part
_MOST_DOCUMENTS = 2
_TORN_STEP = 0.92
_NEIGHBOUR = 0.04
_SAME_ANSWER = 0.08
_EQUAL_SUPPORT = 0.985
_NEW_TERMS = 0.2
_ALIKE = 0.6  # Jaccard of terms from which two sentences say the same
_CONTAINED = 0.85  # share of a sentence's terms that another one has
_LIST_NEAR = 0.05  # how far below the best span a procedure may lie and still be the answer
_HEADING = 0.12
_LONG_LIST = 10
_LIST_SPANS = 60


class ExtractiveWriter:
    """Answers by quotation; pure and deterministic, and it calls no model."""

    def write(
        self,
        question: Question,
        hits: Sequence[Hit],
        *,
        max_sentences: int,
    ) -> Draft:
        """The few sentences of the hits that answer, in reading order; empty if none bears on it.

        Text is verbatim apart from whitespace, list and emphasis marks, and a row's column names.

        hits: best first, at most 8 are read.
        max_sentences: at most so many sentences, items and rows. A procedure, a list that was
            asked for and a code block are never cut by it, since part of one misleads.
        """
        form = read_question(question)
        readings = read_hits(hits[:8])
        score(form, readings)
        if not form.weights:
            return Draft(sentences=())
        return _Answer(form, readings, max(1, max_sentences)).draft()


class _Answer:
    """The choice of spans for one question."""

    def __init__(
        self, form: QuestionForm, readings: Sequence[PassageReading], max_sentences: int
    ) -> None:
        self._form = form
        self._readings = readings
        self._limit = max_sentences
        self._picks: list[Pick] = []
        self._taken: set[tuple[str, int]] = set()

    def draft(self) -> Draft:
        candidates = self._candidates()
        for best in candidates:
            if best.relevance < _FLOOR:
                break
            if self._answer_with(best, candidates):
                break
        return Draft(sentences=tuple(quote(self._ordered(), self._readings, self._form)))

    def _candidates(self) -> list[SpanReading]:
        spans = [
            span
            for reading in self._readings
            for span in reading.spans
            if span.quotable and span.can_lead and not is_short_answer(span.text)
        ]
        return sorted(spans, key=lambda span: (-span.score, span.rank, span.index))

    def _answer_with(self, best: SpanReading, candidates: Sequence[SpanReading]) -> bool:
        """Builds the answer around `best`; False where it cannot stand."""
        if self._form.kind in (AnswerKind.HOW_TO, AnswerKind.TROUBLESHOOTING):
            procedure = self._procedure(best, candidates)
            if procedure is not None:
                self._take_list(procedure)
                return True
        reading = self._readings[best.rank]
        if best.kind in _LISTED:
            asked = self._form.kind is AnswerKind.LIST or self._form.wants_all
            if asked and self._is_about(best):
                self._take_list(best)
                return True
            self._take_item(reading, best)
        elif best.kind is SentenceKind.ROW:
            self._take_rows(reading, best)
        elif best.kind is SentenceKind.CODE:
            self._take_code(reading, best)
        elif best.text.rstrip().endswith(":"):
            return self._take_led(reading, best)
        elif not self._take_prose(reading, best):
            return False
        self._add_more(best, candidates)
        return True

    # --- whole blocks

    def _procedure(
        self, best: SpanReading, candidates: Sequence[SpanReading]
    ) -> SpanReading | None:
        """A step of the procedure that answers, or None where something else answers better."""
        found: SpanReading | None = None
        sure = self._form.kind is AnswerKind.HOW_TO
        found_score = best.score - (_LIST_NEAR if sure else 0.0)
        for span in candidates[:40]:
            if span.kind not in _LISTED or (span is not best and not self._is_about(span)):
                continue
            # A symptom that happens to share words with a step is no request for its procedure.
            if not (sure and span.kind is SentenceKind.STEP) and not self._is_about(span):
                continue
            score = span.score + _HEADING * self._heading_match(span)
            if score > found_score and self._tells_how(span):
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

    def _is_about(self, span: SpanReading) -> bool:
        """Whether the list's heading or introduction is what was asked for."""
        if self._heading_match(span) >= 0.5:
            return True
        intro = self._intro(span)
        if intro is not None and leads_into_example(intro.text):
            return False
        return intro is not None and (intro.score >= 0.95 * span.score or intro.own >= 0.4)

    def _heading_match(self, span: SpanReading) -> float:
        """Share of the heading's terms that the question has."""
        weights = self._form.weights
        named = term_set(span.heading)
        return len(named & weights.keys()) / len(named) if named else 0.0

    def _intro(self, span: SpanReading) -> SpanReading | None:
        return None if span.intro is None else self._readings[span.rank].spans[span.intro]

    def _take_list(self, member: SpanReading) -> None:
        spans = whole_list(self._readings, member)[:_LIST_SPANS]
        relevance = max(span.relevance for span in spans)
        intro = self._intro(spans[0])
        if intro is not None and self._introduces(intro, spans[0]):
            self._put(intro, "prose", max(relevance, intro.relevance))
        ordered = spans[0].kind is SentenceKind.STEP
        base = spans[0].item[0] if spans[0].item else 0
        for span in spans:
            self._put(span, layout_of(span, ordered=ordered, base=base), relevance)

    def _introduces(self, intro: SpanReading, first: SpanReading) -> bool:
        """Whether a sentence in front of a list belongs to it."""
        if intro.text.rstrip().endswith((":", "：")):
            return True
        return intro.index == first.index - 1 and intro.score >= 0.6 * first.score

    def _take_item(self, reading: PassageReading, best: SpanReading) -> None:
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
        alone = not lead and len(chosen) == len(self._best_run(quoted, best))
        for span in lead:
            self._put(span, "prose", best.relevance)
        for span in chosen:
            sentence = span.text.rstrip().endswith((".", "!", "…", ")"))
            layout = "prose" if alone and sentence else layout_of(span, ordered=False, base=0)
            if span.item is None and span.kind in _LISTED:
                layout = "prose"
            self._put(span, layout, max(span.relevance, best.relevance))

    def _best_run(self, item: Sequence[SpanReading], best: SpanReading) -> list[SpanReading]:
        """The item's sentences from its first to the best one, or all of a short item."""
        if len(item) <= min(_FACT_SENTENCES, self._limit):
            return list(item)
        place = item.index(best)
        start = max(0, place - 1) if best.dangling or place == 1 else place
        return list(item[start : place + 1])

    def _take_rows(self, reading: PassageReading, best: SpanReading) -> None:
        for span in matching_rows(reading, best, self._form):
            self._put(span, "row", span.relevance)

    def _take_code(self, reading: PassageReading, best: SpanReading) -> None:
        intro = self._intro(best)
        if intro is not None and intro.quotable:
            self._put(intro, "prose", best.relevance)
        for span in reading.spans:
            if span.kind is SentenceKind.CODE and span.sentence.group == best.sentence.group:
                self._put(span, "code", best.relevance)

    def _take_led(self, reading: PassageReading, lead: SpanReading) -> bool:
        """A sentence that ends in a colon, with what it leads into."""
        spans = reading.spans
        following = spans[lead.index + 1] if lead.index + 1 < len(spans) else None
        if following is None or not following.quotable:
            return False
        if following.kind in _LISTED:
            members = whole_list(self._readings, following)
            asked = self._form.kind in (AnswerKind.LIST, AnswerKind.HOW_TO)
            if asked or self._form.wants_all or len(members) <= _LONG_LIST:
                self._put(lead, "prose", lead.relevance)
                self._take_list(following)
                return True
            top = max(members, key=lambda span: (span.score, -span.index))
            self._put(lead, "prose", lead.relevance)
            self._take_item(self._readings[top.rank], top)
            return True
        if following.kind is SentenceKind.CODE:
            self._take_code(reading, following)
            self._put(lead, "prose", lead.relevance)
            return True
        if following.kind is SentenceKind.ROW:
            rows = [s for s in spans if s.sentence.group == following.sentence.group]
            top = max(rows, key=lambda span: (span.score, -span.index))
            self._put(lead, "prose", lead.relevance)
            self._take_rows(reading, top)
            return True
        return False

    # --- sentences

    def _take_prose(self, reading: PassageReading, span: SpanReading) -> bool:
        """A sentence, with the one before it where it refers to that."""
        chain = self._chain(reading, span)
        if not chain:
            return False
        before, _ = torn_parts(reading.spans, chain[0])
        _, after = torn_parts(reading.spans, chain[-1])
        torn = [*before, *chain, *after]
        if any(not part.quotable for part in torn):
            return False
        for link in torn:
            self._put(link, "prose", max(link.relevance, 0.9 * span.relevance))
        return True

    def _chain(self, reading: PassageReading, span: SpanReading) -> list[SpanReading]:
        """The span and what it refers back to, in order; empty where that cannot be quoted."""
        chain = [span]
        while chain[0].dangling and len(chain) <= 2:
            head = chain[0]
            before = reading.spans[head.index - 1] if head.index else None
            joined = (
                before is not None
                and before.sentence.group == head.sentence.group
                and before.kind is head.kind
                and head.item is None
            )
            if joined and before is not None and before.quotable:
                if is_short_answer(before.text):
                    break  # "No. It ...": quoted with its sentence
                chain.insert(0, before)
                continue
            if head.asked is not None or self._heading_match(head) >= 0.5:
                break  # it refers to what was asked
            return []
        return [] if chain[0].dangling and len(chain) > 2 else chain

    def _add_more(self, best: SpanReading, candidates: Sequence[SpanReading]) -> None:
        """Further sentences: what else was asked, what completes the answer, equal support."""
        parts = self._form.parts
        room = min(self._limit, _FACT_SENTENCES + len(parts) - 1)
        for part in parts:
            if len(parts) > 1 and len(self._picks) < room:
                self._add_part(best, candidates, part.kind, part.terms)
        for span in candidates:
            if len(self._picks) >= room:
                return
            if span.score < (_EXTRA - _SAME_ANSWER) * best.score - _NEIGHBOUR:
                break
            if self._belongs(span, best):
                self._add(span, room)

    def _belongs(self, span: SpanReading, best: SpanReading) -> bool:
        if span.kind is SentenceKind.CODE or not span.can_lead:
            return False
        if span.kind is SentenceKind.STEP and span.score < _TORN_STEP * best.score:
            return False  # a step torn out of its procedure rarely completes anything
        same_document = span.passage.document_id == best.passage.document_id
        same_passage = span.rank == best.rank
        value = span.score
        if same_passage and span.sentence.group == best.sentence.group:
            if best.kind is SentenceKind.ROW:
                return False  # its table's rows were chosen together
            if abs(span.index - best.index) == 1:
                value += _NEIGHBOUR * best.score
            if span.asked is not None and span.asked == best.asked:
                value += _SAME_ANSWER * best.score
        if value < _EXTRA * best.score:
            return False
        # The passage's rank lifts all its spans; a sentence also has to fit by itself.
        answers_too = span.asked is not None and span.asked == best.asked
        needed = _OWN_FIT if same_passage else _OWN_FIT_ELSEWHERE
        if span.relevance < needed * best.relevance and not (same_passage and answers_too):
            return False
        if same_passage:
            return True
        homes = {pick.span.passage.document_id for pick in self._picks}
        if span.passage.document_id not in homes and len(homes) >= _MOST_DOCUMENTS:
            return False
        new = self._new_terms(span)
        if same_document:
            apart = abs(span.passage.passage.ordinal - best.passage.passage.ordinal)
            return new >= (0.0 if apart == 1 and span.heading == best.heading else _NEW_TERMS / 2)
        return new >= _NEW_TERMS or (
            value >= _EQUAL_SUPPORT * best.score and span.relevance >= best.relevance
        )

    def _new_terms(self, span: SpanReading) -> float:
        """Share of the question's words that this span has and the chosen ones lack."""
        had: frozenset[int] = frozenset().union(
            *(pick.span.terms | pick.span.context for pick in self._picks)
        )
        weights = self._form.weights
        total = sum(weights.values()) or 1.0
        return sum(weights[term] for term in (span.terms - had) & weights.keys()) / total

    def _add_part(
        self,
        best: SpanReading,
        candidates: Sequence[SpanReading],
        kind: AnswerKind,
        terms: frozenset[int],
    ) -> None:
        """The span that answers one part best, unless one that was chosen answers it."""

        def value(span: SpanReading) -> float:
            share = len(span.terms & terms) / len(terms) if terms else 0.0
            return span.score + _PART_TERMS * share + _PART_KIND * answer_fit(kind, span.text)

        chosen = max((value(pick.span) for pick in self._picks), default=0.0)
        near = [span for span in candidates[:24] if span.score >= 0.7 * best.score]
        home = [span for span in near if span.passage.document_id == best.passage.document_id]
        for pool, margin in ((home, 0.0), (near, _OTHER_DOCUMENT)):
            top = max(pool, key=value, default=None)
            if top is not None and value(top) > chosen + margin:
                self._add(top, self._limit)
                return

    def _add(self, span: SpanReading, room: int) -> bool:
        if (span.passage.id, span.index) in self._taken or self._is_repeat(span):
            return False
        reading = self._readings[span.rank]
        if span.kind is SentenceKind.PROSE:
            if span.text.rstrip().endswith(":"):
                return False
            chain = self._chain(reading, span)
            if not chain or len(self._picks) + len(chain) > room:
                return False
            return self._take_prose(reading, span)
        if span.kind in _LISTED:
            self._take_item(reading, span)
        elif span.kind is SentenceKind.ROW:
            self._put(span, "row", span.relevance)
        else:
            return False
        return True

    def _is_repeat(self, span: SpanReading) -> bool:
        return any(_alike(span, pick.span) for pick in self._picks)

    def _put(self, span: SpanReading, layout: str, relevance: float) -> None:
        key = (span.passage.id, span.index)
        if key not in self._taken and not is_same_text(span, self._picks):
            self._taken.add(key)
            self._picks.append(Pick(span=span, layout=layout, relevance=relevance))

    def _ordered(self) -> list[Pick]:
        """Documents in the order chosen, within one in reading order."""
        order: dict[str, int] = {}
        for pick in self._picks:
            order.setdefault(pick.span.passage.document_id, len(order))
        return sorted(
            self._picks,
            key=lambda pick: (
                order[pick.span.passage.document_id],
                pick.span.passage.passage.ordinal,
                pick.span.index,
            ),
        )


def is_same_text(span: SpanReading, picks: Iterable[Pick]) -> bool:
    """Whether the same words from the same document were chosen, as where passages overlap."""
    return any(
        pick.span.text == span.text
        and pick.span.passage.document_id == span.passage.document_id
        and pick.span.passage.id != span.passage.id
        for pick in picks
    )


def _alike(one: SpanReading, other: SpanReading) -> bool:
    common = len(one.terms & other.terms)
    union = len(one.terms | other.terms)
    return union > 0 and (common / union >= _ALIKE or common >= _CONTAINED * len(one.terms))
