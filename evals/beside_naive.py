"""The engine's answers beside those of the naive pipeline, on the same questions.

An answer is right where the corpus answers and a gold document is among its sources. That flatters
the naive pipeline, whose sources are always five chunks, where the engine cites what it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.probability_scores import auroc
from engine.trace import Outcome
from evals.metrics import mean, paired_bootstrap
from evals.naive import NaiveAnswer
from evals.run_record import Columns
from evals.suites.answer_text import found_strings


def naive_figures(
    answers: Sequence[tuple[Columns, Outcome, Sequence[str], Sequence[str], NaiveAnswer]],
    *,
    seed: int,
) -> dict[str, Any]:
    """Shares of questions that are shown a right and a wrong answer, and what tells them apart.

    answers: of each question the engine's columns, its outcome, the gold documents, the strings
    that a right answer contains, and the naive pipeline's answer. Empty where no question is known
    to be answerable or not.
    """
    judged = [a for a in answers if "answer_right" in a[0] and "answerable" in a[0]]
    if not judged:
        return {}
    found: dict[str, Any] = {"compared_questions": len(judged)}
    answerable = [bool(columns["answerable"]) for columns, *_ in judged]
    given = [outcome is Outcome.ANSWERED for _, outcome, *_ in judged]
    right = [bool(columns["answer_right"]) for columns, *_ in judged]
    theirs = [
        known and bool(set(gold).intersection(naive.sources))
        for known, (_, _, gold, _, naive) in zip(answerable, judged, strict=True)
    ]
    shares = {
        "right": ([g and r for g, r in zip(given, right, strict=True)], theirs),
        "wrong": (
            [g and not r for g, r in zip(given, right, strict=True)],
            [not t for t in theirs],
        ),
    }
    for name, (ours, naives) in shares.items():
        found[f"engine_{name}_answers_share"] = _rounded(mean([float(v) for v in ours]))
        found[f"naive_{name}_answers_share"] = _rounded(mean([float(v) for v in naives]))
        difference = paired_bootstrap(
            [float(v) for v in ours], [float(v) for v in naives], seed=seed
        )
        if difference is not None:
            found[f"{name}_answers_minus_naive_interval_95"] = [
                _rounded(v) for v in (difference.mean, difference.low, difference.high)
            ]
    found["naive_confidence_auroc"] = _rounded(
        auroc([naive.confidence for *_, naive in judged], answerable)
    )
    stated = [(wanted, naive) for _, _, _, wanted, naive in answers if wanted]
    if stated:
        found["naive_facts_in_sources_share"] = _rounded(
            mean([len(found_strings(w, naive.text)) / len(w) for w, naive in stated])
        )
    return found


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
