"""From answered cases to the figures of a set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.contract import render_trace
from engine.probability_scores import auroc, calibration_error, reliability
from engine.trace import Trace
from evals.beside_naive import naive_figures
from evals.case import Case
from evals.metrics import (
    aurc,
    auroc_interval,
    brier,
    coverage_at_risk,
    mean,
    paired_bootstrap,
    percentile,
    risk_coverage,
    wilson,
)
from evals.naive import NaiveAnswer
from evals.passage_pool import BASELINES
from evals.reports.confidence_charts import Curves
from evals.run_record import Columns
from evals.suites.metric import Suite
from evals.suites.ranking import RANKING_COLUMNS, ranking_scores
from evals.suites.score import plain_columns

_SUITES = (Suite.RETRIEVAL, Suite.ANSWERS, Suite.DECISIONS, Suite.SPEED)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A case with what the engine made of it.

    baselines: the first documents by each baseline. last_turn: the engine's own documents for
    the question without its history; None for a case without. naive: what the naive pipeline
    makes of it; None where that was not asked.
    """

    case: Case
    trace: Trace
    baselines: Mapping[str, Sequence[str]]
    last_turn: Sequence[str] | None = None
    naive: NaiveAnswer | None = None

    @cached_property
    def columns(self) -> Columns:
        """What it scores; see `evals.suites.score`."""
        return plain_columns(self.case, render_trace(self.trace), _SUITES)


def figures(answered: Sequence[Answered], *, seed: int) -> dict[str, Any]:
    """The figures of a set, units in the names; None where it has nothing to measure it by."""
    return {
        "questions": len(answered),
        **_ranking(answered, seed),
        **_history(answered),
        **_answers(answered),
        **_asked_back(answered),
        **_beside_naive(answered, seed),
        **_confidence(answered, seed),
        "outcomes": dict(Counter(a.trace.outcome.value for a in answered)),
        **_times(answered),
    }


def _ranking(answered: Sequence[Answered], seed: int) -> dict[str, Any]:
    judged = [a for a in answered if "hit_at_1" in a.columns]
    theirs = {
        baseline: [ranking_scores(a.baselines[baseline], a.case.gains) for a in judged]
        for baseline in BASELINES
    }
    with_naive = [a.naive for a in judged if a.naive is not None]
    if judged and len(with_naive) == len(judged):
        theirs["naive"] = [
            ranking_scores(naive.ranked, a.case.gains)
            for a, naive in zip(judged, with_naive, strict=True)
        ]
    found: dict[str, Any] = {"ranked_questions": len(judged)}
    for name in RANKING_COLUMNS:
        ours = [a.columns[name] for a in judged]
        found[f"engine_{name}"] = _rounded(mean(ours))
        interval = paired_bootstrap(ours, [0.0] * len(ours), seed=seed)
        if interval is not None:
            found[f"engine_{name}_interval_95"] = [_rounded(interval.low), _rounded(interval.high)]
        for baseline, scores in theirs.items():
            values = [each[name] for each in scores]
            found[f"{baseline}_{name}"] = _rounded(mean(values))
            interval = paired_bootstrap(ours, values, seed=seed)
            if interval is not None:
                found[f"{name}_minus_{baseline}_interval_95"] = [
                    _rounded(value) for value in (interval.mean, interval.low, interval.high)
                ]
    return found


def _beside_naive(answered: Sequence[Answered], seed: int) -> dict[str, Any]:
    return naive_figures(
        [
            (a.columns, a.trace.outcome, tuple(a.case.gains), a.case.must_contain, a.naive)
            for a in answered
            if a.naive is not None
        ],
        seed=seed,
    )


def _history(answered: Sequence[Answered]) -> dict[str, Any]:
    """What the turns before add to finding the documents."""
    pairs = [(a, a.last_turn) for a in answered if a.last_turn is not None and a.case.gains]
    if not pairs:
        return {}
    without = [ranking_scores(ranked, a.case.gains)["recall_at_5"] for a, ranked in pairs]
    return {
        "follow_up_questions": len(pairs),
        "follow_up_recall_at_5": _mean_of("recall_at_5", [a for a, _ in pairs]),
        "follow_up_recall_at_5_without_history": _rounded(mean(without)),
    }


