from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from engine.answerability.calibration import Calibration
from engine.answerability.model import PRIOR
from engine.compose import Engine, Overrides, open_engine
from engine.errors import WrongUse
from engine.retrieval.embedder import Embedder
from engine.settings import Settings
from engine.storage.inbox import NewQuestion, Surface
from engine.storage.labels import Label, LabelStore, Split, split_of
from engine.storage.retrainings import RetrainingStore
from engine.storage.schema import verdicts
from engine.triage.judge import is_shipped
from evals.cases.case_line import parse_case
from evals.cases.overlap import refuse_trained_cases
from evals.retraining.calibration import recalibrate, roll_back_calibration
from evals.retraining.rows import examples_of
from evals.retraining.triage import retrain_triage, roll_back_triage

pytestmark = pytest.mark.slow  # every test embeds and trains

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
WORDS = {
    "garden": ["roses", "hedge", "lawn mower", "compost", "tulip bulbs", "greenhouse"],
    "kitchen": ["oven", "soup pot", "bread knife", "fridge", "dish washer", "frying pan"],
    "garage": ["engine oil", "winter tyres", "brake pads", "car jack", "battery", "exhaust"],
}
SAID = [
    "{} is broken",
    "who mends the {}",
    "where do I get a new {}",
    "the {} smells",
    "my {} leaks",
    "can somebody look at the {} please",
]


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
async def engine(settings: Settings, model: Embedder) -> AsyncIterator[Engine]:
    async with open_engine(settings, Overrides(embedder=model, clock=Clock())) as made:
        await made.make_ready()
        yield made


async def ask(engine: Engine, number: int, text: str) -> str:
    question = NewQuestion(
        team="T1",
        channel="C1",
        ts=f"{number}.1",
        user="U1",
        surface=Surface.MENTION,
        text=text,
        asked_at=NOW,
    )
    item, _ = await engine.inbox.add(engine.settings.tenant, question, at=NOW)
    return item.id


async def label(engine: Engine, *, wrong_to_learn: bool = False) -> list[Label]:
    """What people said of 108 questions; what may be learned from is wrong where that is wanted."""
    made, names = [], list(WORDS)
    store, number = LabelStore(engine.database), 0
    for category, things in WORDS.items():
        for thing in things:
            for form in SAID:
                text, number = form.format(thing), number + 1
                said = category
                if wrong_to_learn and split_of(text) is Split.TRAIN:
                    said = names[(names.index(category) + 1) % 3]
                id = await ask(engine, number, text)
                new = Label(question_id=id, text=text, at=NOW, by="U2", category=said)
                await store.put(engine.settings.tenant, new)
                made.append(new)
    return made


async def test_a_better_challenger_is_promoted_and_one_command_goes_back(engine: Engine) -> None:
    tenant = engine.settings.tenant
    said = await label(engine)
    shipped = (await engine.triage.of(tenant)).version
    found = await retrain_triage(engine, asked_by="U9")
    assert found.promoted, found.why
    accuracy = found.figures["category_accuracy"]
    assert accuracy["rows"] == sum(each.split is Split.HELD_OUT for each in said)
    assert accuracy["low"] > 0
    assert accuracy["challenger"] > 0.8
    (kept,) = await RetrainingStore(engine.database).last(tenant, "triage")
    assert (kept.promoted, kept.champion, kept.asked_by) == (True, shipped, "U9")

    # What it learned from may not be what it is measured by, and held-out questions may.
    judged = next(each for each in said if each.split is Split.HELD_OUT)
    used = await examples_of(engine.models, tenant, found.challenger or "")
    assert used is not None
    texts = {example.text for example in used}
    trained = next(each for each in said if each.text in texts)
    assert not texts & {each.text for each in said if each.split is Split.HELD_OUT}
    fair, _ = parse_case({"id": "a", "user_question": judged.text})
    await refuse_trained_cases(engine.models, tenant, [fair])
    known, _ = parse_case({"id": "b", "user_question": trained.text})
    with pytest.raises(WrongUse, match="triage model was trained on"):
        await refuse_trained_cases(engine.models, tenant, [known])

    assert is_shipped(await roll_back_triage(engine))
    await asyncio.sleep(0)
    engine.triage._made.clear()  # as after the few seconds for which it is kept
    back = await engine.triage.of(tenant)
    assert (back.version, back.is_starter, back.why_not_own) == (shipped, True, None)
    assert await roll_back_triage(engine) == found.challenger  # and forth again


