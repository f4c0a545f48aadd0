"""What triage is measured against: TF-IDF of words and a logistic regression."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from engine.triage.scores import Judged


def judge_by_baseline(
    texts: Sequence[str], labels: Sequence[str], asked: Sequence[str], truth: Sequence[str]
) -> Judged:
    """Fits on `texts` and judges `asked`; C=10, which does better than scikit-learn's default 1."""
    pipeline = make_pipeline(
        TfidfVectorizer(sublinear_tf=True), LogisticRegression(C=10.0, max_iter=100, tol=1e-3)
    ).fit(list(texts), list(labels))
    return Judged(
        labels=[str(label) for label in pipeline.classes_],
        truth=truth,
        probabilities=np.asarray(pipeline.predict_proba(list(asked)), np.float64),
    )
