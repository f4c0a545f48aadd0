from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import replies
from engine.decision import Findings, decide, may_speak
from engine.question import Gate
from engine.refusal.reading import Refused
from engine.trace import Outcome, ReasonCode


def found(**changes: Any) -> Findings:
    return Findings(
        **{
            "documents": 5,
            "readable": True,
            "answerability": 0.9,
            "sentences": 2,
            "dropped": 0,
            "was_cut": False,
        }
        | changes
    )


def codes(**changes: Any) -> list[ReasonCode]:
    return [reason.code for reason in decide(found(**changes), min_confidence=0.35).reasons]


def test_a_likely_answer_is_given_as_the_draft_says_it() -> None:
    decision = decide(found(), min_confidence=0.35)
    assert decision.outcome is Outcome.ANSWERED
    assert decision.reply is None
    assert (decision.confidence, decision.needs_human_review) == (0.9, False)
    assert decision.reasons == ()


@pytest.mark.parametrize(
    ("changes", "outcome", "code", "confidence", "reply"),
    [
        ({"documents": 0}, Outcome.ESCALATED, ReasonCode.NO_DOCUMENTS, 0.0, replies.NO_DOCUMENTS),
        (
            {"readable": False},
            Outcome.ESCALATED,
            ReasonCode.NOT_IN_CORPUS,
            0.0,
            replies.NOT_IN_CORPUS,
        ),
        (
            {"answerability": 0.01},
            Outcome.ABSTAINED,
            ReasonCode.OUT_OF_SCOPE,
            0.01,
            replies.OUT_OF_SCOPE,
        ),
        ({"sentences": 0}, Outcome.ESCALATED, ReasonCode.NOT_IN_CORPUS, 0.2, replies.NOT_IN_CORPUS),
        (
            {"sentences": 0, "dropped": 3},
            Outcome.ESCALATED,
            ReasonCode.UNSUPPORTED,
            0.2,
            replies.NOT_IN_CORPUS,
        ),
        (
            {"sentences": 0, "answerability": 0.18},
            Outcome.ESCALATED,
            ReasonCode.NOT_IN_CORPUS,
            0.18,
            replies.NOT_IN_CORPUS,
        ),
        (
            {"answerability": 0.3},
            Outcome.ESCALATED,
            ReasonCode.LOW_CONFIDENCE,
            0.3,
            replies.LOW_CONFIDENCE,
        ),
    ],
)
def test_each_case_has_its_outcome_reason_and_reply(
    changes: dict[str, Any], outcome: Outcome, code: ReasonCode, confidence: float, reply: str
) -> None:
    decision = decide(found(**changes), min_confidence=0.35)
    assert decision.outcome is outcome
    assert [reason.code for reason in decision.reasons] == [code]
    assert decision.confidence == confidence
    assert decision.reply == reply
    assert decision.needs_human_review == (outcome is Outcome.ESCALATED)


def test_an_answer_is_given_from_the_least_confidence_on() -> None:
    assert may_speak(0.35, 0.35)
    assert not may_speak(0.3499, 0.35)
    assert decide(found(answerability=0.35), min_confidence=0.35).outcome is Outcome.ANSWERED


def test_an_empty_knowledge_base_is_said_before_anything_else() -> None:
    assert codes(documents=0, readable=False, answerability=0.0) == [ReasonCode.NO_DOCUMENTS]


def test_a_cut_question_is_said_beside_every_outcome() -> None:
    for changes in ({}, {"documents": 0}, {"answerability": 0.0}, {"sentences": 0}):
        assert codes(was_cut=True, **changes)[0] is ReasonCode.QUESTION_CUT


@pytest.mark.parametrize(("dropped", "said"), [(1, "One sentence of"), (3, "3 sentences of")])
def test_sentences_left_out_of_an_answer_are_counted(dropped: int, said: str) -> None:
    decision = decide(found(dropped=dropped), min_confidence=0.35)
    assert decision.outcome is Outcome.ANSWERED
    assert [r.code for r in decision.reasons] == [ReasonCode.UNSUPPORTED]
    assert decision.reasons[0].text.startswith(said)


@given(
    st.builds(
        Findings,
        documents=st.integers(0, 3),
        readable=st.booleans(),
        answerability=st.floats(0, 1),
        sentences=st.integers(0, 3),
        dropped=st.integers(0, 3),
        was_cut=st.booleans(),
    ),
    st.floats(0, 1),
)
def test_there_is_no_silent_outcome(findings: Findings, least: float) -> None:
    decision = decide(findings, min_confidence=least)
    assert 0 <= decision.confidence <= 1
    assert (decision.reply is None) == (decision.outcome is Outcome.ANSWERED)
    if decision.outcome is Outcome.ANSWERED:
        assert findings.sentences > 0
        assert findings.answerability >= least
    else:
        assert decision.reply
        assert decision.reasons
    assert decision.needs_human_review == (decision.outcome is Outcome.ESCALATED)
    assert all(reason.text.endswith(".") for reason in decision.reasons)


@pytest.mark.parametrize(
    ("answerability", "elsewhere", "abstains"),
    [
        (0.10, None, True),  # no model could say
        (0.20, None, False),
        (0.10, 0.3, True),
        (0.10, 0.02, False),  # its words are a help desk's, so a person should look
        (0.40, 0.8, True),
        (0.40, 0.3, False),
        (0.70, 0.99, False),  # the documents do answer it
    ],
)
def test_out_of_scope_is_decided_by_the_words_and_by_what_was_found_together(
    answerability: float, elsewhere: float | None, abstains: bool
) -> None:
    decision = decide(
        found(answerability=answerability, out_of_scope=elsewhere), min_confidence=0.35
    )
    assert (decision.outcome is Outcome.ABSTAINED) is abstains


