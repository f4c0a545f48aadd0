from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from engine.adapters.minilm.embedder import MiniLmEmbedder
from engine.knowledge.document import Passage
from engine.retrieval.hit import Hit
from engine.retrieval.passage import LivePassage
from engine.storage.database import Database
from engine.storage.models import ModelStore
from engine.triage.card import train
from engine.triage.examples import ExampleSet
from engine.triage.judge import TriageModels, blend, starter_judge, stored_model

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MADE_UP = ("made-up", "1")
SHIPPED = MiniLmEmbedder()
LOCAL = (SHIPPED.name, SHIPPED.version)

Make = Callable[..., Any]


def hits(*categories: str | None) -> list[Hit]:
    return [
        Hit(
            passage=LivePassage(
                id=str(n),
                passage=Passage(ordinal=0, text="", heading_path=(), sentences=(), tokens=0),
                document_id=str(n),
                document_name="d",
                title="t",
                url=None,
                category=category,
                audience=("everyone",),
            ),
            score=0.5,
            cosine=0.5,
            sentence_cosines=np.empty(0, dtype=np.float32),
            sentence_vectors=np.empty((0, 4), np.int8),
            coverage=0.0,
        )
        for n, category in enumerate(categories)
    ]


@pytest.fixture(scope="module")
def trained(make_examples: Make) -> Any:
    examples, vectors = make_examples("it", "hr", "billing", "out_of_scope")
    made = train(
        ExampleSet(examples=tuple(examples), data_hash="h"),
        vectors,
        embedder=MADE_UP,
        made_at=NOW,
        seed=7,
    )
    return stored_model(made.body, made.card, NOW)


def test_a_card_says_what_a_model_is_made_of_and_worth(trained: Any) -> None:
    card = json.loads(json.dumps(trained.card, allow_nan=False))
    assert card["rows"] == 48
    assert card["categories"] == {"it": 12, "hr": 12, "billing": 12, "out_of_scope": 12}
    assert card["priorities"] == {"low": 24, "high": 24}
    assert card["embedder"] == {"name": "made-up", "version": "1"}
    assert card["data_hash"] == "h"
    assert set(card["libraries"]) == {"python", "numpy", "scikit-learn", "skops"}
    held_out = card["held_out"]
    assert held_out["category"]["accuracy"] == 1.0
    assert {"ece", "brier", "reliability", "accuracy_interval_95"} <= set(held_out["category"])
    assert held_out["out_of_scope_auroc"] == 1.0
    assert {"accuracy", "ece"} <= set(held_out["baseline"])
    assert card["out_of_scope"]["learned_from"] == "labelled examples"


async def test_the_newest_model_of_a_tenant_serves(database: Database, trained: Any) -> None:
    store = ModelStore(database)
    await store.save("acme", trained)
    models = TriageModels(store, MADE_UP)
    judge = await models.of("acme")
    assert (judge.is_starter, judge.version) == (False, trained.version)
    assert await models.of("acme") is judge


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: replace(m, body=m.body[:-1] + b"x"), "was changed after it was trained"),
        (lambda m: replace(m, card=m.card | {"sha256": None}), "was changed after it was trained"),
        (lambda m: replace(m, card=m.card | {"format": 99}), "another version of Deskhand"),
        (lambda m: replace(m, card={}), "another version of Deskhand"),
        (
            lambda m: replace(m, card=m.card | {"embedder": {"name": "other", "version": "9"}}),
            "was trained with the embedder other 9, now",
        ),
    ],
    ids=["body", "no hash", "format", "empty card", "embedder"],
)
async def test_a_model_that_cannot_be_used_is_told_and_the_shipped_one_serves(
    database: Database,
    trained: Any,
    change: Any,
    words: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = ModelStore(database)
    local = trained.card | {"embedder": {"name": LOCAL[0], "version": LOCAL[1]}}
    await store.save("acme", change(replace(trained, card=local)))
    judge = await TriageModels(store, LOCAL).of("acme")
    assert judge.is_starter
    assert judge.why_not_own is not None
    assert words in judge.why_not_own
    assert words in caplog.text


async def test_with_another_embedder_the_documents_alone_are_asked(database: Database) -> None:
    judge = await TriageModels(ModelStore(database), ("openai", "3")).of("acme")
    assert (judge.model, judge.version) == (None, "vote")
    verdict = await judge.verdict("my laptop", np.ones(3, np.float32), hits("hr", "hr", "it"))
    assert (verdict.category, verdict.priority) == ("hr", None)


async def test_a_model_trained_elsewhere_is_in_use_after_a_while(
    database: Database, trained: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import engine.triage.judge as module

    store = ModelStore(database)
    await store.save("acme", trained)
    models = TriageModels(store, MADE_UP)
    first = await models.of("acme")
    newer = replace(trained, version="newer", made_at=NOW + timedelta(seconds=1))
    await store.save("acme", newer)
    assert await models.of("acme") is first
    monkeypatch.setattr(module, "_LOOK_AGAIN_AFTER_S", 0.0)
    assert await models.of("acme") is not first


async def test_the_shipped_model_sorts_a_plain_question_and_sees_a_foreign_one() -> None:
    judge = starter_judge(LOCAL)
    for text, category in [
        ("My notebook does not start any more", "it"),
        ("How many vacation days are left for me?", "hr"),
        ("Please send the invoice of June again", "billing"),
        ("Who won the world championship in 1954?", None),
    ]:
        vector = await SHIPPED.embed_query(text)
        verdict = await judge.verdict(text, vector, [])
        assert verdict.category == category
        assert verdict.priority in ("low", "normal", "high", "urgent")
        assert verdict.out_of_scope is not None
        assert (verdict.out_of_scope > 0.5) == (category is None)


def test_the_shipped_card_belongs_to_the_shipped_examples() -> None:
    from pathlib import Path

    import engine.triage.starter as starter
    from engine.triage.examples import read_examples

    folder = Path(starter.__file__).parent
    assert starter_judge(LOCAL).card["data_hash"] == read_examples(folder / "seed.jsonl").data_hash


def test_documents_with_categories_of_their_own_decide() -> None:
    assert blend({"it": 0.9, "hr": 0.1}, {"garden": 0.6, "it": 0.4}, weight=1.0) == ("garden", 0.6)


def test_where_both_know_the_categories_their_words_are_weighed() -> None:
    found = blend({"it": 0.9, "hr": 0.1}, {"hr": 0.5, None: 0.5}, weight=0.3)
    assert found == ("hr", round(0.3 * 0.1 + 0.7, 4))
    assert blend({"it": 0.9, "hr": 0.1}, {"hr": 1.0}, weight=1.0) == ("it", 0.9)


def test_without_votes_the_model_decides() -> None:
    assert blend({"it": 0.9, "hr": 0.1}, {None: 1.0}, weight=0.3) == ("it", 0.9)


@pytest.mark.parametrize(
    ("stored", "said"),
    [("<!channel>", None), ("[it](https://evil.test)", "it"), ("https://evil.test", None)],
)
@pytest.mark.parametrize("with_model", [True, False])
async def test_a_category_that_was_stored_before_acts_on_nobody(
    stored: str, said: str | None, with_model: bool
) -> None:
    judge = starter_judge(LOCAL)
    judge = judge if with_model else replace(judge, model=None)
    text = "Where do I find my last invoice?"
    verdict = await judge.verdict(text, await SHIPPED.embed_query(text), hits(stored, stored))
    assert verdict.category == said
    assert (verdict.category_confidence is None) == (said is None)
