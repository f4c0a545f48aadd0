"""From answered cases to the figures of a set."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.probability_scores import auroc, calibration_error, reliability
from engine.trace import Outcome, Stage, Trace
from evals.case import Case
from evals.metrics import (
    aurc,
    auroc_interval,
    brier,
    coverage_at_risk,
    hit_at_k,
    mean,
    ndcg_at_k,
    paired_bootstrap,
    percentile,
    recall_at_k,
    reciprocal_rank,
    risk_coverage,
    wilson,
)
from evals.passage_pool import BASELINES
from evals.plots import Curves

RANKED = 10
"""Documents of a ranking that are scored: as many as a Trace holds."""

_MARKS = re.compile(r"(?:\[\d+\])+")
_TAG = re.compile(r"<[^<>]+>")

_RANKING_METRICS: dict[str, Callable[[Sequence[str], Mapping[str, float]], float]] = {
    "hit_at_1": lambda ranked, gains: hit_at_k(ranked, gains, 1),
    "hit_at_5": lambda ranked, gains: hit_at_k(ranked, gains, 5),
    "recall_at_5": lambda ranked, gains: recall_at_k(ranked, gains, 5),
    "ndcg_at_10": lambda ranked, gains: ndcg_at_k(ranked, gains, RANKED),
    "mrr_at_10": lambda ranked, gains: reciprocal_rank(ranked[:RANKED], gains),
}
RANKING_METRICS = tuple(_RANKING_METRICS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A case with what the engine made of it.

    baselines: the first documents by each baseline. last_turn: the engine's own documents for
    the question without its history; None for a case without.
    """

    case: Case
    trace: Trace
    baselines: Mapping[str, Sequence[str]]
    last_turn: Sequence[str] | None = None

    @property
    def ranked(self) -> list[str]:
        """The engine's documents, best first."""
        return [r.document_name for r in self.trace.retrieved]

    @property
    def cites_gold(self) -> bool:
        """Whether the draft cites a gold document."""
        return any(c.document_name in self.case.gains for c in self.trace.citations)


def figures(answered: Sequence[Answered], *, seed: int) -> dict[str, Any]:
    """The figures of a set, units in the names; None where it has nothing to measure it by."""
    return {
        "questions": len(answered),
        **_ranking(answered, seed),
        **_history(answered),
        **_answers(answered),
        **_asked_back(answered),
        **_confidence(answered, seed),
        "outcomes": dict(Counter(a.trace.outcome.value for a in answered)),
        **_times(answered),
    }


def _ranking(answered: Sequence[Answered], seed: int) -> dict[str, Any]:
    judged = [a for a in answered if a.case.gains]
    found: dict[str, Any] = {"ranked_questions": len(judged)}
    for name, metric in _RANKING_METRICS.items():
        ours = [metric(a.ranked, a.case.gains) for a in judged]
        found[f"engine_{name}"] = _rounded(mean(ours))
        for baseline in BASELINES:
            theirs = [metric(a.baselines[baseline], a.case.gains) for a in judged]
            found[f"{baseline}_{name}"] = _rounded(mean(theirs))
            if baseline == "convex":
                interval = paired_bootstrap(ours, theirs, seed=seed)
                if interval is not None:
                    found[f"{name}_minus_convex_interval_95"] = [
                        _rounded(interval.mean),
                        _rounded(interval.low),
                        _rounded(interval.high),
                    ]
    return found


def _history(answered: Sequence[Answered]) -> dict[str, Any]:
    """What the turns before add to finding the documents."""
    pairs = [(a, a.last_turn) for a in answered if a.last_turn is not None and a.case.gains]
    if not pairs:
        return {}
    with_turns = [recall_at_k(a.ranked, a.case.gains, 5) for a, _ in pairs]
    without = [recall_at_k(ranked, a.case.gains, 5) for a, ranked in pairs]
    return {
        "follow_up_questions": len(pairs),
        "follow_up_recall_at_5": _rounded(mean(with_turns)),
        "follow_up_recall_at_5_without_history": _rounded(mean(without)),
    }


