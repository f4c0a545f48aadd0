from __future__ import annotations

import pytest

from bot.rendering.answer import answer_footer, answer_messages, choices_of
from bot.rendering.notices import NOBODY_TO_ASK, PERSON_HAS_IT, Person, late_note
from engine.replies import clarify
from tests.bot.rendering.shown import check_message, citation, nodes, reason, trace, words


def shown(answer, person=Person.CAN_BE_ASKED, **more):
    messages = answer_messages(answer, question_id="q-1", person=person, **more)
    for message in messages:
        check_message(message)
    return messages


def only(answer, person=Person.CAN_BE_ASKED, **more):
    (message,) = shown(answer, person, **more)
    return message


def buttons(message):
    return {
        b["action_id"]: (b["text"]["text"], b["value"]) for b in nodes(message.blocks, "button")
    }


def small(message):
    return [e["text"] for b in nodes(message.blocks, "context") for e in b["elements"]]


def test_an_answer_is_the_reply_its_sources_and_what_can_be_done_next():
    message = only(trace())
    assert words(message.blocks) == "You have 25 days. [1]\nSources\n[1] Leave (hr/leave.md)"
    assert buttons(message) == {
        "passage:1": ("Show passage 1", "t-1"),
        "human": ("Get a human", "q-1"),
    }
    (feedback,) = nodes(message.blocks, "feedback_buttons")
    assert feedback["action_id"] == "feedback"
    assert feedback["positive_button"]["value"] == "positive:q-1"
    assert feedback["negative_button"]["value"] == "negative:q-1"
    assert message.text == "You have 25 days. [1]\nSources:\n[1] Leave"


def test_sentences_of_one_passage_share_a_source_with_its_marks_pages_and_link():
    cited = [
        citation(1, chunk_id="a", page=3, url="https://docs.test/leave"),
        citation(2, chunk_id="b", title="Handbook"),
        citation(3, chunk_id="a", page=4, url="https://docs.test/leave"),
    ]
    message = only(trace("One. [1] Two. [2] Three. [3]", citations=cited))
    assert words(message.blocks).splitlines()[1:] == [
        "Sources",
        "[1][3] Leave, pages 3, 4",
        "[2] Handbook (hr/leave.md)",
    ]
    (link,) = nodes(message.blocks, "link")
    assert link == {"type": "link", "url": "https://docs.test/leave", "text": "Leave"}
    assert set(buttons(message)) == {"passage:1", "passage:2", "human"}
    label = next(nodes(message.blocks, "button"))["accessibility_label"]
    assert label == "Show passage 1: Leave"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "https://a b", "", 7])
def test_only_a_web_address_is_linked(url):
    assert not list(nodes(only(trace(citations=[citation(1, url=url)])).blocks, "link"))


def test_confidence_is_said_in_words_unless_it_is_high():
    assert small(only(trace(confidence=0.9))) == []
    assert small(only(trace(confidence=0.6))) == [
        "I am fairly sure of this, but not certain. Please check the sources."
    ]
    doubtful = only(trace(confidence=0.4))
    assert small(doubtful)[0].startswith("I am not sure that this answers your question.")
    assert small(doubtful)[0] in doubtful.text


def test_what_went_wrong_on_the_way_is_said():
    message = only(trace(reasons=[reason("model_down", "secret host 10.0.0.1 refused")]))
    assert "was not available throughout" in small(message)[0]
    assert "10.0.0.1" not in str(message)


def test_a_question_back_offers_its_choices_as_numbered_buttons():
    reply = clarify(["Password reset", "Get a human", "c" * 100])
    message = only(trace(reply, outcome="clarified", citations=[]))
    assert buttons(message) == {
        "human": ("Get a human", "q-1"),
        "choice:0": ("1. Password reset", "Password reset"),
        "choice:1": ("2. Get a human", "Get a human"),
        "choice:2": ("3. " + "c" * 71 + "…", "c" * 100),
    }
    assert small(message) == ["Press one, or reply in your own words."]
    (numbered,) = nodes(message.blocks, "rich_text_list")
    assert numbered["style"] == "ordered"
    assert not list(nodes(message.blocks, "feedback_buttons"))


def test_choices_are_the_list_that_ends_the_question_back():
    assert choices_of("Which?\n\n1. one\n2. two") == ("one", "two")
    assert choices_of("1. intro\n\nWhich?\n\n1. one\n2. two\n4. stray") == ("one", "two")
    assert choices_of("Which?") == ()


@pytest.mark.parametrize("outcome", ["escalated", "failed"])
def test_the_asker_of_an_open_question_reads_who_answers_next(outcome):
    open_question = trace("I am not sure.", outcome=outcome, draft_reply="Hidden. [1]")
    handed = only(open_question, Person.HAS_IT)
    assert words(handed.blocks) == f"I am not sure.\n{PERSON_HAS_IT}"
    assert PERSON_HAS_IT in handed.text
    assert set(buttons(handed)) == {"solved"}
    assert words(only(open_question, Person.NOBODY).blocks).endswith(NOBODY_TO_ASK)
    assert set(buttons(only(open_question, Person.CAN_BE_ASKED))) == {"human"}


