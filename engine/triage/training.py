"""Fits triage with scikit-learn: TF-IDF of words and characters beside the sentence embedding.

Category and priority are linear support vector machines whose probabilities are calibrated on
scores cross-fitted on three parts. Scope needs no labelled examples out of scope:
whole categories are held out in turn and stand for what nobody has thought of.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from engine.errors import WrongUse
from engine.triage.examples import OUT_OF_SCOPE, Example
from engine.triage.model import EMBEDDING_SCALE, scope_features

ASSUMED_OUT_OF_SCOPE: Final = 0.1
"""Share of texts out of scope that is assumed where no example says so."""

_FOLDS = 3
_MOST_FEATURES = 20_000
_MOST_EXEMPLARS = 8_000
_REGULARISATION = 0.3
_FEWEST_FOR_ISOTONIC = 1000
_SUREST = 0.995

_ONE_AT_A_TIME = threading.Lock()
"""Liblinear shuffles by one random generator for the whole process, which each fit seeds anew: two
fits at the same time draw from each other's numbers, and the same seed gives another model."""

Tell = Callable[[str, int, int], None]
"""Told what is done, how many steps of how many are."""

Labels = NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedClassifier:
    """A classifier and what makes its scores probabilities.

    inverse_temperature: what its scores are multiplied by before the softmax. reliability: from
    the likeliest label's probability to the share of right ones; None for too few examples.
    """

    linear: LinearSVC
    inverse_temperature: float
    reliability: IsotonicRegression | None

    def parts(self) -> dict[str, Any]:
        """What is saved."""
        kept = {"linear": self.linear, "inverse_temperature": self.inverse_temperature}
        return kept | ({"reliability": self.reliability} if self.reliability is not None else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedTriage:
    """The fitted scikit-learn parts, as they are saved.

    priority: None where it was not given. direct: None without labelled examples out of scope.
    exemplars, centroids, outsiders: float16 rows of shape (n, dimension). scope_labels,
    scope_scores: rows held out of everything but the logistic model, truth and probability.
    """

    words: TfidfVectorizer
    characters: TfidfVectorizer
    category: FittedClassifier
    priority: FittedClassifier | None
    scope: Pipeline
    direct: LinearSVC | None
    exemplars: NDArray[np.float16]
    centroids: NDArray[np.float16]
    outsiders: NDArray[np.float16]
    scope_labels: NDArray[np.bool_]
    scope_scores: NDArray[np.float64]

    def parts(self) -> dict[str, Any]:
        """What is saved: by name, estimators and arrays."""
        named = {
            "words": self.words,
            "characters": self.characters,
            "category": self.category.parts(),
            "priority": self.priority.parts() if self.priority is not None else None,
            "scope": self.scope,
            "direct": self.direct,
            "exemplars": self.exemplars,
            "centroids": self.centroids,
            "outsiders": self.outsiders,
        }
        return {name: part for name, part in named.items() if part is not None}


def fit_triage(
    examples: Sequence[Example],
    vectors: NDArray[np.float32],
    *,
    seed: int,
    out_of_scope_share: float | None = None,
    tell: Tell = lambda *_: None,
) -> FittedTriage:
    """Fits everything; pure processor work, for a thread. The same seed gives the same model.

    vectors: unit rows of the examples' texts. out_of_scope_share: expected share of texts out of
    scope; None means that of labelled examples, or `ASSUMED_OUT_OF_SCOPE` where there are none.

    Raises: WrongUse where the texts hold no words.
    """
    with _ONE_AT_A_TIME:
        return _fit(examples, vectors, seed, out_of_scope_share, tell)


def _fit(
    examples: Sequence[Example],
    vectors: NDArray[np.float32],
    seed: int,
    out_of_scope_share: float | None,
    tell: Tell,
) -> FittedTriage:
    steps = 4 if examples[0].priority is not None else 3
    categories = np.array([e.category for e in examples], object)
    inside = categories != OUT_OF_SCOPE
    texts = [e.text for e in examples]
    words, characters = _vectorisers()
    try:
        tfidf = sparse.hstack([words.fit_transform(texts), characters.fit_transform(texts)])
    except ValueError:
        raise WrongUse("the examples' texts hold no words to learn from") from None
    features = sparse.hstack([tfidf, vectors * np.float32(EMBEDDING_SCALE)]).tocsr()
    tell("features", 1, steps)
    category = _calibrated(features[inside], categories[inside], seed)
    tell("categories", 2, steps)
    priority = None
    if examples[0].priority is not None:
        labels = np.array([e.priority for e in examples], object)
        if len(set(labels)) > 1:
            priority = _calibrated(features, labels, seed)
        tell("priorities", 3, steps)
    rounds = _labelled_rounds if (~inside).any() else _held_out_rounds
    found, labels_found = rounds(features, vectors, categories, category.inverse_temperature, seed)
    share = out_of_scope_share
    if share is None:
        share = float(np.mean(~inside)) if (~inside).any() else ASSUMED_OUT_OF_SCOPE
    scope = _fit_scope(found, labels_found, share)
    direct = None
    if (~inside).any():
        direct = _support_vectors().set_params(class_weight="balanced").fit(features, ~inside)
    tell("scope", steps, steps)
    for fitted in (category.linear, priority.linear if priority else None, direct):
        if fitted is not None:  # half the bytes; scores differ in the seventh digit
            fitted.coef_ = np.asarray(fitted.coef_, np.float32)
            fitted.intercept_ = np.asarray(np.atleast_1d(fitted.intercept_), np.float32)
    for vectoriser in (words, characters):  # NumPy's integers would be saved as a file each
        vectoriser.vocabulary_ = {gram: int(n) for gram, n in vectoriser.vocabulary_.items()}
    return FittedTriage(
        words=words,
        characters=characters,
        category=category,
        priority=priority,
        scope=scope,
        direct=direct,
        exemplars=vectors[_exemplar_rows(np.flatnonzero(inside), seed)].astype(np.float16),
        centroids=_centroids(vectors[inside], categories[inside]).astype(np.float16),
        outsiders=vectors[~inside].astype(np.float16),
        scope_labels=labels_found,
        scope_scores=scope.predict_proba(found)[:, 1],
    )


def _vectorisers() -> tuple[TfidfVectorizer, TfidfVectorizer]:
    shared: dict[str, Any] = {
        "sublinear_tf": True,
        "max_features": _MOST_FEATURES,
        "dtype": np.float32,
    }
    return (
        TfidfVectorizer(ngram_range=(1, 2), **shared),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2, **shared),
    )


