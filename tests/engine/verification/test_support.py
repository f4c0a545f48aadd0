from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audience import CLOSED, FULL_MEMBER, Audience
from engine.generation.draft import Draft, DraftSentence, Span
from engine.knowledge.document import Passage, Sentence, SentenceKind
from engine.retrieval.passage import LivePassage
from engine.verification.support import check, evidence_of, quoted_share
from engine.verification.support_checker import SupportChecker


def span(text: str, *, audience: tuple[str, ...] = ("everyone",), header: str = "") -> Span:
    sentence = Sentence(start=7, end=7 + len(text), kind=SentenceKind.PROSE, group=0, header=header)
    return Span(
        passage=LivePassage(
            id="p",
            passage=Passage(
                ordinal=0,
                text=f"Before {text} after",
                heading_path=(),
                sentences=(sentence,),
                tokens=0,
            ),
            document_id="d",
            document_name="d",
            title="t",
            url=None,
            category=None,
            audience=audience,
        ),
        sentence=sentence,
    )


def claim(text: str, *spans: Span, layout: str = "prose") -> DraftSentence:
    return DraftSentence(text=text, layout=layout, spans=spans, relevance=1.0)


def kept(*sentences: DraftSentence, audience: Audience = FULL_MEMBER) -> list[str]:
    return [s.text for s in check(Draft(sentences=sentences), audience).draft.sentences]


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("You get ten days.", "You get ten days."),
        ("**You** get _ten_ days", "You get [ten](a.md) days."),
        ("you GET ten days!", "You get ten days."),
        ("Ten days", "Staff get ten days a year."),
        ("Do not share it.", "Do not share it."),
        ("A is B.", "A is not B. A is B."),
        ("Staff get ten days.", "Staff (all of them) get ten days."),
    ],
)
def test_a_quotation_is_kept(text: str, source: str) -> None:
    assert kept(claim(text, span(source))) == [text]


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("You get twelve days.", "You get ten days."),
        ("days ten get You", "You get ten days."),
        ("You get ten days and more.", "You get ten days."),
        ("after", "You get ten days."),
        ("You may share passwords.", "You may not share passwords."),
        ("You may share passwords.", "You may never, ever share passwords."),
        ("It does work here", "It doesn't work here"),
        ("Ten days are paid", "Ten days, except Sundays, are paid"),
        ("", "You get ten days."),
        ("!?", "You get ten days."),
    ],
)
def test_what_the_span_does_not_say_is_dropped(text: str, source: str) -> None:
    assert kept(claim(text, span(source))) == []


def test_a_sentence_without_a_span_is_dropped() -> None:
    assert kept(claim("You get ten days.")) == []


def test_a_sentence_may_rest_on_several_spans_in_their_order() -> None:
    one, two = span("Reset it. Not by mail."), span("Then sign in.")
    assert kept(claim("Reset it. Then sign in.", one, two)) == ["Reset it. Then sign in."]
    assert kept(claim("Then sign in. Reset it.", one, two)) == []


def test_a_row_says_its_columns_in_any_order_and_nothing_else() -> None:
    row = span("Mon | 9", header="Day | Opens")
    assert kept(claim("Opens: 9; Day: Mon", row, layout="row")) == ["Opens: 9; Day: Mon"]
    assert kept(claim("Opens: 10; Day: Mon", row, layout="row")) == []


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        ("Plan: Cutter; Seats: 20; Guests: 3", True),
        ("Guests: 3", True),
        ("Plan: Cutter; Seats: 3; Guests: 20", False),
        ("Guests: no", False),
        ("Boat: no; Guests: 3", True),
    ],
)
def test_a_row_keeps_each_value_in_its_column(text: str, is_kept: bool) -> None:
    row = span("Cutter | 20 | 3 | no", header="Plan | Seats | Guests | Boat")
    assert kept(claim(text, row, layout="row")) == ([text] if is_kept else [])


def test_the_checker_reads_a_row_with_the_name_of_its_column_before_each_cell() -> None:
    row, bare = span("Cutter | 20 |  ", header="Plan | Seats | Boat"), span("Cutter | 20")
    uneven = span("Cutter | 20", header="Plan")
    assert evidence_of(claim("x", row)) == ["Plan: Cutter; Seats: 20"]
    assert evidence_of(claim("x", bare)) == ["Cutter | 20"]
    assert evidence_of(claim("x", uneven)) == ["Plan: Cutter | 20"]


def test_a_header_may_be_quoted_before_or_after_the_span() -> None:
    row = span("Mon", header="Day")
    assert kept(claim("Day: Mon", row), claim("Mon (Day)", row)) == ["Day: Mon", "Mon (Day)"]


def test_what_may_not_be_read_is_dropped_though_it_is_quoted() -> None:
    secret = span("You get ten days.", audience=("user:U1",))
    open_ = span("You get ten days.")
    assert kept(claim("You get ten days.", secret)) == []
    assert kept(claim("You get ten days.", open_, secret)) == []
    assert kept(claim("You get ten days.", open_), audience=CLOSED) == []
    assert kept(claim("You get ten days.", span("You get ten days.", audience=()))) == []
    mine = Audience.of(["user:U1"])
    assert kept(claim("You get ten days.", secret), audience=mine) == ["You get ten days."]


def test_the_dropped_are_counted_and_the_kept_have_their_support_in_order() -> None:
    good, bad = claim("You get ten days.", span("You get ten days.")), claim("No.", span("Yes."))
    checked = check(Draft(sentences=(good, bad, good, bad)), FULL_MEMBER)
    assert checked.draft.sentences == (good, good)
    assert checked.support == (1.0, 1.0)
    assert checked.dropped == 2
    nothing = check(Draft(sentences=()), FULL_MEMBER)
    assert (nothing.draft.sentences, nothing.support, nothing.dropped) == ((), (), 0)


WORDS = st.lists(st.sampled_from("you get ten days not never if more a b c".split()), min_size=1)


@given(WORDS, WORDS, WORDS)
def test_a_contiguous_quotation_always_has_full_support(
    before: list[str], quoted: list[str], after: list[str]
) -> None:
    source = span(" ".join([*before, *quoted, *after]))
    assert quoted_share(claim(" ".join(quoted), source)) == 1.0


@given(WORDS, WORDS)
def test_a_word_that_stands_nowhere_is_always_dropped(source: list[str], said: list[str]) -> None:
    invented = claim(" ".join([*said, "zebra"]), span(" ".join(source)))
    share = quoted_share(invented)
    assert 0 <= share <= len(said) / (len(said) + 1)
    assert (kept(invented) == []) == (share < 0.98)


CHECKER = SupportChecker()


def checked(text: str, source: str, layout: str = "prose") -> list[str]:
    draft = Draft(sentences=(claim(text, span(source), layout=layout),))
    return [s.text for s in check(draft, FULL_MEMBER, CHECKER).draft.sentences]