def test_a_contradiction_shows_both_sides_and_calls_a_person() -> None:
    decision = decide(found(conflict="one says 3 years, the other 4"), min_confidence=0.35)
    assert decision.outcome is Outcome.ESCALATED
    assert decision.shows_draft
    assert decision.needs_human_review
    assert decision.confidence == pytest.approx(0.45)
    assert decision.reply is not None
    assert "one says 3 years, the other 4" in decision.reply
    assert [reason.code for reason in decision.reasons] == [ReasonCode.CONFLICT]


def test_an_ambiguous_question_is_asked_back_with_its_choices() -> None:
    decision = decide(found(choices=("Expenses", "Uploads")), min_confidence=0.35)
    assert decision.outcome is Outcome.CLARIFIED
    assert not decision.needs_human_review
    assert decision.reply is not None
    assert decision.reply.endswith("1. Expenses\n2. Uploads")


def test_what_the_documents_hardly_answer_is_not_asked_back() -> None:
    assert codes(answerability=0.2, choices=("A", "B")) == [ReasonCode.LOW_CONFIDENCE]


def test_a_contradiction_in_a_doubtful_case_is_told_to_the_reviewer_alone() -> None:
    decision = decide(found(answerability=0.2, conflict="they differ"), min_confidence=0.35)
    assert not decision.shows_draft
    assert [reason.code for reason in decision.reasons] == [
        ReasonCode.CONFLICT,
        ReasonCode.LOW_CONFIDENCE,
    ]


def test_a_doubtful_answer_names_what_no_passage_mentions() -> None:
    findings = found(answerability=0.2, unmet=("Swiss francs", "Zermatt"))
    (reason,) = decide(findings, min_confidence=0.35).reasons
    assert reason.text.endswith("only 20%; no passage found mentions Swiss francs, Zermatt.")


def test_a_place_may_ask_for_more_confidence_than_the_engine() -> None:
    decided = {
        least: decide(
            found(answerability=0.8), min_confidence=0.35, gate=Gate(min_confidence=least)
        )
        for least in (None, 0.2, 0.8, 0.81, 1.01)
    }
    assert [d.outcome for d in decided.values()] == [Outcome.ANSWERED] * 3 + [Outcome.ESCALATED] * 2
    held = decided[0.81]
    assert held.needs_human_review
    assert [reason.code for reason in held.reasons] == [ReasonCode.LOW_PRECISION]
    assert held.confidence == 0.8
    assert "probability of 80%, and only from 81% on" in held.reasons[0].text
    assert "Too few" in decided[1.01].reasons[0].text


def test_a_place_cannot_ask_for_less_than_the_engine() -> None:
    decision = decide(found(answerability=0.3), min_confidence=0.35, gate=Gate(min_confidence=0.1))
    assert [reason.code for reason in decision.reasons] == [ReasonCode.LOW_CONFIDENCE]


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, [ReasonCode.DRAFT_MODE]),
        ({"choices": ("Expenses", "Uploads")}, [ReasonCode.AMBIGUOUS, ReasonCode.DRAFT_MODE]),
        (
            {"answerability": 0.01, "out_of_scope": 0.9},
            [ReasonCode.OUT_OF_SCOPE, ReasonCode.DRAFT_MODE],
        ),
        ({"answerability": 0.2}, [ReasonCode.LOW_CONFIDENCE]),
    ],
)
def test_where_a_person_sees_every_answer_none_is_shown(
    changes: dict[str, Any], codes: list[ReasonCode]
) -> None:
    decision = decide(found(**changes), min_confidence=0.35, gate=Gate(reviewed=True))
    assert decision.outcome is Outcome.ESCALATED
    assert decision.needs_human_review
    assert decision.reply
    assert not decision.shows_draft
    assert [reason.code for reason in decision.reasons] == codes


@pytest.mark.parametrize(
    ("refused", "code", "reply"),
    [
        (Refused.ORDERS, ReasonCode.REFUSED_ATTACK, replies.REFUSED_ORDERS),
        (Refused.CREDENTIAL, ReasonCode.REFUSED_PRIVATE, replies.REFUSED_CREDENTIAL),
        (Refused.PERSONAL, ReasonCode.REFUSED_PRIVATE, replies.REFUSED_PERSONAL),
    ],
)
def test_what_is_refused_is_said_with_its_reason_whatever_the_documents_say(
    refused: Refused, code: ReasonCode, reply: str
) -> None:
    decision = decide(found(refused=refused, always=True, answerability=0.99), min_confidence=0.35)
    assert decision.outcome is Outcome.ABSTAINED
    assert [reason.code for reason in decision.reasons] == [code]
    assert (decision.reply, decision.confidence) == (reply, 0.0)
    assert decision.refuses
    assert not decision.needs_human_review
    assert codes(refused=refused, always=True, documents=0) == [code]


def test_what_may_be_meant_for_all_is_refused_where_no_document_tells_it() -> None:
    asked = {"refused": Refused.CREDENTIAL}
    assert decide(found(**asked), min_confidence=0.35).outcome is Outcome.ANSWERED
    refused = decide(found(**asked, answerability=0.2), min_confidence=0.35)
    assert refused.outcome is Outcome.ABSTAINED
    assert codes(**asked, readable=False, answerability=0.0) == [ReasonCode.REFUSED_PRIVATE]


def test_an_answer_beside_an_order_says_that_the_order_was_left_out() -> None:
    decision = decide(found(refused=Refused.ORDERS), min_confidence=0.35)
    assert decision.outcome is Outcome.ANSWERED
    assert [reason.code for reason in decision.reasons] == [ReasonCode.REFUSED_ATTACK]