_ALWAYS = {
    "answers_citing_gold_share": "answer_cites_gold",
    "drafts_citing_gold_share": "draft_cites_gold",
    "answered_answerable_share": "answered_answerable",
    "answered_unanswerable_share": "answered_unanswerable",
    "outcome_right_share": "outcome_right",
    "citations_per_answer": "citations",
    "sentences_per_answer": "cited_statements",
}
_WHERE_MARKED = {
    "facts_found_share": "facts_found",
    "answers_with_all_facts_share": "all_facts",
    "gold_pages_cited_share": "gold_pages_cited",
    "answers_citing_a_gold_page_share": "gold_page_cited",
    "cited_sentence_precision": "gold_span_precision",
    "cited_sentence_recall": "gold_span_recall",
}
"""The column whose mean each figure is; the latter only where a set has such cases."""


def _answers(answered: Sequence[Answered]) -> dict[str, Any]:
    found: dict[str, Any] = {name: _mean_of(column, answered) for name, column in _ALWAYS.items()}
    marked = {name: _mean_of(column, answered) for name, column in _WHERE_MARKED.items()}
    found |= {name: value for name, value in marked.items() if value is not None}
    expected = [a for a in answered if a.case.expected_outcome is not None]
    if expected:
        found["outcomes_by_kind"] = _by_kind(expected)
    return found


def _mean_of(column: str, answered: Sequence[Answered]) -> float | None:
    return _rounded(mean([a.columns[column] for a in answered if column in a.columns]))


def _asked_back(answered: Sequence[Answered]) -> dict[str, Any]:
    """How often an ambiguous question is asked back, and how often another one is."""
    found: dict[str, Any] = {}
    for name in ("ambiguous", "clear"):
        column = f"asked_back_{name}"
        values = [a.columns[column] for a in answered if column in a.columns]
        asked = int(sum(values))
        found[f"{name}_questions"] = len(values)
        found[column] = asked
        found[f"{column}_share"] = _rounded(mean(values))
        found[f"{column}_interval_95"] = _pair(wilson(asked, len(values)))
    return found if found["ambiguous_questions"] else {}


def _by_kind(answered: Sequence[Answered]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for each in answered:
        kind = counts.setdefault(each.case.kind, Counter())
        kind[each.trace.outcome.value] += 1
        kind["right"] += each.trace.outcome is each.case.expected_outcome
    return {kind: dict(sorted(counted.items())) for kind, counted in sorted(counts.items())}


def _confidence(answered: Sequence[Answered], seed: int) -> dict[str, Any]:
    """How well the confidence tells what the corpus answers, and what the draft states."""
    confidences, answerable, given, right = _labelled(answered)
    return {
        "confidence_auroc": _rounded(auroc(confidences, answerable)),
        "confidence_right_auroc": _rounded(auroc(given, right)),
        "confidence_right_ece": _rounded(calibration_error(given, right)),
        "confidence_right_brier": _rounded(brier(given, right)),
        "confidence_auroc_interval_95": _pair(auroc_interval(confidences, answerable, seed=seed)),
        "confidence_ece": _rounded(calibration_error(confidences, answerable)),
        "confidence_reliability": [
            [round(b.mean_probability, 3), round(b.true_share, 3), b.rows]
            for b in reliability(confidences, answerable)
        ],
        "coverage_at_risk_05": _rounded(coverage_at_risk(given, right, 0.05)),
        "coverage_at_risk_10": _rounded(coverage_at_risk(given, right, 0.10)),
        "aurc": _rounded(aurc(given, right)),
    }


def confidence_curves(answered: Sequence[Answered]) -> Curves:
    """What is drawn of the confidences, from the same cases as the figures about them."""
    confidences, answerable, given, right = _labelled(answered)
    return Curves(
        answerable=reliability(confidences, answerable),
        right=reliability(given, right),
        risk=risk_coverage(given, right),
    )


def _labelled(
    answered: Sequence[Answered],
) -> tuple[list[float], list[bool], list[float], list[bool]]:
    """Confidences with whether the corpus answers, then with whether the draft is right."""
    rows = [a.columns for a in answered]
    labelled = [row for row in rows if "answerable" in row]
    judged = [row for row in rows if "answer_right" in row]
    return (
        [row["confidence"] for row in labelled],
        [bool(row["answerable"]) for row in labelled],
        [row["confidence"] for row in judged],
        [bool(row["answer_right"]) for row in judged],
    )


def _times(answered: Sequence[Answered]) -> dict[str, Any]:
    totals = [a.columns["total_ms"] for a in answered]
    return {
        "engine_p50_ms": _rounded(percentile(totals, 50), 2),
        "engine_p95_ms": _rounded(percentile(totals, 95), 2),
    }


def _pair(values: tuple[float, float] | None) -> list[float] | None:
    return None if values is None else [round(value, 4) for value in values]


def _rounded(value: float | None, digits: int = 4) -> float | None:
    return None if value is None else round(value, digits)
