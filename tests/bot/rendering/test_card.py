from __future__ import annotations

import pytest

from bot.rendering.card import SimilarCase, card_message, withdrawn_card
from bot.rendering.case_forms import (
    answer_form,
    edit_form,
    reassign_form,
    reject_form,
    relabel_form,
    shown_labels,
    snooze_form,
    value_of,
)
from engine.storage.case import ASKED_FOR, DOWN_VOTED, Closed, How
from tests.bot.rendering.cases import AT, LINK, around, case
from tests.bot.rendering.shown import (
    HOSTILE,
    check_message,
    check_view,
    citation,
    nodes,
    reason,
    trace,
    words,
)


def doubtful(**changes):
    made = trace(
        "I am not sure.",
        outcome="escalated",
        draft_reply="You have 25 days. [1]",
        confidence=0.22,
        reasons=[reason("low_confidence", "The documents may not answer it.")],
        internal_next_steps=["Check the draft.", "Pass it to hr."],
    )
    return made | changes


def card(answer, known=None, **changes):
    message = card_message(answer, known or case(), around(**changes))
    if "group" not in changes:
        check_message(message)
    return message


def test_a_card_says_what_is_asked_why_it_is_here_and_what_to_do():
    message = card(doubtful(), case(respond_by=AT, resolve_by=AT))
    assert words(message.blocks).splitlines() == [
        "How much leave do I have?",
        "Asked by Alice, waiting since . Sorted as hr, priority low. See it where it was asked",
        "Why it is here",
        "The documents may not answer it.",
        "The bot puts the chance that the draft is right at 22%.",
        "Draft, not sent",
        "You have 25 days. [1]",
        "Evidence",
        "[1] Leave (hr/leave.md)",
        "[1] You have 25 days.",
        "What to do",
        "Check the draft.",
        "Pass it to hr.",
        "Nobody has this case yet. Somebody should have it by ."
        " The asker should have an answer by .",
    ]
    assert [date["timestamp"] for date in nodes(message.blocks, "date")] == [
        int(AT.timestamp())
    ] * 3
    buttons = {b["action_id"]: b["value"] for b in nodes(message.blocks, "button")}
    assert buttons == {
        "case:claim": "c-1",
        "case:approve": "c-1 t-1",
        "case:edit": "c-1 t-1",
        "case:answer": "c-1",
        "passage:1": "",
    }
    (menu,) = nodes(message.blocks, "overflow")
    assert [option["value"] for option in menu["options"]] == [
        "reassign:c-1",
        "reject:c-1",
        "snooze:c-1",
        "relabel:c-1",
    ]
    assert "Alice asks: How much leave do I have?" in message.text


def test_a_claimed_card_says_who_has_it_and_can_be_released():
    message = card(doubtful(), case(owner="U1", snoozed_until=AT, level=2))
    said = words(message.blocks)
    assert "Dana has this case. It was passed up 2 times. Nobody is reminded before ." in said
    assert "case:claim" not in str(message.blocks)
    assert "release:c-1" in str(message.blocks)


def test_evidence_says_how_far_its_source_is_trusted():
    tiers = {"official": ", official", "team": ", of colleagues"}
    tiers |= {"open": ", anybody may have written it", "": ""}
    for tier, said in tiers.items():
        answer = doubtful()
        answer["citations"] = [c | ({"trust": tier} if tier else {}) for c in answer["citations"]]
        assert f"[1] Leave (hr/leave.md){said}\n" in words(card(answer).blocks)


def test_a_card_hides_draft_evidence_and_steps_from_those_who_may_not_read_them():
    message = card(doubtful(), may_show=False)
    for hidden in ("25 days", "Leave", "hr/leave.md", "Check the draft", "passage:", "approve"):
        assert hidden not in str(message.body)
    assert "not everyone in this channel may read" in str(message.blocks)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"how": How.APPROVED}, "Dana sent the draft as it was. It is on its way to the asker."),
        ({"how": How.EDITED, "delivered_at": AT}, "Dana edited the draft and sent it."),
        ({"delivered_at": AT}, "Answered by Dana."),
    ],
)
def test_a_card_that_was_answered_says_by_whom_and_how_and_has_no_button(changes, line):
    answered = case(answered_by="U1", answered_at=AT, **changes)
    message = card(doubtful(), answered)
    assert not [b for b in nodes(message.blocks, "button") if b["action_id"] != "passage:1"]
    assert not list(nodes(message.blocks, "overflow"))
    assert message.text.endswith(line)
    assert "A question that a person answered" in message.text


@pytest.mark.parametrize(
    ("closed", "line"),
    [
        (Closed.SETTLED, "Replies are not passed on."),
        (Closed.SOLVED, "The asker has solved it themselves."),
        (Closed.REJECTED, "Dana closed it as out of scope: Ask payroll."),
        (Closed.EXPIRED, "Nobody answered in time"),
    ],
)
def test_the_card_of_a_closed_case_says_why_and_wants_nobody(closed, line):
    ended = case(closed=closed, closed_by="U1", closed_why="Ask payroll.")
    message = card(doubtful(), ended)
    assert line in message.text
    assert message.text.startswith("A question that needs nobody any more.")
    assert "case:" not in str(message.blocks)