def _answers(answered: Sequence[Answered]) -> dict[str, Any]:
    given = [a for a in answered if a.trace.outcome is Outcome.ANSWERED]
    gold = [a for a in answered if a.case.gains and a.case.answerable]
    given_gold = [a for a in given if a.case.gains]
    answerable = [a for a in answered if a.case.answerable]
    unanswerable = [a for a in answered if a.case.answerable is False]
    expected = [a for a in answered if a.case.expected_outcome is not None]
    facts = [a for a in answered if a.case.must_contain]
    paged = [a for a in answered if a.case.pages]
    marked = [a for a in given if a.case.sentences]
    found: dict[str, Any] = {
        "answers_citing_gold_share": _share(a.cites_gold for a in given_gold),
        "drafts_citing_gold_share": _share(a.cites_gold for a in gold),
        "answered_answerable_share": _share(_is_answered(a) for a in answerable),
        "answered_unanswerable_share": _share(_is_answered(a) for a in unanswerable),
        "outcome_right_share": _share(a.trace.outcome is a.case.expected_outcome for a in expected),
        "citations_per_answer": _rounded(mean([len(a.trace.citations) for a in given])),
        "sentences_per_answer": _rounded(
            mean([len(_MARKS.findall(a.trace.draft_reply)) for a in given])
        ),
    }
    if facts:
        shares = [facts_found(a.case.must_contain, a.trace.draft_reply) for a in facts]
        found["facts_found_share"] = _rounded(mean(shares))
        found["answers_with_all_facts_share"] = _share(share == 1.0 for share in shares)
    if paged:
        shares = [_pages_cited(a) for a in paged]
        found["gold_pages_cited_share"] = _rounded(mean(shares))
        found["answers_citing_a_gold_page_share"] = _share(share > 0 for share in shares)
    if marked:
        overlaps = [_sentences_cited(a) for a in marked]
        found["cited_sentence_precision"] = _rounded(mean([p for p, _ in overlaps]))
        found["cited_sentence_recall"] = _rounded(mean([r for _, r in overlaps]))
    if expected:
        found["outcomes_by_kind"] = _by_kind(expected)
    return found


def _asked_back(answered: Sequence[Answered]) -> dict[str, Any]:
    """How often an ambiguous question is asked back, and how often another one is."""
    found: dict[str, Any] = {}
    expected = [a for a in answered if a.case.expected_outcome is not None]
    ambiguous = [a for a in expected if a.case.expected_outcome is Outcome.CLARIFIED]
    for name, cases in (
        ("ambiguous", ambiguous),
        ("clear", [a for a in expected if a.case.expected_outcome is not Outcome.CLARIFIED]),
    ):
        asked = sum(a.trace.outcome is Outcome.CLARIFIED for a in cases)
        found[f"{name}_questions"] = len(cases)
        found[f"asked_back_{name}"] = asked
        found[f"asked_back_{name}_share"] = _rounded(asked / len(cases)) if cases else None
        found[f"asked_back_{name}_interval_95"] = _pair(wilson(asked, len(cases)))
    return found if ambiguous else {}


def _is_answered(answered: Answered) -> bool:
    return answered.trace.outcome is Outcome.ANSWERED


def _by_kind(answered: Sequence[Answered]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for each in answered:
        kind = counts.setdefault(each.case.kind, Counter())
        kind[each.trace.outcome.value] += 1
        kind["right"] += each.trace.outcome is each.case.expected_outcome
    return {kind: dict(sorted(counted.items())) for kind, counted in sorted(counts.items())}


def facts_found(facts: Sequence[str], reply: str) -> float:
    """Share of the facts that stand in a reply as words, up to case, white space and tags."""
    text = _plain(_MARKS.sub(" ", reply))
    return sum(_stands_in(_plain(fact), text) for fact in facts) / len(facts)


def _stands_in(fact: str, text: str) -> bool:
    # "60" must not be found in "600" or in "60,000", nor "no" in "not".
    return re.search(rf"(?<![\w]){re.escape(fact)}(?![\w]|[.,]\d)", text) is not None


def _plain(text: str) -> str:
    return " ".join(_TAG.sub(" ", text.replace("**", "").replace("`", "")).lower().split())


def _pages_cited(answered: Answered) -> float:
    """Share of the gold pages that the draft cites: `citations_matched` of the published runs."""
    cited = {(c.document_name, c.page) for c in answered.trace.citations}
    pages = answered.case.pages
    return len(pages & cited) / len(pages)


def _sentences_cited(answered: Answered) -> tuple[float, float]:
    """(share of cited spans that are gold sentences, share of gold sentences that are cited)."""
    gold = [_plain(s) for s in answered.case.sentences]
    cited = [_plain(c.snippet) for c in answered.trace.citations]
    right = sum(any(c in g or g in c for g in gold) for c in cited)
    met = sum(any(c in g or g in c for c in cited) for g in gold)
    return right / max(len(cited), 1), met / max(len(gold), 1)


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
    """Confidences and whether the corpus answers, then confidences and whether the draft is right.

    A draft counts as right when the question is answerable and the draft cites a gold document.
    """
    labelled = [a for a in answered if a.case.answerable is not None]
    judged = [a for a in labelled if not a.case.answerable or a.case.gains]
    return (
        [a.trace.confidence for a in labelled],
        [bool(a.case.answerable) for a in labelled],
        [a.trace.confidence for a in judged],
        [bool(a.case.answerable) and a.cites_gold for a in judged],
    )


def _times(answered: Sequence[Answered]) -> dict[str, Any]:
    totals = [a.trace.timings_ms.get(Stage.TOTAL, 0.0) for a in answered]
    return {
        "engine_p50_ms": _rounded(percentile(totals, 50), 2),
        "engine_p95_ms": _rounded(percentile(totals, 95), 2),
    }


def _share(values: Any) -> float | None:
    return _rounded(mean([float(bool(v)) for v in values]))


def _pair(values: tuple[float, float] | None) -> list[float] | None:
    return None if values is None else [round(value, 4) for value in values]


def _rounded(value: float | None, digits: int = 4) -> float | None:
    return None if value is None else round(value, digits)