def _support_vectors() -> LinearSVC:
    return LinearSVC(C=_REGULARISATION, tol=1e-2, random_state=0)


def _folds(seed: int) -> StratifiedKFold:
    return StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)


def _calibrated(features: Any, labels: Labels, seed: int) -> FittedClassifier:
    """A fit of all rows, calibrated on scores of rows that were not fitted.

    First one inverse temperature for all labels, which a rare label cannot overfit as a curve for
    each can; then, where there are examples enough, one isotonic curve from the likeliest label's
    probability to how often it is right, since a temperature alone is too sure at the top.
    Source: Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks (2017), 4.
    """
    scores = cross_val_predict(
        _support_vectors(), features, labels, cv=_folds(seed), method="decision_function"
    )
    if scores.ndim == 1:
        scores = np.column_stack([-scores, scores])
    names, truth = np.unique(labels, return_inverse=True)
    rows = np.arange(len(truth))

    def loss(log_inverse: float) -> float:
        return -float(log_softmax(np.exp(log_inverse) * scores, axis=1)[rows, truth].mean())

    inverse = float(np.exp(minimize_scalar(loss, bounds=(-4.0, 5.0), method="bounded").x))
    reliability = None
    if len(truth) >= _FEWEST_FOR_ISOTONIC:
        found = softmax(inverse * scores, axis=1)
        right = found.argmax(axis=1) == truth
        reliability = IsotonicRegression(
            y_min=1.0 / len(names), y_max=_SUREST, out_of_bounds="clip"
        ).fit(found.max(axis=1), right)
    return FittedClassifier(
        linear=_support_vectors().fit(features, labels),
        inverse_temperature=inverse,
        reliability=reliability,
    )


