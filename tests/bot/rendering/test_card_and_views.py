from __future__ import annotations

from datetime import UTC, datetime

from bot.rendering.card import answer_form, card_message, withdrawn_card
from bot.rendering.home import AskedQuestion, Figure, home_view
from bot.rendering.notices import STATUS, Person, handed_over, queue_notice
from bot.rendering.passage import not_shown_modal, passage_modal
from bot.rendering.prompts import suggested_prompts
from bot.rendering.reasons import fixed_reason
from engine.trace import ReasonCode, Stage
from tests.bot.rendering.shown import (
    check_message,
    check_view,
    citation,
    nodes,
    reason,
    trace,
    words,
)

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
LINK = "https://acme.slack.com/archives/C1/p1"


def doubtful(**changes):
    made = trace(
        "I am not sure.",
        outcome="escalated",
        draft_reply="You have 25 days. [1]",
        reasons=[reason("low_confidence", "The documents answer this with only 22%.")],
        internal_next_steps=["Check the draft.", "Pass it to hr."],
    )
    return made | changes


def card(answer, **changes):
    given = {"case_id": "c-1", "asker": "Alice", "permalink": LINK, "may_show": True}
    message = card_message(answer, **given | changes)
    check_message(message)
    return message


def test_a_card_says_what_is_asked_why_it_is_here_and_what_to_do():
    message = card(doubtful())
    assert words(message.blocks).splitlines() == [
        "How much leave do I have?",
        "Asked by Alice, sorted as hr, priority low. See it where it was asked",
        "Why it is here",
        "The documents answer this with only 22%.",
        "Draft, not sent",
        "You have 25 days. [1]",
        "Evidence",
        "[1] Leave (hr/leave.md)",
        "[1] You have 25 days.",
        "What to do",
        "Check the draft.",
        "Pass it to hr.",
    ]
    (button,) = nodes(message.blocks, "button")
    assert (button["action_id"], button["value"]) == ("case:answer", "c-1")
    assert "Alice asks: How much leave do I have?" in message.text


def test_a_card_hides_draft_evidence_and_steps_from_those_who_may_not_read_them():
    message = card(doubtful(), may_show=False)
    for hidden in ("25 days", "Leave", "hr/leave.md", "Check the draft"):
        assert hidden not in str(message.body)
    assert "not everyone in this channel may read" in str(message.blocks)


def test_a_card_that_was_answered_says_by_whom_and_has_no_button():
    message = card(doubtful(), answered_by="Dana")
    assert not list(nodes(message.blocks, "button"))
    assert message.text.endswith("Answered by Dana.")


def test_a_card_says_that_the_asker_wants_a_person_and_what_they_have_read():
    message = card(trace(), requested=True)
    said = words(message.blocks)
    assert "Why it is here\nThe asker asked for a person." in said
    assert "What the asker has read\nYou have 25 days. [1]" in said
    conflict = card(doubtful(reply="They disagree:\n\nYou have 25 days. [1]"))
    assert "What the asker has read" in words(conflict.blocks)


def test_the_card_of_a_changed_question_that_has_its_answer_wants_nobody():
    message = card(doubtful(), settled=True)
    assert "Replies are not passed on." in message.text
    assert not [*nodes(message.blocks, "button")]
    answered = card(doubtful(), settled=True, answered_by="Rita")
    assert "Answered by Rita." in answered.text
    assert "not passed on" not in answered.text


def test_the_card_of_a_deleted_question_shows_nothing_of_it():
    message = withdrawn_card()
    check_message(message)
    assert words(message.blocks) == (
        "The asker has deleted the question. Replies here are not passed on."
    )


def test_a_card_with_a_long_draft_stays_one_message():
    answer = doubtful(
        question="why " * 2000,
        draft_reply="A sentence that says it. [1] " * 500,
        citations=[citation(n, snippet="s" * 5000, chunk_id="a") for n in range(1, 40)],
        reasons=[reason("conflict", "x " * 3000)] * 12,
        internal_next_steps=["y " * 3000] * 12,
    )
    message = card(answer)
    small = [e["text"] for b in nodes(message.blocks, "context") for e in b["elements"]]
    assert small[0].startswith("The draft is longer than this")
    assert small[1].endswith("more cited sentences not shown.")


def test_the_form_begins_with_the_draft_where_it_may_be_shown():
    form = answer_form(doubtful(), case_id="c-1", may_show=True)
    check_view(form)
    (field,) = nodes(form, "plain_text_input")
    assert field["initial_value"] == "You have 25 days. [1]"
    assert (form["callback_id"], form["private_metadata"]) == ("case:answer", "c-1")
    hidden = answer_form(doubtful(), case_id="c-1", may_show=False)
    check_view(hidden)
    assert "initial_value" not in next(nodes(hidden, "plain_text_input"))
    long = answer_form(doubtful(draft_reply="word " * 2000), case_id="c-1", may_show=True)
    check_view(long)
    assert "its end is missing" in str(long)


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
    assert handed_over().text == Person.HAS_IT.sentence
    assert set(STATUS) == set(Stage) - {Stage.TOTAL}
    for message in (queue_notice(3), handed_over()):
        check_message(message)


def test_prompts_are_made_from_titles_and_there_are_at_most_four():
    prompts = suggested_prompts(["Leave", "Leave", "Expenses", "", "t" * 200, "VPN", "Travel"])
    assert [p["title"] for p in prompts[:2]] == ["About: Leave", "About: Expenses"]
    assert prompts[0]["message"] == "What do I need to know about Leave?"
    assert len(prompts) == 4
    assert suggested_prompts([]) == []


def test_a_card_repeats_no_document_in_its_reasons_to_those_who_may_not_read_it():
    quoting = "Two documents contradict each other: one says 200000 euros, the other 350000 euros."
    answer = doubtful(reasons=[reason("conflict", quoting), reason("of_tomorrow", "350000 euros")])
    assert "350000 euros" in str(card(answer).body)
    hidden = card(answer, may_show=False)
    assert "euros" not in str(hidden.body)
    assert "Two documents contradict each other." in words(hidden.blocks)
    assert "Two documents contradict each other." in hidden.text


def test_every_reason_has_words_of_its_own_that_quote_nothing():
    said = {fixed_reason(code) for code in ReasonCode}
    assert len(said) == len(ReasonCode)
    assert fixed_reason("of_tomorrow") not in said
