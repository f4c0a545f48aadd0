"""Fits the checker's model: `python -m evals.verification.fit`, about two minutes.

A logistic regression over the signals, fitted on pairs written or made for this project and on no
development set, both classes of equal weight: its probability is calibrated for even odds. Every
signal may only speak against a claim, whatever the fit would like, except those in `FREE`.
"""

from __future__ import annotations

import json
import sys

import numpy as np
from numpy.typing import NDArray

from engine.probability_scores import auroc, calibration_error
from engine.verification.lexicon.lexicon import load_lexicon
from engine.verification.model import MODEL, squashed
from engine.verification.signals import SIGNALS, read_signals
from evals.terminal import finish, say
from evals.verification.pair import Pair
from evals.verification.written import changed_pairs, joined_pairs, written_pairs

FREE = frozenset({"clauses"})
SHARE = {"written": 0.75, "sample": 0.25}
"""Weight of the two kinds of pairs: rules find their own changes too easily."""
RIDGE = 2.0
STEPS, SWEEPS = 50, 2_000
FOLDS = 5

Array = NDArray[np.float64]


def load_pairs(seed: int) -> list[Pair]:
    """All training pairs."""
    written = written_pairs()
    return [*written, *joined_pairs(written, seed), *changed_pairs(seed)]


def weights_of(pairs: list[Pair]) -> Array:
    """Equal weight for both classes within each source, the sources as in SHARE; mean 1."""
    weights = np.zeros(len(pairs))
    for source, share in SHARE.items():
        for label in (True, False):
            rows = [
                i
                for i, p in enumerate(pairs)
                if p.supported == label and p.group.startswith(source)
            ]
            if rows:
                weights[rows] = share / 2 / len(rows)
    scale = len(pairs) / float(weights.sum())
    return weights * scale


def fit(values: Array, labels: Array, weights: Array) -> Array:
    """Coefficients and, last, the intercept: weighted, ridged, signs kept.

    Newton steps, each solved by coordinate descent within the signs.
    """
    inputs = np.c_[values, np.ones(len(values))]
    upper = np.array([np.inf if name in FREE else 0.0 for name in SIGNALS] + [np.inf])
    ridge = np.array([RIDGE] * len(SIGNALS) + [1e-6])
    found = np.zeros(inputs.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-inputs @ found))
        slope = inputs.T @ (weights * (chance - labels)) + ridge * found
        bend = (inputs * (weights * chance * (1 - chance))[:, None]).T @ inputs + np.diag(ridge)
        moved = found.copy()
        for _ in range(SWEEPS):  # the quadratic model's minimum, one coefficient at a time
            before = moved.copy()
            for i in range(len(moved)):
                step = slope[i] + bend[i] @ (moved - found)
                moved[i] = min(moved[i] - step / bend[i, i], upper[i])
            if np.abs(moved - before).max() < 1e-9:
                break
        if np.abs(moved - found).max() < 1e-7:
            break
        found = moved
    return found


def main() -> int:
    """Runs the fit; returns its exit code."""
    pairs, lexicon = load_pairs(seed=7), load_lexicon()
    say(f"{len(pairs):,} pairs, {sum(p.supported for p in pairs):,} supported")
    values = np.array([squashed(read_signals(p.claim, p.evidence, lexicon).values) for p in pairs])
    labels, weights = np.array([float(p.supported) for p in pairs]), weights_of(pairs)
    groups = sorted({p.group for p in pairs})
    fold_of = {group: i % FOLDS for i, group in enumerate(groups)}
    folds = np.array([fold_of[p.group] for p in pairs])
    scores = np.zeros(len(pairs))
    for fold in range(FOLDS):
        train = folds != fold
        found = fit(values[train], labels[train], weights[train])
        scores[~train] = values[~train] @ found[:-1] + found[-1]
    written = np.array([p.group.startswith("written") for p in pairs])
    chances = 1 / (1 + np.exp(-scores))
    found = fit(values, labels, weights)
    model = {
        "signals": list(SIGNALS),
        "coefficients": [round(float(c), 4) for c in found[:-1]],
        "intercept": round(float(found[-1]), 4),
    }
    MODEL.write_text(json.dumps(model, indent=1) + "\n")
    for name, coefficient in sorted(zip(SIGNALS, found, strict=False), key=lambda item: item[1]):
        say(f"  {name:24s} {coefficient:+.2f}")
    truth = labels > 0.5
    right = (chances > 0.5) == truth
    finish(
        {
            "pairs": len(pairs),
            "written_auroc_held_out": auroc(scores[written].tolist(), truth[written].tolist()),
            "written_balanced_accuracy_held_out": float(
                (right[written & truth].mean() + right[written & ~truth].mean()) / 2
            ),
            "written_ece_held_out": calibration_error(
                chances[written].tolist(), truth[written].tolist()
            ),
            "sample_auroc_held_out": auroc(scores[~written].tolist(), truth[~written].tolist()),
        }
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