def _exemplar_rows(rows: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    if len(rows) <= _MOST_EXEMPLARS:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, _MOST_EXEMPLARS, replace=False))


def _centroids(vectors: NDArray[np.float32], labels: Labels) -> NDArray[np.float32]:
    means = np.stack([vectors[labels == label].mean(axis=0) for label in np.unique(labels)])
    return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), np.float32)


def _held_out_rounds(
    features: Any, vectors: NDArray[np.float32], categories: Labels, temperature: float, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Features and labels of rows whose category was held out, and of others, never fitted.

    In each of three rounds another third of the categories is out of scope.
    """
    rng = np.random.default_rng(seed)
    names = rng.permutation(np.unique(categories))
    held_out = [set(names[part::_FOLDS]) for part in range(_FOLDS)]

    def round_of(part: int, fit: NDArray[np.int64], test: NDArray[np.int64]) -> Any:
        outside = np.array([c in held_out[part] for c in categories])
        fit = fit[~outside[fit]]
        return _round(features, vectors, categories, fit, test, temperature), outside[test]

    # Two of three rounds hold out at least one of two categories: the third may hold out none.
    splits = [s for s in enumerate(_folds(seed).split(vectors, categories)) if held_out[s[0]]]
    made = [round_of(part, *split) for part, split in splits]
    return np.concatenate([m[0] for m in made]), np.concatenate([m[1] for m in made])


def _labelled_rounds(
    features: Any, vectors: NDArray[np.float32], categories: Labels, temperature: float, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The same for labelled examples out of scope, cross-fitted."""
    outside = categories == OUT_OF_SCOPE

    def round_of(fit: NDArray[np.int64], test: NDArray[np.int64]) -> Any:
        direct = _support_vectors().set_params(class_weight="balanced")
        direct.fit(features[fit], outside[fit])
        extra = (direct.decision_function(features[test]), vectors[fit[outside[fit]]])
        fit = fit[~outside[fit]]
        return _round(features, vectors, categories, fit, test, temperature, extra), outside[test]

    made = [round_of(*split) for split in _folds(seed).split(vectors, categories)]
    return np.concatenate([m[0] for m in made]), np.concatenate([m[1] for m in made])


def _round(
    features: Any,
    vectors: NDArray[np.float32],
    categories: Labels,
    fit: NDArray[np.int64],
    test: NDArray[np.int64],
    temperature: float,
    extra: tuple[NDArray[np.float64], NDArray[np.float32]] | None = None,
) -> NDArray[np.float64]:
    """Scope features of the test rows by a classifier and exemplars of the other rows."""
    if len(set(categories[fit])) > 1:
        scores = _support_vectors().fit(features[fit], categories[fit])
        margins = scores.decision_function(features[test])
        margins = np.column_stack([-margins, margins]) if margins.ndim == 1 else margins
        powers = np.exp(temperature * (margins - margins.max(axis=1, keepdims=True)))
        by_category = powers / powers.sum(axis=1, keepdims=True)
    else:  # one category is left of two, and is always the likeliest
        by_category = np.ones((len(test), 1))
    return scope_features(
        by_category,
        vectors[test],
        exemplars=vectors[_exemplar_rows(fit, 0)],
        centroids=_centroids(vectors[fit], categories[fit]),
        outsiders=extra[1] if extra else vectors[:0],
        direct=extra[0] if extra else None,
    )


def _fit_scope(features: NDArray[np.float64], outside: NDArray[np.bool_], share: float) -> Pipeline:
    """A logistic model whose rows out of scope weigh as much as their expected share."""
    found = float(outside.mean())
    weights = np.where(outside, share / found, (1 - share) / (1 - found))
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=1.0))
    return pipeline.fit(features, outside, logisticregression__sample_weight=weights)
