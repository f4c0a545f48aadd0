from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.adapters.minilm.embedder import MiniLmEmbedder
from engine.answerability.model import PRIOR
from engine.answerability.own_model import NAME
from engine.audience import FULL_MEMBER, Audience
from engine.compose import Engine, Overrides, open_engine
from engine.settings import Settings

pytestmark = pytest.mark.slow  # every test ingests and fits

SAMPLE = Path(__file__).parents[3] / "evals" / "sample" / "knowledge"


@pytest.fixture(scope="module")
def model() -> Iterator[MiniLmEmbedder]:
    made = MiniLmEmbedder(threads=2)
    yield made
    asyncio.run(made.aclose())


@pytest.fixture
async def engine(settings: Settings, model: MiniLmEmbedder) -> AsyncIterator[Engine]:
    async with open_engine(settings, Overrides(embedder=model)) as made:
        await made.ingestion.run(str(SAMPLE / "hr"), (), lambda _: None)
        yield made


async def test_a_fit_is_used_from_then_on_and_told_apart_by_the_fingerprint(
    engine: Engine,
) -> None:
    own, tenant = engine.answerability, engine.settings.tenant
    assert await own.model(tenant) == PRIOR
    made = await own.refit(tenant, FULL_MEMBER)
    assert made is not None
    assert await own.model(tenant) == made.model
    assert made.auroc > 0.7
    stored = await engine.models.get(tenant, NAME, made.model.name)
    assert stored is not None
    assert stored.card["examples"] == made.examples
    assert await own.model("another") == PRIOR


async def test_nobody_who_may_read_nothing_teaches_anything(engine: Engine) -> None:
    tenant = engine.settings.tenant
    assert await engine.answerability.refit(tenant, Audience.of(["user:U0NOBODY"])) is None
    assert await engine.models.newest_version(tenant, NAME) is None


@pytest.mark.parametrize("body", [b"", b"\x00\x01", b"[]", b'{"format": 99}'])
async def test_a_stored_model_that_cannot_be_read_leaves_the_shipped_one_in_place(
    engine: Engine, body: bytes
) -> None:
    tenant = engine.settings.tenant
    made = await engine.answerability.refit(tenant, FULL_MEMBER)
    assert made is not None
    stored = await engine.models.get(tenant, NAME, made.model.name)
    assert stored is not None
    await engine.models.save(tenant, replace(stored, body=body))
    used = await engine.answerability.model(tenant)
    assert (used.weights, used.intercept) == (PRIOR.weights, PRIOR.intercept)


async def test_a_fit_to_another_embedders_cosines_is_left_aside(
    engine: Engine, settings: Settings, model: MiniLmEmbedder
) -> None:
    tenant = engine.settings.tenant
    assert await engine.answerability.refit(tenant, FULL_MEMBER) is not None
    other = replace(engine.answerability, embedder="another:1", _kept={})
    used = await other.model(tenant)
    assert (used.weights, used.intercept) == (PRIOR.weights, PRIOR.intercept)


async def test_what_was_learnt_from_documents_that_are_gone_is_forgotten(engine: Engine) -> None:
    tenant = engine.settings.tenant
    assert await engine.answerability.refit(tenant, FULL_MEMBER) is not None
    (source,) = await engine.sources.all(tenant)
    await engine.ingestion.forget(source.id)
    assert await engine.answerability.refit(tenant, FULL_MEMBER) is None
    used = await engine.answerability.model(tenant)
    assert (used.weights, used.intercept) == (PRIOR.weights, PRIOR.intercept)