def test_a_card_says_that_the_asker_wants_a_person_and_what_they_have_read():
    message = card(trace(), case(reasons=(ASKED_FOR, DOWN_VOTED)))
    said = words(message.blocks)
    assert "Why it is here\nThe asker asked for a person.\nA reader says" in said
    assert "What the asker has read\nYou have 25 days. [1]" in said
    conflict = card(doubtful(reply="They disagree:\n\nYou have 25 days. [1]"))
    assert "What the asker has read" in words(conflict.blocks)


def test_similar_cases_lead_to_their_cards_and_a_group_is_called_by_its_own_element():
    similar = [
        SimilarCase(question="How many days off?", answered_by="Dana", card=LINK),
        SimilarCase(question="Leave?", answered_by="Rita", card=None),
    ]
    message = card(doubtful(), similar=similar, group="S123")
    said = words(message.blocks)
    assert "Similar earlier cases\nHow many days off? (answered by Dana)\nLeave? (" in said
    assert [g["usergroup_id"] for g in nodes(message.blocks, "usergroup")] == ["S123"]


def test_the_card_of_a_deleted_question_shows_nothing_of_it():
    message = withdrawn_card(case(closed=Closed.WITHDRAWN))
    check_message(message)
    assert words(message.blocks) == (
        "The asker has deleted the question. Replies are not passed on."
    )


def test_a_card_with_a_long_draft_stays_one_message():
    answer = doubtful(
        question="why " * 2000,
        draft_reply="A sentence that says it. [1] " * 500,
        citations=[citation(n, snippet="s" * 5000, chunk_id="a") for n in range(1, 40)],
        reasons=[reason("conflict", "x " * 3000)] * 12,
        internal_next_steps=["y " * 3000] * 12,
    )
    similar = [SimilarCase(question="q " * 900, answered_by="n" * 900, card=LINK)] * 3
    message = card(answer, similar=similar)
    small = [e["text"] for b in nodes(message.blocks, "context") for e in b["elements"]]
    assert small[0].startswith("The draft is longer than this")


def test_forms_are_taken_by_slack_and_keep_what_they_are_of():
    edit = edit_form("Leave?", "You have 25 days. [1]", case_id="c-1", trace_id="t-1", revision=1)
    check_view(edit)
    (field,) = nodes(edit, "plain_text_input")
    assert field["initial_value"] == "You have 25 days. [1]"
    assert (edit["callback_id"], edit["private_metadata"]) == ("case:edit", "c-1 t-1 1")
    long = edit_form("Leave?", "word " * 2000, case_id="c-1", trace_id="t-1", revision=1)
    check_view(long)
    assert "its end is missing" in str(long)
    labels = {"categories": ("hr", "it"), "priorities": ()}
    for form in (
        answer_form(HOSTILE, case_id="c-1", revision=1),
        reject_form(HOSTILE, case_id="c-1"),
        reassign_form(case_id="c-1"),
        snooze_form(case_id="c-1"),
        relabel_form(case_id="c-1", category="pay", priority=None, **labels),
        relabel_form(case_id="c-1", category=None, priority=None, categories=(), priorities=()),
    ):
        check_view(form)
        assert form["private_metadata"].partition(" ")[0] == "c-1"


def test_what_a_relabel_form_showed_is_told_with_it_also_by_one_of_an_earlier_version():
    form = relabel_form(
        case_id="c-1", category="pay", priority=None, categories=("hr",), priorities=("low",)
    )
    assert shown_labels(form["private_metadata"].partition(" ")[2]) == ("pay", "")
    assert shown_labels("") == ("", "")


def test_what_a_form_holds_is_read_whatever_its_shape():
    def view(**element):
        return {"state": {"values": {"b": {"value": element}}}}

    assert value_of(view(value="  yes "), "b") == "yes"
    assert value_of(view(selected_user="U1"), "b") == "U1"
    assert value_of(view(selected_option={"value": "hour"}), "b") == "hour"
    assert value_of({"state": {"values": {"b": {"text": {"value": "yes"}}}}}, "b") == "yes"
    for broken in (
        {},
        {"state": None},
        view(value=None),
        {"state": {"values": {"b": {"value": 1}}}},
    ):
        assert value_of(broken, "b") == ""


def test_a_card_repeats_no_document_in_its_reasons_to_those_who_may_not_read_it():
    quoting = "Two documents contradict each other: one says 200000 euros, the other 350000 euros."
    answer = doubtful(reasons=[reason("conflict", quoting), reason("of_tomorrow", "350000 euros")])
    assert "350000 euros" in str(card(answer).body)
    hidden = card(answer, may_show=False)
    assert "euros" not in str(hidden.body)
    assert "Two documents contradict each other." in words(hidden.blocks)
    assert "Two documents contradict each other." in hidden.text


@pytest.mark.parametrize(
    ("confidence", "said"), [(1.0, "over 99%"), (0.994, "99%"), (0.0, "under 1%"), (0.5, "50%")]
)
def test_no_draft_is_said_to_be_certain(confidence, said):
    message = card(doubtful(confidence=confidence))
    assert f"at {said}." in words(message.blocks)


def test_a_card_names_no_document_that_was_found_to_those_who_may_not_read_it():
    answer = doubtful(draft_reply="", citations=[], internal_next_steps=["Look in hr/secret.md."])
    assert "hr/secret.md" in str(card(answer).body)
    hidden = card(answer, may_show_steps=False)
    assert "hr/secret.md" not in str(hidden.body)
    assert "What to do next is not shown" in str(hidden.blocks)
