from __future__ import annotations

from engine.trace import Outcome
from evals.suites.decisions import decision_columns
from evals.suites.triage import code_of, triage_columns
from tests.evals.suites.made import answer, case, citation


def test_an_answer_given_to_what_the_corpus_answers() -> None:
    wanted = case(answerable=True, gains={"a.md": 1.0}, expected_outcome=Outcome.ANSWERED)
    found = decision_columns(wanted, answer("x [1]", citation(1, "x"), confidence=0.8))
    assert found == {
        "failed": 0.0,
        "confidence": 0.8,
        "outcome_right": 1.0,
        "asked_back_clear": 0.0,
        "answerable": 1.0,
        "answered_answerable": 1.0,
        "answer_right": 1.0,
    }


def test_an_answer_from_another_document_is_not_right() -> None:
    wanted = case(answerable=True, gains={"b.md": 1.0})
    assert decision_columns(wanted, answer("x [1]", citation(1, "x")))["answer_right"] == 0.0
    # Without gold nobody can say whether it is right.
    assert "answer_right" not in decision_columns(case(answerable=True), answer("x"))


def test_abstaining_and_asking_back() -> None:
    silent = decision_columns(case(answerable=False), answer(outcome="escalated"))
    assert (silent["answered_unanswerable"], silent["answer_right"]) == (0.0, 0.0)
    ambiguous = case(expected_outcome=Outcome.CLARIFIED)
    found = decision_columns(ambiguous, answer(outcome="clarified"))
    assert (found["asked_back_ambiguous"], found["outcome_right"]) == (1.0, 1.0)
    assert "asked_back_clear" not in found
    assert "answerable" not in found


def test_a_case_that_expects_nothing_can_only_fail() -> None:
    assert decision_columns(case(), answer(outcome="failed", confidence=0.0)) == {
        "failed": 1.0,
        "confidence": 0.0,
    }


def triaged(**given: object) -> dict[str, object]:
    return answer("x", triage={"category": None, "priority": None} | given)


def test_triage_is_right_or_wrong_and_its_labels_are_codes() -> None:
    wanted = case(category="it", priority="high")
    found = triage_columns(wanted, triaged(category="hr", category_confidence=0.6, priority="high"))
    assert found == {
        "category_right": 0.0,
        "category_gold": code_of("it"),
        "category_said": code_of("hr"),
        "category_confidence": 0.6,
        "priority_right": 1.0,
        "priority_gold": code_of("high"),
        "priority_said": code_of("high"),
    }


def test_no_category_is_wrong_and_no_priority_is_not_counted() -> None:
    found = triage_columns(case(category="it", priority="high"), triaged())
    assert found["category_right"] == 0.0
    assert found["category_said"] == code_of(None) == -1.0
    assert "priority_right" not in found
    assert triage_columns(case(), triaged(category="it")) == {}
