from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from engine.answerability.fit import LEAST_EXAMPLES, Example, fit
from engine.answerability.model import BASE_RATE, PRIOR, AnswerabilityModel


def example(sentence: float, *, answerable: bool, group: int) -> Example:
    features = {"sentence": sentence, "gap": 0.2, "focus": 0.5}
    return Example(features=features, answerable=answerable, group=group)


def world(shift: float, *, seed: int = 3, size: int = 200) -> list[Example]:
    """Answerable questions lie .3 above the others, all of them moved by `shift`."""
    rng = random.Random(seed)
    return [
        example(
            shift + (0.3 if answerable else 0.0) + rng.gauss(0, 0.1),
            answerable=answerable,
            group=group,
        )
        for group in range(size)
        for answerable in (True, False)
    ]


def test_a_probability_is_the_logistic_of_the_weighted_features_at_the_base_rate() -> None:
    model = AnswerabilityModel(weights=(2.0, 1.0, 0.5), intercept=-1.0, name="hand")
    # 2 * .5 + 1 * .2 + .5 * .4 - 1 = .4
    odds = math.exp(0.4) * BASE_RATE / (1 - BASE_RATE)
    found = model.probability({"sentence": 0.5, "gap": 0.2, "focus": 0.4})
    assert found == pytest.approx(odds / (1 + odds))
    assert model.probability({}) == 0.0


def test_too_few_examples_of_a_kind_fit_nothing() -> None:
    few = [example(0.5, answerable=True, group=g) for g in range(500)]
    few += [example(0.2, answerable=False, group=g) for g in range(LEAST_EXAMPLES - 1)]
    assert fit(few, name="few") is None


@pytest.mark.parametrize("shift", [0.1, 0.9])
def test_a_fit_moves_with_the_cosines_that_a_knowledge_base_has(shift: float) -> None:
    made = fit(world(shift), name="w", prior_applies=False)
    assert made is not None
    assert made.learnt
    assert made.log_loss < made.prior_log_loss
    middle = shift + 0.15

    def at(model: AnswerabilityModel, sentence: float) -> float:
        return model.probability({"sentence": sentence, "gap": 0.2, "focus": 0.5})

    # Where the two kinds meet, the prior is wrong, and the fit nearer to the base rate.
    assert abs(at(made.model, middle) - BASE_RATE) < abs(at(PRIOR, middle) - BASE_RATE)
    assert at(made.model, shift + 0.3) > at(made.model, shift)


def test_figures_are_of_examples_left_out_and_the_curve_counts_each_once() -> None:
    made = fit(world(0.3), name="w", prior_applies=False)
    assert made is not None
    # Two normal distributions 3 standard deviations apart: AUROC Phi(3 / sqrt 2) = .983.
    assert made.auroc == pytest.approx(0.983, abs=0.015)
    assert 0 < made.brier < 0.25
    assert sum(b.rows for b in made.reliability) == made.examples == 400
    assert all(b.low <= b.mean_probability <= b.high for b in made.reliability)


def test_the_prior_serves_where_it_judges_better_than_a_coin() -> None:
    made = fit(world(0.4), name="w")
    assert made is not None
    assert (made.model, made.learnt) == (PRIOR, False)
    assert made.log_loss == made.prior_log_loss < math.log(2)
    assert sum(b.rows for b in made.reliability) == made.examples == 400


@pytest.mark.parametrize("shift", [-0.2, 1.5])
def test_a_prior_that_judges_no_better_than_a_coin_gives_way(shift: float) -> None:
    made = fit(world(shift), name="w")
    assert made is not None
    assert made.learnt
    assert made.model.name == "w"
    assert made.prior_log_loss > math.log(2) > made.log_loss


def test_the_log_loss_of_the_prior_is_that_of_its_probabilities_at_even_odds() -> None:
    examples = [
        Example(features={"sentence": s, "gap": 0.2, "focus": 0.5}, answerable=s > 0.5, group=group)
        for group in range(50)
        for s in (0.8, 0.3)
    ]
    made = fit(examples, name="w")
    assert made is not None
    # z = 6.47 s + 4.02 * .2 + 1.36 * .5 - 5.88: .78 for s = .8 and -2.455 for s = .3
    expected = (math.log1p(math.exp(-0.78)) + math.log1p(math.exp(-2.455))) / 2
    assert made.prior_log_loss == pytest.approx(expected)


def test_that_a_made_question_repeats_its_passage_teaches_nothing() -> None:
    def asked(copied: float) -> list[Example]:
        return [
            replace(e, features={**e.features, "focus": copied if e.answerable else 0.4})
            for e in world(0.3)
        ]

    copied, said = (fit(asked(focus), name="w", prior_applies=False) for focus in (1.0, 0.4))
    assert copied is not None
    assert copied == said
    assert copied.model.weights[2] == PRIOR.weights[2]


def test_a_question_asked_only_with_its_passage_there_is_left_aside() -> None:
    alone = [example(0.9, answerable=True, group=1000 + g) for g in range(100)]
    assert fit([*world(0.3), *alone], name="w") == fit(world(0.3), name="w")


def test_labels_that_mean_nothing_are_seen_to_mean_nothing() -> None:
    rng = random.Random(5)
    noise = [
        example(rng.random(), answerable=answerable, group=group)
        for group in range(300)
        for answerable in (True, False)
    ]
    made = fit(noise, name="noise")
    assert made is not None
    assert made.auroc == pytest.approx(0.5, abs=0.08)


def test_the_same_examples_make_the_same_model() -> None:
    assert fit(world(0.3), name="w") == fit(world(0.3), name="w")
