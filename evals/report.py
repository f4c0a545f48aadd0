"""The evaluation's figures as tables for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evals.suites.ranking import RANKING_COLUMNS
from evals.terminal import say, show_table

_COLUMNS = {
    "answers_citing_gold_share": "cite gold",
    "answered_answerable_share": "answered if answerable",
    "answered_unanswerable_share": "if not",
    "outcome_right_share": "outcome right",
    "facts_found_share": "facts",
    "gold_pages_cited_share": "gold pages",
    "confidence_auroc": "AUROC",
    "confidence_right_auroc": "AUROC right",
    "confidence_right_ece": "ECE",
    "coverage_at_risk_05": "coverage at 5% risk",
    "coverage_at_risk_10": "at 10%",
    "aurc": "AURC",
    "citations_per_answer": "citations",
    "sentences_per_answer": "sentences",
    "engine_p50_ms": "p50 ms",
    "engine_p95_ms": "p95 ms",
}


def show_report(sets: Mapping[str, Mapping[str, Any]], baselines: Sequence[str]) -> None:
    """Prints ranking, answers and outcomes of every set on standard error."""
    if not sets:
        return
    say("\nranking of documents")
    rows: list[list[object]] = []
    for name, found in sets.items():
        for system in ("engine", *baselines):
            metrics = [found[f"{system}_{metric}"] for metric in RANKING_COLUMNS]
            rows.append([name, system, found["ranked_questions"], *metrics])
        for metric in ("hit_at_1", "ndcg_at_10"):
            for other in ("convex", "naive"):
                interval = found.get(f"{metric}_minus_{other}_interval_95")
                if interval:
                    say(f"  {name}: {metric} - {other} {_interval(interval)}")
    show_table(("set", "by", "questions", *RANKING_COLUMNS), rows)
    say("\nanswers")
    show_table(
        ("set", "questions", *_COLUMNS.values()),
        [
            [name, found["questions"], *(found.get(column) for column in _COLUMNS)]
            for name, found in sets.items()
        ],
    )
    say("")
    for name, found in sets.items():
        if "compared_questions" in found:
            for kind in ("right", "wrong"):
                say(
                    f"{name}: shown a {kind} answer {found[f'engine_{kind}_answers_share']:.3f}, "
                    f"naive {found[f'naive_{kind}_answers_share']:.3f}, difference "
                    f"{_interval(found[f'{kind}_answers_minus_naive_interval_95'])}"
                )
        if "ambiguous_questions" in found:
            for kind in ("ambiguous", "clear"):
                low, high = found[f"asked_back_{kind}_interval_95"]
                say(
                    f"{name}: asked back {found[f'asked_back_{kind}']} of "
                    f"{found[f'{kind}_questions']} {kind} questions ({low:.3f} to {high:.3f})"
                )
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in found["outcomes"].items())
        say(f"{name}: {outcomes}")
        for kind, counts in found.get("outcomes_by_kind", {}).items():
            by_outcome = {outcome: n for outcome, n in counts.items() if outcome != "right"}
            detail = ", ".join(f"{n} {outcome}" for outcome, n in by_outcome.items())
            say(f"  {kind}: {counts['right']} of {sum(by_outcome.values())} right ({detail})")


def _interval(values: Sequence[float]) -> str:
    difference, low, high = values
    return f"{difference:+.3f} [{low:+.3f}, {high:+.3f}]"
