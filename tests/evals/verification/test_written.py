from __future__ import annotations

import json

import pytest

from engine.verification.model import MODEL
from engine.verification.signals import SIGNALS
from evals.corpora import default_datasets
from evals.verification.fit import FREE
from evals.verification.sets import SET_NAMES, load_claims
from evals.verification.written import changed_pairs, joined_pairs, written_pairs


def test_every_text_has_supported_and_unsupported_claims() -> None:
    groups: dict[str, set[bool]] = {}
    for pair in written_pairs():
        groups.setdefault(pair.group, set()).add(pair.supported)
    assert len(groups) > 30
    assert all(labels == {True, False} for labels in groups.values())


def test_the_same_seed_makes_the_same_pairs() -> None:
    written = written_pairs()
    assert list(joined_pairs(written, 1)) == list(joined_pairs(written, 1))
    assert changed_pairs(1) == changed_pairs(1)


def test_a_changed_claim_differs_from_its_evidence() -> None:
    for pair in changed_pairs(1):
        assert pair.supported or pair.claim not in pair.evidence[0]


def test_the_shipped_model_lets_signals_speak_only_against_a_claim() -> None:
    model = json.loads(MODEL.read_text())
    assert model["signals"] == list(SIGNALS)
    for name, coefficient in zip(SIGNALS, model["coefficients"], strict=True):
        assert coefficient <= 0 or name in FREE


@pytest.mark.slow
def test_nothing_of_the_development_sets_is_in_the_training_pairs() -> None:
    sets = [load_claims(name, default_datasets()) for name in SET_NAMES]
    if any(found is None for found in sets):
        pytest.skip("faithfulness is absent")
    foreign = {pair.claim for found in sets for pair in found or ()}
    ours = [*written_pairs(), *changed_pairs(7)]
    assert not foreign & {pair.claim for pair in ours}
