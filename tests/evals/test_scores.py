from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from engine.audience import FULL_MEMBER
from engine.question import Question
from engine.trace import Outcome, Trace, TriageVerdict, Usage
from evals.case import Case
from evals.metrics import wilson
from evals.naive import NaiveAnswer
from evals.scores import Answered, confidence_curves, figures

BASELINES: dict[str, list[str]] = {"bm25": [], "dense": [], "convex": []}


def trace(outcome: Outcome, confidence: float) -> Trace:
    return Trace(
        trace_id="t",
        tenant="t",
        asked_at=datetime(2026, 11, 22, tzinfo=UTC),
        question=Question(id="1", text="x"),
        audience=("everyone",),
        outcome=outcome,
        reply="",
        draft_reply="",
        confidence=confidence,
        needs_human_review=False,
        reasons=(),
        citations=(),
        internal_next_steps=(),
        triage=TriageVerdict(),
        retrieved=(),
        usage=Usage(),
    )


def answered(
    expected: Outcome, outcome: Outcome, *, confidence: float = 0.5, **changed: Any
) -> Answered:
    case = Case(
        question=Question(id="1", text="x"),
        audience=FULL_MEMBER,
        kind="k",
        expected_outcome=expected,
    )
    return Answered(
        case=replace(case, **changed), trace=trace(outcome, confidence), baselines=BASELINES
    )


def test_asking_back_is_counted_among_ambiguous_and_among_clear_questions() -> None:
    asked, said = Outcome.CLARIFIED, Outcome.ANSWERED
    cases = [answered(asked, asked)] * 2 + [answered(asked, said)] * 3
    cases += [answered(said, asked)] + [answered(said, said)] * 9
    found = figures(cases, seed=7)
    assert (found["asked_back_ambiguous"], found["ambiguous_questions"]) == (2, 5)
    assert (found["asked_back_clear"], found["clear_questions"]) == (1, 10)
    assert found["asked_back_clear_share"] == 0.1
    assert found["asked_back_ambiguous_interval_95"] == [round(b, 4) for b in wilson(2, 5)]
    assert "asked_back_clear" not in figures(cases[5:], seed=7)


def test_the_curves_are_of_the_cases_that_the_figures_about_confidence_count() -> None:
    cases = [
        answered(Outcome.ANSWERED, Outcome.ANSWERED, confidence=0.9, answerable=True),
        answered(Outcome.ESCALATED, Outcome.ESCALATED, confidence=0.1, answerable=False),
        answered(Outcome.CLARIFIED, Outcome.CLARIFIED, confidence=0.4, answerable=None),
    ]
    curves = confidence_curves(cases)
    assert [(b.rows, b.true_share) for b in curves.answerable] == [(1, 0.0), (1, 1.0)]
    # The answerable one names no gold document, so that nobody can say whether its draft is right.
    assert [(b.rows, b.true_share) for b in curves.right] == [(1, 0.0)]
    assert [(p.coverage, p.risk) for p in curves.risk] == [(1.0, 1.0)]


def test_the_naive_pipeline_answers_everything_and_so_is_wrong_more_often() -> None:
    def naive(source: str, confidence: float) -> NaiveAnswer:
        return NaiveAnswer(
            ranked=(source,), sources=(source,), text="It costs 20 euros.", confidence=confidence
        )

    gold = {"gains": {"a": 1.0}, "answerable": True}
    said, held = Outcome.ANSWERED, Outcome.ESCALATED
    cases = [
        replace(answered(said, said, **gold), naive=naive("a", 0.9)),
        replace(answered(said, held, **gold, must_contain=("20", "30")), naive=naive("b", 0.8)),
        replace(answered(held, held, answerable=False), naive=naive("a", 0.7)),
        replace(answered(held, said, answerable=False), naive=naive("a", 0.85)),
    ]
    found = figures(cases, seed=7)
    # No draft here cites anything, so even the engine's first answer is not right.
    assert (found["engine_right_answers_share"], found["engine_wrong_answers_share"]) == (0.0, 0.5)
    assert (found["naive_right_answers_share"], found["naive_wrong_answers_share"]) == (0.25, 0.75)
    assert found["wrong_answers_minus_naive_interval_95"][0] == -0.25
    assert found["naive_confidence_auroc"] == 0.75
    assert found["naive_facts_in_sources_share"] == 0.5
    assert (found["naive_hit_at_1"], found["naive_recall_at_5"]) == (0.5, 0.5)
