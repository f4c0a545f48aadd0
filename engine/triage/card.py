"""A model's card: what it was made from and how well it does, as JSON."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.triage.baseline import judge_by_baseline
from engine.triage.card_check import FORMAT
from engine.triage.examples import OUT_OF_SCOPE, Example, ExampleSet
from engine.triage.model import TriageModel
from engine.triage.model_file import dump_parts, read_model
from engine.triage.scores import Judged, difference, figures, rounded_auroc
from engine.triage.training import FittedTriage, Tell, fit_triage

_HELD_OUT = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A model's file and its card."""

    body: bytes
    card: dict[str, Any]


def train(
    examples: ExampleSet,
    vectors: NDArray[np.float32],
    *,
    embedder: tuple[str, str],
    made_at: datetime,
    seed: int,
    out_of_scope_share: float | None = None,
    tell: Tell = lambda *_: None,
) -> Trained:
    """Trains on every example; the card's figures are of a twin that saw four fifths of them.

    embedder: name and version of what made the vectors. Pure processor work, for a thread.

    Raises: WrongUse where the examples cannot be learned from.
    """
    measured = measure(examples.examples, vectors, seed=seed, tell=tell)
    fitted = fit_triage(
        examples.examples, vectors, seed=seed, out_of_scope_share=out_of_scope_share, tell=tell
    )
    body = dump_parts(fitted.parts())
    model = read_model(body)
    found = examples.examples
    return Trained(
        body=body,
        card={
            "format": FORMAT,
            "version": model.version,
            "made_at": made_at.isoformat(),
            "data_hash": examples.data_hash,
            "notes": list(examples.notes),
            "rows": len(found),
            "categories": dict(Counter(e.category for e in found).most_common()),
            "priorities": dict(Counter(e.priority for e in found if e.priority).most_common()),
            "embedder": {"name": embedder[0], "version": embedder[1]},
            "libraries": {
                "python": platform.python_version(),
                **{name: version(name) for name in ("numpy", "scikit-learn", "skops")},
            },
            "seed": seed,
            "calibration": _calibration(model),
            "out_of_scope": scope_figures(fitted),
            "held_out": measured,
        },
    )


def _calibration(model: TriageModel) -> dict[str, Any]:
    return {
        name: {
            "inverse_temperature": round(classifier.inverse_temperature, 4),
            "isotonic": classifier.curve is not None,
        }
        for name, classifier in (("category", model.category), ("priority", model.priority))
        if classifier is not None
    }


def scope_figures(fitted: FittedTriage) -> dict[str, Any]:
    """How well what is out of scope was told apart in training, and what stood for it."""
    return {
        "learned_from": "labelled examples" if fitted.direct is not None else "categories held out",
        "rows": int(fitted.scope_labels.sum()),
        "auroc": rounded_auroc(fitted.scope_scores, fitted.scope_labels),
    }


def split(examples: Sequence[Example], seed: int) -> tuple[list[int], list[int]]:
    """Rows to fit and rows to judge, about four to one, each category and priority in both."""
    rng = np.random.default_rng(seed)
    groups: dict[str, list[int]] = {}
    for row, example in enumerate(examples):
        groups.setdefault(example.category, []).append(row)
    judged: list[int] = []
    for rows in groups.values():
        count = max(1, round(len(rows) * _HELD_OUT))
        judged += [rows[i] for i in rng.permutation(len(rows))[:count]]
    held = set(judged)
    return [row for row in range(len(examples)) if row not in held], sorted(held)


def measure(
    examples: Sequence[Example],
    vectors: NDArray[np.float32],
    *,
    seed: int,
    tell: Tell = lambda *_: None,
) -> dict[str, Any]:
    """Figures of a model trained on four fifths of the examples, on the rest.

    Against TF-IDF and logistic regression on the same rows; out of scope also where examples of
    it are labelled.

    Raises: WrongUse where the examples cannot be learned from.
    """
    fit_rows, test_rows = split(examples, seed)
    fit = [examples[row] for row in fit_rows]
    fitted = fit_triage(fit, vectors[fit_rows], seed=seed, tell=tell)
    model = read_model(dump_parts(fitted.parts()))
    tests = [examples[row] for row in test_rows]
    found = judge(model, tests, vectors[test_rows], seed=seed)
    inside_rows = [row for row in test_rows if examples[row].category != OUT_OF_SCOPE]
    inside = [examples[row] for row in inside_rows]
    known = [e for e in fit if e.category != OUT_OF_SCOPE]
    ours = _judged(model, inside, vectors[inside_rows])
    baseline = judge_by_baseline(
        [e.text for e in known],
        [e.category for e in known],
        [e.text for e in inside],
        [e.category for e in inside],
    )
    tell("measured", 1, 1)
    short = figures(baseline, seed=seed)
    found["baseline"] = {k: short[k] for k in ("accuracy", "macro_f1", "ece", "brier")}
    found["over_baseline"] = difference(ours, baseline, seed=seed)
    return found


def judge(
    model: TriageModel, examples: Sequence[Example], vectors: NDArray[np.float32], *, seed: int
) -> dict[str, Any]:
    """Figures of a model on labelled examples, by category, priority and scope."""
    rows = [n for n, e in enumerate(examples) if e.category != OUT_OF_SCOPE]
    inside = [examples[n] for n in rows]
    found: dict[str, Any] = {}
    if inside:
        found["category"] = figures(_judged(model, inside, vectors[rows]), seed=seed)
    verdicts = model.judge([e.text for e in examples], vectors)
    if model.priority is not None and all(e.priority for e in examples):
        found["priority"] = _priority_figures(model, examples, vectors, seed)
    outside = np.array([e.category == OUT_OF_SCOPE for e in examples])
    scores = np.array([v.out_of_scope or 0.0 for v in verdicts])
    found["out_of_scope_auroc"] = rounded_auroc(scores, outside)
    found["out_of_scope_rows"] = int(outside.sum())
    return found


def _judged(
    model: TriageModel, examples: Sequence[Example], vectors: NDArray[np.float32]
) -> Judged:
    return Judged(
        labels=model.category.labels,
        truth=[e.category for e in examples],
        probabilities=model.distributions([e.text for e in examples], vectors),
    )


def _priority_figures(
    model: TriageModel, examples: Sequence[Example], vectors: NDArray[np.float32], seed: int
) -> dict[str, Any]:
    assert model.priority is not None
    judged = Judged(
        labels=model.priority.labels,
        truth=[e.priority or "" for e in examples],
        probabilities=model.distributions([e.text for e in examples], vectors, of="priority"),
    )
    return figures(judged, seed=seed)
