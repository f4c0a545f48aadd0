"""Every field of an answer may have been written by somebody who means harm."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rendering.answer import answer_messages
from bot.rendering.card import SimilarCase, card_message
from bot.rendering.case_forms import edit_form
from bot.rendering.home import AskedQuestion, Figure, home_view
from bot.rendering.human import human_answer
from bot.rendering.limits import cut, length
from bot.rendering.neutral import neutral, one_line
from bot.rendering.notices import Person, apology, late_note, out_of_scope
from bot.rendering.passage import passage_modal
from bot.rendering.prompts import suggested_prompts
from bot.rendering.stream import stream_text
from bot.workspace.pings import mentions
from engine.replies import clarify
from engine.storage.case import Closed
from engine.trace import Citation
from tests.bot.rendering.cases import around, case
from tests.bot.rendering.shown import (
    HOSTILE,
    check_inert,
    check_message,
    check_view,
    citation,
    nodes,
    reason,
    trace,
    words,
)

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
_BITS = st.sampled_from(
    [
        *HOSTILE.split(),
        HOSTILE,
        *("<", "<!", "<@", "!here>", "@", "<https:", ">", "&", "(", ")"),
        *("`", "```", "\n", "|", "|---|", "[1]", "1. ", "- ", "**", " "),
        *("\u202e", "\u200b", "🎉", "x" * 3000),
    ]
)
NASTY = st.lists(_BITS, max_size=12).map("".join)


def hostile_trace(text, outcome="answered", **changes):
    cited = [
        citation(
            n,
            title=text,
            url=text,
            document_name=text,
            chunk_id=f"{n}{text}",
            snippet="Quoted. " if "evil.test" in text else text,
            full_content=text,
        )
        for n in (1, 2)
    ]
    made = trace(
        f"{text} [1][2]",
        outcome=outcome,
        question=text,
        citations=cited,
        confidence=0.4,
        needs_human_review=True,
        reasons=[reason("model_down", text), reason("conflict", text)],
        internal_next_steps=[text, text],
        triage={"category": text, "priority": text},
    )
    return made | changes


def check_everything(text):
    outcomes = ("answered", "clarified", "abstained", "escalated", "failed")
    for outcome in outcomes:
        answer = hostile_trace(text, outcome)
        if outcome == "clarified":
            answer["reply"] = clarify([one_line(text), text])
        for person in Person:
            for message in answer_messages(answer, question_id="q", person=person, note=text):
                check_message(message)
        for may_show in (True, False):
            people = dict.fromkeys(("U1", "U2"), text)
            near = around(asker=text, permalink=text, may_show=may_show, names=people)
            similar = [SimilarCase(question=text, answered_by=text, card=text)]
            for known in (
                case(owner="U1"),
                case(answered_by="U1", answered_at=AT),
                case(closed=Closed.REJECTED, closed_by="U2", closed_why=text),
            ):
                check_message(card_message(answer, known, replace(near, similar=similar)))
            check_view(edit_form(text, text, case_id="c", trace_id="t", revision=1))
            check_message(out_of_scope(text, text))
        for n in (1, 2):
            check_view(passage_modal(answer, n))
    asked = AskedQuestion(text=text, asked_at=AT, outcome=text, permalink=text)
    figure = Figure(name=text, value=text)
    home = home_view(
        documents=3, updated_at=AT, questions=[asked] * 20, figures=[figure] * 20, command=text
    )
    check_view(home, "home")
    check_message(apology(text, Person.HAS_IT))
    prompts = suggested_prompts([text, f"{text} 2"])
    check_inert(prompts)
    assert len(prompts) <= 4


def test_what_is_hostile_in_every_field_does_nothing():
    check_everything(HOSTILE)


@pytest.mark.slow
@given(text=NASTY)
def test_what_is_made_of_hostile_bits_does_nothing(text):
    check_everything(text.replace("https://evil.test", "http:evil"))


@given(text=NASTY)
def test_a_persons_answer_pings_nobody(text):
    for message in human_answer(
        text.replace("evil.test", "ok.test"), reviewer=text, question_id="q"
    ):
        check_message(message)


@given(text=NASTY)
def test_a_streamed_sentence_pings_nobody_and_links_nowhere_else(text):
    shown = stream_text(text, [])
    assert not list(mentions(shown + "!here> @U1>", link_names=False))
    assert not list(mentions(shown, link_names=True))
    assert "https://evil.test" not in shown


def test_a_streamed_sentence_keeps_its_layout_and_its_documents_links():
    cited = Citation(**citation(1, url="https://docs.test/a"))
    text = "\n\n1. See https://docs.test/a and <name>. [1]"
    assert stream_text(text, [cited]) == text


@given(text=st.text() | NASTY)
def test_neutral_twice_is_neutral_once(text):
    assert neutral(neutral(text)) == neutral(text)


@given(text=st.text(), most=st.integers(2, 60))
def test_a_cut_text_is_no_longer_than_asked(text, most):
    kept = cut(text, most)
    assert length(kept) <= most
    assert kept == text or text.startswith(kept.removesuffix("…"))


@pytest.mark.parametrize(
    ("text", "inert"),
    [
        ("<!here> and <@U1>", "< !here> and < @U1>"),
        ("<\u200b!here>", "< !here>"),
        ("<https://a.test|b> <https::x>", "< https://a.test|b> < https::x>"),
        ("@channel me@here.test @hereford", "@ channel me@here.test @hereford"),
        ("@herehttps://a.test", "@ herehttps://a.test"),
        ("<!-- note --> <!DOCTYPE html> <name> std::<data::x>", None),
        ("a\r\nb\u2028c", "a\nb\nc"),
    ],
)
def test_what_neutral_makes_of(text, inert):
    assert neutral(text) == (inert or text)


def test_a_person_may_link_but_not_under_a_false_name():
    text = "See https://wiki.test/x and [the form](https://f.test) or [bank.test](https://f.test)."
    (message,) = human_answer(text, reviewer="Dana", question_id="q")
    links = [(e["url"], e.get("text")) for e in nodes(message.blocks, "link")]
    assert links == [
        ("https://wiki.test/x", None),
        ("https://f.test", "the form"),
        ("https://f.test", None),
    ]
    assert words(message.blocks).startswith("Dana answered:\nSee ")
    assert message.text.startswith("Dana answered:\nSee https://wiki.test/x")
    assert human_answer(" \u200b\n", reviewer="Dana", question_id="q") == ()


def test_no_notice_asks_for_joy():
    assert "!" not in late_note(60)
