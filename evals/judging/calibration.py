"""How far a model's judgements can be believed: held against those of people, and mended.

Its probabilities are mapped by Platt scaling, p' = 1 / (1 + exp(-(a logit(p) + b))), one pair of
a and b for each criterion (Platt, 1999). Agreement is measured on rows the mapping was not fitted
on, by cross-validation.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.clock import Clock, now
from engine.errors import ModelUnavailable
from engine.probability_scores import auroc, calibration_error
from engine.storage.models import ModelStore, StoredModel
from engine.verification.grading import Criterion, Grader
from evals.judging.labels import Label, labels_hash

LEAST_LABELS, LEAST_OF_EACH = 30, 8
"""Labels of one criterion without which nothing can be said, and of its rarer answer."""

LEAST_KAPPA = 0.4
"""Agreement beyond chance from which figures are shown; "moderate" in Landis and Koch (1977)."""

_FOLDS = 5
_CONCURRENCY = 8
_SHARPEST = 1e-3

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionCalibration:
    """One criterion.

    labels: rows that the model judged; yes: of them, by people. slope, intercept: Platt's a and b.
    auroc, ece: of the model's own probabilities; ece_after, kappa, accuracy: after the mapping, on
    rows it was not fitted on. usable: whether its figures may be shown; why_not: a sentence where
    not.
    """

    labels: int
    yes: int
    slope: float = 1.0
    intercept: float = 0.0
    auroc: float | None = None
    ece: float | None = None
    ece_after: float | None = None
    kappa: float | None = None
    accuracy: float | None = None
    why_not: str = ""

    @property
    def usable(self) -> bool:
        """Whether people and the model agree enough."""
        return not self.why_not

    def mapped(self, probability: float) -> float:
        """The calibrated probability."""
        return float(_mapped(np.array([probability]), self.slope, self.intercept)[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeCalibration:
    """Of one model with one prompt. version: of the labels. failed: rows it could not judge."""

    judge: str
    version: str
    made_at: datetime
    criteria: Mapping[Criterion, CriterionCalibration]
    failed: int = 0

    def of(self, criterion: Criterion) -> CriterionCalibration | None:
        """What is known of a criterion; None without labels for it."""
        return self.criteria.get(criterion)


async def calibrate(
    grader: Grader,
    labels: Sequence[Label],
    *,
    clock: Clock = now,
    tell: Callable[[int], None] = lambda done: None,
) -> JudgeCalibration:
    """Asks the model about every label and fits the mapping; costs one call a label.

    tell: how many are done.  Raises: ModelUnavailable where it could judge none of them.
    """
    slots, done = asyncio.Semaphore(_CONCURRENCY), 0
    faults: list[ModelUnavailable] = []

    async def judged(label: Label) -> float | None:
        nonlocal done
        try:
            async with slots:
                return (await grader.grade(label.request)).probability
        except ModelUnavailable as error:
            faults.append(error)
            return None
        finally:
            done += 1
            tell(done)

    found = await asyncio.gather(*(judged(label) for label in labels))
    if faults and len(faults) == len(labels):
        raise faults[-1]
    rows = [(label, p) for label, p in zip(labels, found, strict=True) if p is not None]
    criteria = {}
    for criterion in Criterion:
        of_it = [(p, label.label) for label, p in rows if label.request.criterion is criterion]
        if of_it:
            values, truth = np.array([p for p, _ in of_it]), np.array([y for _, y in of_it])
            criteria[criterion] = await asyncio.to_thread(fit_criterion, values, truth)
    return JudgeCalibration(
        judge=grader.name,
        version=labels_hash(labels)[:12],
        made_at=clock(),
        criteria=criteria,
        failed=len(faults),
    )


def fit_criterion(probabilities: Floats, truth: Bools) -> CriterionCalibration:
    """The mapping and the agreement of one criterion, from a model's word and people's."""
    count, yes = len(truth), int(truth.sum())
    if count < LEAST_LABELS or min(yes, count - yes) < LEAST_OF_EACH:
        return CriterionCalibration(
            labels=count,
            yes=yes,
            why_not=f"it needs {LEAST_LABELS} labels, {LEAST_OF_EACH} of each answer, and has "
            f"{count}, {yes} of them yes",
        )
    from sklearn.metrics import accuracy_score, cohen_kappa_score
    from sklearn.model_selection import StratifiedKFold

    held_out = np.zeros(count)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    for train, test in folds.split(probabilities, truth):
        held_out[test] = _mapped(probabilities[test], *_platt(probabilities[train], truth[train]))
    slope, intercept = _platt(probabilities, truth)
    said = held_out >= 0.5
    kappa = float(cohen_kappa_score(truth, said))
    why_not = ""
    if slope <= 0 or not kappa >= LEAST_KAPPA:
        why_not = (
            f"it agrees with people too little, kappa {kappa:.2f} where {LEAST_KAPPA} is needed"
        )
    return CriterionCalibration(
        labels=count,
        yes=yes,
        slope=slope,
        intercept=intercept,
        auroc=auroc(probabilities, truth),
        ece=calibration_error(probabilities, truth),
        ece_after=calibration_error(held_out, truth),
        kappa=kappa,
        accuracy=float(accuracy_score(truth, said)),
        why_not=why_not,
    )


def _platt(probabilities: Floats, truth: Bools) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1.0).fit(_logits(probabilities)[:, None], truth)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def _logits(probabilities: Floats) -> Floats:
    # A model's 0 and 1 are as far out as its .001 and .999.
    inner = np.clip(probabilities, _SHARPEST, 1.0 - _SHARPEST)
    logits: Floats = np.log(inner / (1.0 - inner))
    return logits


def _mapped(probabilities: Floats, slope: float, intercept: float) -> Floats:
    mapped: Floats = 1.0 / (1.0 + np.exp(-(slope * _logits(probabilities) + intercept)))
    return mapped


async def keep_calibration(store: ModelStore, tenant: str, made: JudgeCalibration) -> None:
    """Stores it; the newest of a judge is the one in use.  Raises: StorageUnavailable."""
    body: dict[str, Any] = {
        "failed": made.failed,
        "criteria": {name.value: asdict(each) for name, each in made.criteria.items()},
    }
    await store.save(
        tenant,
        StoredModel(
            name=_stored_name(made.judge),
            version=made.version,
            made_at=made.made_at,
            card={"judge": made.judge, **body},
            body=json.dumps(body).encode(),
        ),
    )


async def load_calibration(store: ModelStore, tenant: str, judge: str) -> JudgeCalibration | None:
    """The newest of a judge, which its model and prompt name; None where there is none.

    Raises: StorageUnavailable.
    """
    name = _stored_name(judge)
    version = await store.newest_version(tenant, name)
    stored = None if version is None else await store.get(tenant, name, version)
    if stored is None:
        return None
    body = json.loads(stored.body)
    return JudgeCalibration(
        judge=judge,
        version=stored.version,
        made_at=stored.made_at,
        criteria={
            Criterion(name): CriterionCalibration(**each) for name, each in body["criteria"].items()
        },
        failed=body["failed"],
    )


def _stored_name(judge: str) -> str:
    return f"judge:{judge}"
