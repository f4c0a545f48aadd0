"""Trains a challenger for triage from people's corrections, and promotes it only if it is better.

Both judge the same held-out questions as they would in production: the champion with the votes of
the documents where it is the shipped model, the challenger alone. The wall between what is learned
and what is judged is the question's words (`engine.storage.labels.split_of`); what nearly repeats a
held-out question is not learned from either. Held-out questions are used again in each contest,
which in the long run favours lucky challengers; there are more of them each week.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.audience import FULL_MEMBER
from engine.compose import Engine
from engine.errors import WrongUse
from engine.question import Question
from engine.retrieval.query import query_texts
from engine.storage.labels import Label, LabelStore, Split
from engine.storage.models import StoredModel
from engine.storage.retrainings import RetrainingStore
from engine.trace import TriageVerdict
from engine.triage.examples import OUT_OF_SCOPE, check_enough
from engine.triage.judge import (
    MODEL_NAME,
    Judge,
    is_shipped,
    own_judge,
    shipped_model,
    stored_model,
)
from engine.triage.training import Tell
from evals.cases.overlap import TrainedOn, keep_training_texts
from evals.retraining.contest import Contest, contest
from evals.retraining.labelling import bring_labels
from evals.retraining.outcome import Outcome
from evals.retraining.rows import (
    EXAMPLES,
    Material,
    examples_of,
    keep_examples,
    material,
    starter_examples,
)

LEAST_HELD_OUT: Final = 30
"""Fewer held-out questions decide nothing."""

_SEED = 7
_EMBEDDED_AT_ONCE = 256
_NO_EXAMPLES = (
    "the model in use was made before its examples were kept; run `deskhand triage train FILE` "
    "once with them"
)


async def retrain_triage(
    engine: Engine,
    *,
    promote: bool = True,
    asked_by: str | None = None,
    tell: Tell = lambda *_: None,
) -> Outcome:
    """One contest, kept with its figures. promote: False only measures.

    Raises: StorageUnavailable, IndexUnavailable, ModelUnavailable.
    """
    tenant, at = engine.settings.tenant, engine.pipeline.clock()
    kept = RetrainingStore(engine.database)
    number = await kept.begin(tenant, MODEL_NAME, at=at, asked_by=asked_by)
    await bring_labels(engine)
    champion = await engine.triage.of(tenant)
    found, trained = await _contest(engine, champion, tell)
    if trained is not None and found.promoted and promote:
        await _install(engine, *trained)
    elif found.promoted:
        found = replace(found, promoted=False, why=f"{found.why}; it was only measured")
    await kept.finish(
        tenant,
        number,
        at=engine.pipeline.clock(),
        champion=found.champion,
        challenger=found.challenger,
        promoted=found.promoted,
        report=found.as_json(),
        body=None if trained is None else trained[0].body,
    )
    return found


async def roll_back_triage(engine: Engine) -> str:
    """Puts the model before the one in use into use again; its version.

    Before a tenant's first own model that is the shipped one.

    Raises: WrongUse where there is nothing to go back from; StorageUnavailable.
    """
    tenant, store = engine.settings.tenant, engine.models
    versions = await store.versions(tenant, MODEL_NAME, limit=2)
    if not versions or (len(versions) == 1 and is_shipped(versions[0])):
        raise WrongUse("the shipped triage model is in use; there is none before it")
    at = engine.pipeline.clock()
    before = await store.get(tenant, MODEL_NAME, versions[1]) if len(versions) > 1 else None
    if before is None:
        before = shipped_model(at)
    for name in (f"{MODEL_NAME}_texts", EXAMPLES):  # before the model, as in training
        beside = await store.get(tenant, name, before.version)
        if beside is not None:
            await store.save(tenant, replace(beside, made_at=at))
    await store.save(tenant, replace(before, made_at=at))
    return before.version


async def _contest(
    engine: Engine, champion: Judge, tell: Tell
) -> tuple[Outcome, tuple[StoredModel, Material] | None]:
    def ended(why: str, **more: Any) -> tuple[Outcome, None]:
        of = Outcome(model=MODEL_NAME, promoted=False, why=why, champion=champion.version, **more)
        return of, None

    labels, tenant = LabelStore(engine.database), engine.settings.tenant
    said = await labels.all(tenant, Split.TRAIN)
    judged = [each for each in await labels.all(tenant, Split.HELD_OUT) if each.category]
    if len(judged) < LEAST_HELD_OUT:
        return ended(
            f"{len(judged)} held-out questions have a category that a person gave; "
            f"{LEAST_HELD_OUT} are needed"
        )
    base = (
        await asyncio.to_thread(starter_examples)
        if champion.is_starter
        else await examples_of(engine.models, tenant, champion.version)
    )
    if base is None:
        return ended(_NO_EXAMPLES)
    verdicts = await _verdicts(engine, champion, judged)
    made = await asyncio.to_thread(
        material,
        base,
        said,
        judged,
        of_starter=champion.is_starter,
        priorities=await _priorities(engine, champion, said),
        home=engine.settings.home,
    )
    try:
        check_enough(made.examples, "what people said")
    except WrongUse as error:
        return ended(str(error))
    model, judge = await _train(engine, made, tell)
    ours = await _verdicts(engine, judge, judged)
    category = contest(_hits(verdicts, judged), _hits(ours, judged))
    confidence = contest(_squares(verdicts, judged), _squares(ours, judged))
    priority = _priority_contest(verdicts, ours, judged)
    reasons = _against(category, confidence, priority)
    figures: dict[str, Any] = {
        "rows": len(made.examples.examples),
        "notes": list(made.notes),
        "category_accuracy": category.as_json(),
        "confidence_score": confidence.as_json(),
        "priority_accuracy": None if priority is None else priority.as_json(),
    }
    return (
        Outcome(
            model=MODEL_NAME,
            promoted=not reasons,
            why=reasons or f"it sorts {category.gain:+.1%} of {category.rows:,} questions better",
            champion=champion.version,
            challenger=model.version,
            figures=figures,
        ),
        (model, made),
    )


def _against(category: Contest, confidence: Contest, priority: Contest | None) -> str:
    """Why the challenger is not promoted; empty where it is."""
    if not category.is_better:
        worse = "worse" if category.is_worse else "no better that can be told"
        return (
            f"on {category.rows:,} held-out questions its categories are {worse} "
            f"({category.challenger:.1%} right against {category.champion:.1%})"
        )
    if confidence.is_worse:
        return "its categories are better, but it is more often sure of a wrong one"
    if priority is not None and priority.is_worse:
        return (
            f"its categories are better, but its priorities are worse "
            f"({priority.challenger:.1%} right against {priority.champion:.1%})"
        )
    return ""


async def _train(engine: Engine, made: Material, tell: Tell) -> tuple[StoredModel, Judge]:
    from engine.triage.card import train  # scikit-learn: a second that other commands need not pay

    vectors = await _embed(engine, [e.text for e in made.examples.examples], tell)
    embedder = (engine.embedder.name, engine.embedder.version)
    at = engine.pipeline.clock()
    trained = await asyncio.to_thread(
        train, made.examples, vectors, embedder=embedder, made_at=at, seed=_SEED, tell=tell
    )
    card = trained.card | {"learned_from_people": True, "notes": list(made.notes)}
    model = stored_model(trained.body, card, at)
    return model, await asyncio.to_thread(own_judge, model, embedder)


async def _install(engine: Engine, model: StoredModel, made: Material) -> None:
    """The champion stays in the store, one command back."""
    store, tenant, at = engine.models, engine.settings.tenant, engine.pipeline.clock()
    texts = [(f"row {n}", e.text) for n, e in enumerate(made.examples.examples, start=1)]
    # Before the model itself: one in use whose texts are not known could not be checked.
    await keep_training_texts(store, tenant, TrainedOn.TRIAGE, model.version, texts, at)
    await keep_examples(store, tenant, model.version, made.examples.examples, at)
    await store.save(tenant, replace(model, made_at=at))


async def _verdicts(engine: Engine, judge: Judge, labels: Sequence[Label]) -> list[TriageVerdict]:
    """As production would sort these questions, with the documents that are there now."""
    tenant, found = engine.settings.tenant, []
    for label in labels:
        texts = query_texts(Question(id=label.question_id, text=label.text))
        retrieval = await engine.retriever.retrieve(
            texts,
            tenant=tenant,
            audience=FULL_MEMBER,
            revision=await engine.documents.revision(tenant),
        )
        found.append(await judge.verdict(texts.last.whole, retrieval.query_vector, retrieval.hits))
    return found


async def _priorities(
    engine: Engine, champion: Judge, said: Sequence[Label]
) -> dict[str, str | None]:
    """What the champion makes of questions of whose priority nobody spoke."""
    silent = [label for label in said if label.category and not label.priority]
    if champion.model is None or champion.model.priority is None or not silent:
        return {}
    texts = [label.text for label in silent]
    vectors = await _embed(engine, texts, lambda *_: None)
    verdicts = await asyncio.to_thread(champion.model.judge, texts, vectors)
    return {s.question_id: v.priority for s, v in zip(silent, verdicts, strict=True)}


def _hits(verdicts: Sequence[TriageVerdict], labels: Sequence[Label]) -> NDArray[np.float64]:
    return np.array(
        [float(_named(v) == label.category) for v, label in zip(verdicts, labels, strict=True)]
    )


def _squares(verdicts: Sequence[TriageVerdict], labels: Sequence[Label]) -> NDArray[np.float64]:
    """Minus the squared error of the stated confidence that the named category is right (Brier,
    Verification of forecasts expressed in terms of probability, 1950)."""
    return np.array(
        [
            -(((v.category_confidence or 0.0) - float(_named(v) == label.category)) ** 2)
            for v, label in zip(verdicts, labels, strict=True)
        ]
    )


def _named(verdict: TriageVerdict) -> str:
    return verdict.category or OUT_OF_SCOPE


def _priority_contest(
    champion: Sequence[TriageVerdict], ours: Sequence[TriageVerdict], labels: Sequence[Label]
) -> Contest | None:
    rows = [n for n, label in enumerate(labels) if label.priority and champion[n].priority]
    if not rows:
        return None
    return contest(
        np.array([float(champion[n].priority == labels[n].priority) for n in rows]),
        np.array([float(ours[n].priority == labels[n].priority) for n in rows]),
    )


async def _embed(engine: Engine, texts: Sequence[str], tell: Tell) -> NDArray[np.float32]:
    rows = np.empty((len(texts), engine.embedder.dimension), np.float32)
    for start in range(0, len(texts), _EMBEDDED_AT_ONCE):
        part = texts[start : start + _EMBEDDED_AT_ONCE]
        rows[start : start + len(part)] = await engine.embedder.embed_many(part)
        tell("texts embedded", start + len(part), len(texts))
    return rows
