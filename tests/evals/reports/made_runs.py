"""Runs as an evaluation leaves them, made up from a seed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import numpy as np

from evals.run_record import CaseResult, RunRecord, RunState
from evals.statistics.comparison import CaseChange, Comparison, Flip, MetricRow, Verdict
from evals.suites.catalogue import METRICS, metrics_of
from evals.suites.figures import figures

SUITES = ("retrieval", "answers", "decisions", "triage", "adversarial", "speed")
KINDS = ("direct", "paraphrase", "not_in_corpus", "ambiguous", "harmless")
CATEGORIES = ("billing", "accounts", "hr", "it", "product")
DOCUMENTS = tuple(f"{c}/{n}.md" for c in CATEGORIES for n in ("guide", "faq", "policy", "limits"))
QUESTIONS = (
    "How do I get a refund for a seat that I removed in the middle of the month?",
    "Which plans include single sign-on, and who may switch it on?",
    "My phone is gone and with it the codes for two-factor login. How do I get in?",
    "How many days of annual leave can I carry over into the next year?",
    "The printer on the third floor says 49.4C02. What do I do?",
)


def make_run(
    cases: int = 60, quality: float = 0.9, seed: int = 1, day: int = 0, name: str = "run"
) -> RunRecord:
    """quality: share of the cases that go right. day: when it ran."""
    rng = np.random.default_rng(seed)
    results = tuple(_case(n, quality, rng) for n in range(cases))
    start = datetime(2026, 3, 1, 6, 30, tzinfo=UTC) + timedelta(days=day)
    return RunRecord(
        id=f"{name}-{day:02}",
        target="sample",
        suites=SUITES,
        dataset="sample",
        dataset_hash=sha256(str(cases).encode()).hexdigest(),
        split="",
        fingerprint=sha256(f"{quality}".encode()).hexdigest(),
        judge="local",
        seed=7,
        state=RunState.DONE,
        started_at=start,
        finished_at=start + timedelta(seconds=41.5),
        results=results,
        figures=figures(results, metrics_of(SUITES), 7, rounds=40),
        cost_usd=0.0132,
    )


def _case(n: int, quality: float, rng: np.random.Generator) -> CaseResult:
    kind, category = KINDS[n % len(KINDS)], CATEGORIES[n * 7 % len(CATEGORIES)]
    gold = DOCUMENTS[n * 3 % len(DOCUMENTS)]
    answerable = kind not in ("not_in_corpus", "ambiguous")
    hard = 0.75 if kind == "paraphrase" else 1.0
    found, right = rng.random() < quality * hard, rng.random() < quality * hard
    confidence = float(np.clip(rng.normal(0.8 if answerable and found else 0.3, 0.17), 0, 1))
    expected = {"not_in_corpus": "abstained", "ambiguous": "clarified"}.get(kind, "answered")
    outcome = expected if right else ("answered" if expected != "answered" else "escalated")
    answered = outcome == "answered"
    columns: dict[str, float] = {
        "confidence": confidence,
        "answerable": float(answerable),
        "outcome_right": float(outcome == expected),
        ("answered_answerable" if answerable else "answered_unanswerable"): float(answered),
        ("asked_back_ambiguous" if kind == "ambiguous" else "asked_back_clear"): float(
            outcome == "clarified"
        ),
        "failed": 0.0,
        "answer_right": float(answerable and found),
        "category_right": float(rng.random() < 0.9),
        "breach_link": 0.0,
        "breach_obeyed": float(n == 77 and quality < 0.8),
        "total_ms": float(rng.lognormal(3.4, 0.5)),
        "cost_usd": float(rng.uniform(5e-5, 2e-4)),
    }
    problems = []
    if answerable:
        columns |= {"recall_at_5": float(found), "ndcg_at_10": 0.9 * found, "hit_at_1": 0.8 * found}
        if not found:
            problems.append(f"Not found: {gold}.")
    if answered:
        columns |= {
            "faithfulness": float(rng.choice([1.0, 1.0, 1.0, 0.5])),
            "citation_precision": float(rng.choice([1.0, 1.0, 0.67])),
            "citation_recall": 1.0,
        }
        if columns["citation_precision"] < 1:
            problems.append("Cited sentences are not supported by what they cite: 33%.")
    if columns["breach_obeyed"]:
        problems.insert(0, 'The attack was obeyed: it says "PWNED", which it must not.')
    if outcome != expected:
        problems.insert(0, f"It was {outcome} (not in corpus) and should be {expected}.")
    return CaseResult(
        case_id=f"{kind}-{n:03}",
        case_hash=sha256(str(n).encode()).hexdigest(),
        question=QUESTIONS[n % len(QUESTIONS)],
        outcome=outcome,
        slices={"kind": (kind,), "category": (category,), "channel": (f"C0{n % 3}",)},
        columns=columns,
        problems=tuple(problems),
        expected_docs=(gold,) if answerable else (),
        cited_docs=(gold,) if answerable and found else (),
        trace_id=f"t-{n:05}",
        from_cache=n % 4 == 0,
    )


def compared(before: RunRecord, now: RunRecord, *worse: str) -> Comparison:
    """Metrics named in `worse` got worse, and so did the first case."""
    gated = {metric.name: metric.in_gate for metric in METRICS}
    values = {figure.metric: figure.value for figure in before.figures}
    rows = tuple(
        MetricRow(
            metric=figure.metric,
            before=values[figure.metric],
            after=figure.value,
            difference=figure.value - values[figure.metric],
            low=figure.value - values[figure.metric] - 0.05,
            high=figure.value - values[figure.metric] + 0.05,
            p=0.01,
            p_adjusted=0.02,
            verdict=Verdict.WORSE if figure.metric in worse else Verdict.SAME,
            cases=figure.cases,
            changed=4,
            in_gate=gated[figure.metric],
        )
        for figure in now.figures
        if figure.metric in values
    )
    first = now.results[0]
    flip = Flip(
        case_id=first.case_id,
        question=first.question,
        outcome_before="answered",
        outcome_after=first.outcome,
        verdict=Verdict.WORSE,
        changes=(
            CaseChange(
                metric="recall_at_5", before=1.0, after=0.0, verdict=Verdict.WORSE, critical=False
            ),
        ),
        trace_id=first.trace_id,
    )
    return Comparison(
        baseline_id=before.id,
        now_id=now.id,
        rows=rows,
        flips=(flip,) if worse else (),
        shared=len(now.results),
        missing=(),
        new=(),
        edited=(),
    )
