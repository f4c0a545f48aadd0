from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from engine.storage.database import Database
from engine.storage.models import ModelStore
from engine.verification.grading import Criterion
from evals.judging.calibration import (
    LEAST_KAPPA,
    CriterionCalibration,
    JudgeCalibration,
    fit_criterion,
    keep_calibration,
    load_calibration,
)


def test_the_mapping_by_hand() -> None:
    # logit(.8) = ln 4, so a = .5 makes it ln 2, which is 2 to 1.
    half = CriterionCalibration(labels=50, yes=25, slope=0.5, intercept=0.0)
    assert half.mapped(0.8) == pytest.approx(2 / 3)
    shifted = CriterionCalibration(labels=50, yes=25, slope=1.0, intercept=-np.log(4))
    assert shifted.mapped(0.8) == pytest.approx(0.5)
    assert 0.0 < shifted.mapped(0.0) < shifted.mapped(1.0) < 1.0


def test_a_model_that_says_yes_too_easily_is_mended() -> None:
    # What is true gets .99, what is not .9: sharp, but never below one half.
    truth = np.array([True, False] * 40)
    found = fit_criterion(np.where(truth, 0.99, 0.9), truth)
    assert found.usable
    assert found.kappa == 1.0
    assert found.auroc == 1.0
    assert found.mapped(0.99) > 0.5 > found.mapped(0.9)
    assert found.ece is not None
    assert found.ece_after is not None
    assert found.ece_after < found.ece


def test_a_model_that_guesses_is_not_shown() -> None:
    rng = np.random.default_rng(5)
    found = fit_criterion(rng.random(200), rng.random(200) < 0.5)
    assert not found.usable
    assert f"where {LEAST_KAPPA} is needed" in found.why_not


def test_a_model_that_says_the_opposite_is_not_turned_around() -> None:
    truth = np.array([True, False] * 40)
    found = fit_criterion(np.where(truth, 0.1, 0.9), truth)
    assert found.slope < 0
    assert not found.usable


@pytest.mark.parametrize(("yes", "no"), [(20, 9), (100, 7), (0, 40)])
def test_few_labels_say_nothing(yes: int, no: int) -> None:
    truth = np.array([True] * yes + [False] * no)
    found = fit_criterion(truth.astype(float), truth)
    assert not found.usable
    assert f"has {yes + no}, {yes} of them yes" in found.why_not


async def test_a_calibration_is_kept_for_one_model_and_prompt(database: Database) -> None:
    store = ModelStore(database)
    made = JudgeCalibration(
        judge="openai:m:grade-1",
        version="abc",
        made_at=datetime(2026, 11, 22, tzinfo=UTC),
        criteria={
            Criterion.RELEVANCE: CriterionCalibration(labels=40, yes=20, slope=0.7, kappa=0.6),
            Criterion.FAITHFULNESS: CriterionCalibration(labels=2, yes=1, why_not="too few"),
        },
        failed=3,
    )
    await keep_calibration(store, "acme", made)
    assert await load_calibration(store, "acme", "openai:m:grade-1") == made
    assert await load_calibration(store, "acme", "openai:m:grade-2") is None
    assert await load_calibration(store, "other", "openai:m:grade-1") is None