def test_the_draft_and_its_sources_are_not_shown_to_the_asker():
    message = only(trace("Not sure.", outcome="escalated", draft_reply="Secret draft. [1]"))
    assert "Secret" not in str(message)
    assert "Leave" not in str(message)


def test_both_sides_of_a_conflict_are_shown_with_their_sources():
    reply = "Our documents disagree.\n\n- 14 days. [1]\n- 30 days. [2]"
    cited = [citation(1, title="Old"), citation(2, title="New")]
    message = only(trace(reply, outcome="escalated", citations=cited), Person.HAS_IT)
    assert words(message.blocks).splitlines() == [
        "Our documents disagree.",
        "14 days. [1]",
        "30 days. [2]",
        PERSON_HAS_IT,
        "Sources",
        "[1] Old (hr/leave.md)",
        "[2] New (hr/leave.md)",
    ]
    assert set(buttons(message)) == {"passage:1", "passage:2", "solved"}


def test_an_answer_for_which_a_person_was_asked_says_so_and_has_no_button_for_it():
    message = only(trace(), Person.HAS_IT)
    assert PERSON_HAS_IT in words(message.blocks)
    assert "human" not in buttons(message)


def test_a_failure_without_a_sentence_gives_the_questions_id():
    message = only(trace("", outcome="failed", citations=[]), Person.HAS_IT)
    assert message.text.endswith(f"{PERSON_HAS_IT} The question's id is q-1.")


def test_a_late_answer_begins_with_its_apology():
    note = late_note(25 * 60)
    message = only(trace(), note=note)
    assert small(message)[0] == note
    assert message.text.startswith(note)
    assert "25 minutes ago" in note
    only(trace("word " * 1500), note="x" * 5000)
    assert "1 minute ago" in late_note(10)
    assert "2 hours ago" in late_note(2 * 3600)
    assert "3 days ago" in late_note(3 * 86_400)


def test_steps_go_on_counting_after_code_that_stays_as_it_is():
    code = "chmod +x a_b_c && <name> *x*\n  # done"
    indented = "\n".join(f"   {line}" for line in code.split("\n"))
    first_step = f"1. Run it. [1]\n   ```\n{indented}\n   ```\n   [1]"
    reply = f"{first_step}\n2. Wait. [1]\n   - or not [1]\n3. End. [1]"
    message = only(trace(reply))
    (block, *_) = message.blocks
    first, pre, mark, second, below, third = block["elements"]
    assert pre == {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": code}]}
    assert mark["elements"][0]["text"] == "[1]"
    assert "offset" not in first
    assert (second["offset"], third["offset"]) == (1, 2)
    assert (below["style"], below["indent"]) == ("bullet", 1)


def test_words_that_look_like_markup_stay_as_they_are():
    reply = r"Set __init__ in C:\.ssh\*, # of seats < 5 & 2 * 3 * 4, <ServerName>, a_b_c. [1]"
    assert words(only(trace(reply)).blocks).splitlines()[0] == reply
    fences = only(trace("Use `tidectl <id>`, **now**, ~~not later~~. [1]"))
    styled = {e["text"]: e["style"] for e in nodes(fences.blocks[0], "text") if "style" in e}
    assert styled == {
        "tidectl <id>": {"code": True},
        "now": {"bold": True},
        "not later": {"strike": True},
    }


def test_a_link_is_live_only_where_a_cited_document_has_it():
    cited = [citation(1, url="https://docs.test/a", snippet="See https://status.test/x.")]
    reply = (
        "[Docs](https://docs.test/a) https://status.test/x. [evil.test](https://docs.test/a) "
        "https://evil.test/ [Docs](https://evil.test/b) [1]"
    )
    message = only(trace(reply, citations=cited))
    assert [(e["url"], e.get("text")) for e in nodes(message.blocks[0], "link")] == [
        ("https://docs.test/a", "Docs"),
        ("https://status.test/x", None),
        ("https://docs.test/a", None),
    ]
    assert "https://evil.test/" in words(message.blocks)


def test_more_sources_than_a_message_takes_go_to_another_one():
    cited = [
        citation(n, title="t" * 400, url=f"https://docs.test/{n}/{'x' * 1500}")
        for n in range(1, 40)
    ]
    reply = " ".join(f"Sentence {n}. [{n}]" for n in range(1, 40))
    messages = shown(trace(reply, citations=cited))
    assert len(messages) > 1
    assert sum(len(list(nodes(m.blocks, "link"))) for m in messages) == 39
    assert messages[1].text.startswith("(2 of ")
    assert len(list(nodes(messages[-1].blocks, "feedback_buttons"))) == 1


def test_the_footer_of_a_stream_is_what_stands_below_the_reply():
    footer = answer_footer(trace(), question_id="q-1", person=Person.CAN_BE_ASKED)
    assert only(trace()).blocks[1:] == footer
