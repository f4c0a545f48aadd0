"""The metrics of the decisions and the triage suite."""

from __future__ import annotations

from evals.suites.metric import Metric, Suite, mean_metric
from evals.suites.set_metrics import (
    aurc_of,
    auroc_of,
    brier_of,
    coverage_at,
    ece_of,
    macro_f1_of,
)

_SELECTIVE = "El-Yaniv and Wiener, On the foundations of noise-free selective classification (2010)"
_D, _T = Suite.DECISIONS, Suite.TRIAGE

DECISIONS: tuple[Metric, ...] = (
    mean_metric(
        "outcome_right",
        _D,
        "1 where the outcome is the expected one, else 0.",
        better="higher",
        in_gate=True,
    ),
    mean_metric(
        "answered_answerable",
        _D,
        "Share answered of the questions that the corpus answers.",
        better="higher",
        in_gate=True,
    ),
    mean_metric(
        "answered_unanswerable",
        _D,
        "Share answered of the questions that it does not answer: 1 - abstention.",
        better="lower",
        in_gate=True,
    ),
    mean_metric(
        "asked_back_ambiguous",
        _D,
        "Share asked back of the questions that should be: clarification.",
        better="higher",
        in_gate=True,
    ),
    mean_metric(
        "asked_back_clear",
        _D,
        "Share asked back of the questions that should not be.",
        better="lower",
    ),
    mean_metric("failed", _D, "Share that failed.", better="lower", in_gate=True, critical=True),
    Metric(
        name="confidence_auroc",
        suite=_D,
        description="Probability that an answerable question has a higher confidence than an "
        "unanswerable one, ties half; none where one kind is missing.",
        source="Hanley and McNeil (1982)",
        higher_is_better=True,
        columns=("confidence", "answerable"),
        of_rows=auroc_of,
        in_gate=True,
    ),
    Metric(
        name="confidence_ece",
        suite=_D,
        description="Σ |bin| / n x |share answerable - mean confidence| over 10 bins of equal "
        "width; none without cases.",
        source="Guo, Pleiss, Sun and Weinberger (2017), eq. 3",
        higher_is_better=False,
        columns=("confidence", "answerable"),
        of_rows=ece_of,
    ),
    Metric(
        name="right_auroc",
        suite=_D,
        description="AUROC of the confidence, right drafts against wrong ones; a draft is right "
        "where the corpus answers and it cites a gold document.",
        source="Hanley and McNeil (1982)",
        higher_is_better=True,
        columns=("confidence", "answer_right"),
        of_rows=auroc_of,
    ),
    Metric(
        name="right_ece",
        suite=_D,
        description="Expected calibration error of the confidence that the draft is right.",
        source="Guo, Pleiss, Sun and Weinberger (2017), eq. 3",
        higher_is_better=False,
        columns=("confidence", "answer_right"),
        of_rows=ece_of,
        in_gate=True,
    ),
    Metric(
        name="right_brier",
        suite=_D,
        description="Mean of (confidence - right)²; none without cases.",
        source="Brier (1950)",
        higher_is_better=False,
        columns=("confidence", "answer_right"),
        of_rows=brier_of,
    ),
    Metric(
        name="aurc",
        suite=_D,
        description="Mean share of wrong drafts over all coverages, the most confident first; "
        "none without cases.",
        source="Geifman, Uziel and El-Yaniv (2019), eq. 3",
        higher_is_better=False,
        columns=("confidence", "answer_right"),
        of_rows=aurc_of,
    ),
    *(
        Metric(
            name=f"coverage_at_risk_{percent:02}",
            suite=_D,
            description=f"Largest share that can be answered with at most {percent}% wrong; 0 "
            "where not even the most confident is right often enough.",
            source=_SELECTIVE,
            higher_is_better=True,
            columns=("confidence", "answer_right"),
            of_rows=coverage_at(percent / 100),
        )
        for percent in (5, 10)
    ),
)

TRIAGE: tuple[Metric, ...] = (
    mean_metric(
        "category_right",
        _T,
        "1 where the category is right, else 0; accuracy.",
        better="higher",
        in_gate=True,
    ),
    Metric(
        name="category_macro_f1",
        suite=_T,
        description="Mean F1 over the categories that occur among the right ones; a category never "
        "said has 0.",
        source="scikit-learn, f1_score",
        higher_is_better=True,
        columns=("category_gold", "category_said"),
        of_rows=macro_f1_of,
    ),
    Metric(
        name="category_ece",
        suite=_T,
        description="Expected calibration error of the category's confidence.",
        source="Guo, Pleiss, Sun and Weinberger (2017), eq. 3",
        higher_is_better=False,
        columns=("category_confidence", "category_right"),
        of_rows=ece_of,
    ),
    mean_metric(
        "priority_right", _T, "1 where the priority is right, else 0; accuracy.", better="higher"
    ),
    Metric(
        name="priority_macro_f1",
        suite=_T,
        description="Mean F1 over the priorities that occur among the right ones.",
        source="scikit-learn, f1_score",
        higher_is_better=True,
        columns=("priority_gold", "priority_said"),
        of_rows=macro_f1_of,
    ),
)
