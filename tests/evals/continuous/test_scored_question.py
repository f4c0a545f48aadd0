from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine.contract import render_trace
from engine.errors import WrongUse
from evals.continuous.scored_question import score_body
from evals.judging.judge import Criterion
from evals.judging.local import LocalJudge
from tests.evals.continuous.made_traces import a_trace

DAY = date(2026, 11, 20)


class Faithful(LocalJudge):
    """Judges sentences alone, so that no embedder is read."""

    def judges(self, criterion: Criterion) -> bool:
        return criterion is Criterion.FAITHFULNESS


def body(**changes: Any) -> dict[str, Any]:
    made = a_trace(3, DAY, tenant="acme", **changes)
    return render_trace(made) | {"audience": list(made.audience), "user": "U1", "channel": "C1"}


async def test_an_answer_has_a_value_of_every_series_of_traces() -> None:
    found = await score_body(body(), Faithful())
    assert found.values == {
        "faithfulness": 1.0,
        "breaches": 0.0,
        "attacks": 0.0,
        "top_score": 0.7,
        "confidence": 0.9,
        "reviews": 0.0,
        "cost_usd": 0.0,
        "total_ms": 103.0,
        "citations": 1.0,
    }
    assert found.labels == {"outcomes": "answered", "categories": "it"}
    assert (found.trace_id, found.question_id, found.channel) == ("2026-11-20-3", "q3", "C1")
    assert found.problems == ()


async def test_what_was_not_answered_has_no_value_of_answers() -> None:
    found = await score_body(body(escalated=True), Faithful())
    assert {"faithfulness", "citations"}.isdisjoint(found.values)
    assert found.values["reviews"] == 1.0
    attack = body(escalated=True) | {"reasons": [{"code": "refused_attack", "text": "No."}]}
    assert (await score_body(attack, Faithful())).values["attacks"] == 1.0
    sorted_nowhere = body() | {"triage": {"category": None}}
    assert (await score_body(sorted_nowhere, Faithful())).labels["categories"] == "none"


async def test_an_unsupported_sentence_and_a_live_mention_are_seen() -> None:
    found = await score_body(body(said="<!channel> The moon costs 900 cheeses."), Faithful())
    assert (found.values["faithfulness"], found.values["breaches"]) == (0.0, 1.0)
    assert len(found.problems) >= 2
    assert not any("cheeses" in problem for problem in found.problems)


async def test_a_body_of_another_kind_is_refused() -> None:
    for wrong in ({}, {"trace_id": "t"}, body() | {"question": 7}):
        with pytest.raises((KeyError, WrongUse)):
            await score_body(wrong, Faithful())