async def test_a_worse_challenger_is_not_promoted(engine: Engine) -> None:
    tenant = engine.settings.tenant
    await label(engine)
    first = await retrain_triage(engine)
    assert first.promoted
    engine.triage._made.clear()
    await label(engine, wrong_to_learn=True)
    second = await retrain_triage(engine)
    assert not second.promoted
    assert second.champion == first.challenger
    assert second.figures["category_accuracy"]["worse"]
    engine.triage._made.clear()
    assert (await engine.triage.of(tenant)).version == first.challenger
    newest, oldest = await RetrainingStore(engine.database).last(tenant, "triage")
    assert (newest.promoted, oldest.promoted) == (False, True)


async def test_measuring_alone_changes_nothing(engine: Engine) -> None:
    await label(engine)
    found = await retrain_triage(engine, promote=False)
    assert not found.promoted
    assert "only measured" in found.why
    assert await engine.models.newest_version(engine.settings.tenant, "triage") is None


async def test_too_few_labels_say_how_many_are_needed(engine: Engine) -> None:
    found = await retrain_triage(engine)
    assert (found.promoted, found.challenger) == (False, None)
    assert "30 are needed" in found.why
    with pytest.raises(WrongUse, match="none before it"):
        await roll_back_triage(engine)


async def judge(engine: Engine, n: int, *, slope: float, offset: float) -> None:
    """Verdicts on answers whose true chance is a bent version of the stated confidence."""
    rng = random.Random(7)
    bend = Calibration(slope=slope, offset=offset)
    rows = []
    for number in range(n):
        stated = rng.uniform(0.2, 0.97)
        right = rng.random() < bend.probability(stated)
        id = await ask(engine, number, f"{rng.random()} question {number}")
        rows.append(
            {
                "tenant": engine.settings.tenant,
                "question_id": id,
                "team": "T1",
                "channel": "C1",
                "mode": "auto",
                "outcome": "answered",
                "confidence": stated,
                "fingerprint": "f",
                "asked_at": NOW,
                "verdict": "right" if right else "wrong",
                "detail": {},
            }
        )
    async with engine.database.write() as db:
        await db.execute(insert(verdicts), rows)


async def test_overconfidence_is_calibrated_away_and_comes_back_by_one_command(
    engine: Engine,
) -> None:
    tenant = engine.settings.tenant
    await judge(engine, 600, slope=0.6, offset=-1.2)
    found = await recalibrate(engine)
    assert found.promoted, found.why
    assert found.figures["slope"] == pytest.approx(0.6, abs=0.25)
    error = found.figures["calibration_error"]
    assert error["challenger"] < error["champion"] / 2
    used = await engine.answerability.model(tenant)
    assert used.name.startswith(f"{PRIOR.name}+")
    features = {"sentence": 0.7, "gap": 0.2, "focus": 0.8}
    assert used.probability(features) < PRIOR.probability(features)

    await roll_back_calibration(engine)
    assert await engine.answerability.model(tenant) == PRIOR
    await roll_back_calibration(engine)
    assert await engine.answerability.model(tenant) == used


async def test_an_honest_confidence_is_left_alone(engine: Engine) -> None:
    await judge(engine, 400, slope=1.0, offset=0.0)
    found = await recalibrate(engine)
    assert not found.promoted
    assert "no more honest" in found.why
    assert await engine.answerability.model(engine.settings.tenant) == PRIOR


async def test_a_calibration_is_for_its_own_model_alone(engine: Engine) -> None:
    await judge(engine, 600, slope=0.6, offset=-1.2)
    assert (await recalibrate(engine)).promoted
    kept = await engine.answerability.calibration.of(engine.settings.tenant)
    assert kept.base == PRIOR.name
    # Answers from before it have other confidences, and do not count again.
    again = await recalibrate(engine)
    assert "since the last change" in again.why
