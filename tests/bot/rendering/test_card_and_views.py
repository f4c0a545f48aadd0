from __future__ import annotations

from datetime import UTC, datetime

from bot.rendering.home import AskedQuestion, Figure, home_view
from bot.rendering.notices import STATUS, Person, handed_over, out_of_scope, queue_notice
from bot.rendering.passage import not_shown_modal, passage_modal
from bot.rendering.prompts import suggested_prompts
from bot.rendering.reasons import fixed_reason
from engine.trace import ReasonCode, Stage
from tests.bot.rendering.shown import (
    check_message,
    check_view,
    citation,
    nodes,
    trace,
    words,
)

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
LINK = "https://acme.slack.com/archives/C1/p1"


def test_a_passage_is_shown_whole_with_the_sentences_that_are_cited():
    whole = (
        "### Days\n\nYou have 25 days. They expire.\n\n```\nleave --days\n```\n\n"
        "| Printer | Office | Floor | Room | Model | Colour | Badge | Contact | Remark |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| GHE-P1 | Ghent | 1 | 1.04 | Okiba 5200 | yes | yes | workplace-ghent | - |"
    )
    cited = [
        citation(1, chunk_id="a", page=2, full_content=whole),
        citation(2, chunk_id="b"),
        citation(3, chunk_id="a", snippet="They expire.", full_content=whole),
    ]
    view = passage_modal(trace(citations=cited), 3)
    check_view(view)
    assert view["title"]["text"] == "Passage 3"
    assert words(view["blocks"]).splitlines() == [
        "[3][1] Leave, page 2 (hr/leave.md)",
        "What the answer cites",
        "[1] You have 25 days.",
        "[3] They expire.",
        "The passage it stands in",
        "Days",
        "You have 25 days. They expire.",
        "leave --days",
        "Printer: GHE-P1; Office: Ghent; Floor: 1; Room: 1.04; Model: Okiba 5200; Colour: yes; "
        "Badge: yes; Contact: workplace-ghent; Remark: -",
    ]
    assert passage_modal(trace(citations=cited), 9) is None
    check_view(not_shown_modal())


def test_a_passage_of_any_length_fits_into_its_modal():
    whole = "\n\n".join(f"Paragraph {n} says something." for n in range(5000))
    view = passage_modal(trace(citations=[citation(1, full_content=whole)]), 1)
    check_view(view)
    assert "goes on in its document" in str(view["blocks"][-1])
    check_view(passage_modal(trace(citations=[citation(1, full_content="", snippet="")]), 1))


def test_the_home_tab_says_what_is_known_how_to_ask_and_what_was_asked():
    asked = [
        AskedQuestion(text="How much leave?", asked_at=AT, outcome="answered", permalink=LINK),
        AskedQuestion(text="And in March?", asked_at=AT, outcome=None, permalink=None),
    ]
    view = home_view(documents=1200, updated_at=AT, questions=asked, command="/deskhand")
    check_view(view, "home")
    said = words(view["blocks"])
    assert "I can answer you from 1,200 documents, last read ." in said
    assert "Or type /deskhand and your question." in said
    assert "How much leave? (answered, )" in said
    assert "And in March? (waiting, )" in said
    dates = list(nodes(view, "date"))
    assert dates[0]["timestamp"] == int(AT.timestamp())
    assert dates[0]["fallback"] == "2026-03-01 09:30 UTC"
    assert "Figures" not in str(view)


def test_figures_are_on_the_home_tab_of_those_who_are_given_them():
    figures = [Figure(name="Answered, last 7 days", value="124 of 150")]
    view = home_view(documents=0, updated_at=None, questions=[], figures=figures)
    check_view(view, "home")
    assert "Answered, last 7 days: 124 of 150" in words(view["blocks"])
    assert "There are no documents yet" in words(view["blocks"])
    assert "You have not asked anything yet." in words(view["blocks"])


def test_notices_are_sentences():
    assert queue_notice(1).text.startswith("There is one question before yours.")
    assert queue_notice(12).text.startswith("There are 12 questions before yours.")
    assert "are 100 questions or more before yours" in queue_notice(100, or_more=True).text
    assert handed_over("q").text == Person.HAS_IT.sentence
    told = handed_over("q", "The answer usually comes within one hour, in working hours.")
    assert told.text.endswith(
        "Their reply comes here. The answer usually comes within one hour, in working hours."
    )
    ended = out_of_scope("Ask <!channel> or https://evil.test/x\nthen HR.", "Rita <@U1>")
    check_message(ended)
    assert ended.text.startswith("Rita ")
    assert set(STATUS) == set(Stage) - {Stage.TOTAL}
    for message in (queue_notice(3), handed_over("q"), told):
        check_message(message)


def test_prompts_are_made_from_titles_and_there_are_at_most_four():
    prompts = suggested_prompts(["Leave", "Leave", "Expenses", "", "t" * 200, "VPN", "Travel"])
    assert [p["title"] for p in prompts[:2]] == ["About: Leave", "About: Expenses"]
    assert prompts[0]["message"] == "What do I need to know about Leave?"
    assert len(prompts) == 4
    assert suggested_prompts([]) == []


def test_every_reason_has_words_of_its_own_that_quote_nothing():
    said = {fixed_reason(code) for code in ReasonCode}
    assert len(said) == len(ReasonCode)
    assert fixed_reason("of_tomorrow") not in said
