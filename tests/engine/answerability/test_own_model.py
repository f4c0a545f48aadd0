from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.answerability.model import PRIOR, PRIOR_EMBEDDER
from engine.answerability.own_model import NAME, OwnAnswerability
from engine.audience import FULL_MEMBER, Audience
from engine.compose import Engine, Overrides, open_engine
from engine.retrieval.embedder import Embedder
from engine.settings import Settings

pytestmark = pytest.mark.slow  # every test ingests and fits

SAMPLE = Path(__file__).parents[3] / "evals" / "sample" / "knowledge"


@pytest.fixture
async def engine(home_with_tables: Settings, model: Embedder) -> AsyncIterator[Engine]:
    async with open_engine(home_with_tables, Overrides(embedder=model)) as made:
        await made.ingestion.run(str(SAMPLE / "hr"), (), lambda _: None)
        yield made


def own_of_another(engine: Engine, embedder: str = "another:1") -> OwnAnswerability:
    """As with an embedder for which the prior was not fitted, so that a fit is learnt."""
    return replace(engine.answerability, embedder=embedder, _kept={})


async def test_the_prior_serves_knowledge_that_it_judges_well(engine: Engine) -> None:
    own, tenant = engine.answerability, engine.settings.tenant
    assert engine.answerability.embedder.split(":")[0] == PRIOR_EMBEDDER
    made = await own.refit(tenant, FULL_MEMBER)
    assert made is not None
    assert not made.learnt
    assert made.auroc > 0.7
    assert await own.model(tenant) == PRIOR
    assert await engine.models.newest_version(tenant, NAME) is None


async def test_a_fit_gives_way_to_the_prior_once_and_stays_so(engine: Engine) -> None:
    tenant = engine.settings.tenant
    assert await own_of_another(engine).refit(tenant, FULL_MEMBER) is not None
    assert await engine.answerability.refit(tenant, FULL_MEMBER) is not None
    used = await engine.answerability.model(tenant)
    assert (used.weights, used.intercept) == (PRIOR.weights, PRIOR.intercept)
    assert await engine.answerability.refit(tenant, FULL_MEMBER) is not None
    assert await engine.models.newest_version(tenant, NAME) == used.name


async def test_a_fit_is_used_from_then_on_and_told_apart_by_the_fingerprint(
    engine: Engine,
) -> None:
    own, tenant = own_of_another(engine), engine.settings.tenant
    assert await own.model(tenant) == PRIOR
    made = await own.refit(tenant, FULL_MEMBER)
    assert made is not None
    assert made.learnt
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
    own, tenant = own_of_another(engine), engine.settings.tenant
    made = await own.refit(tenant, FULL_MEMBER)
    assert made is not None
    stored = await engine.models.get(tenant, NAME, made.model.name)
    assert stored is not None
    await engine.models.save(tenant, replace(stored, body=body))
    used = await own.model(tenant)
    assert (used.weights, used.intercept) == (PRIOR.weights, PRIOR.intercept)


async def test_a_fit_to_another_embedders_cosines_is_left_aside(
    engine: Engine,
) -> None:
    tenant = engine.settings.tenant
    assert await own_of_another(engine).refit(tenant, FULL_MEMBER) is not None
    used = await own_of_another(engine, "a-third:1").model(tenant)
    assert (used.weights, used.intercept) == (PRIOR.weights, PRIOR.intercept)


async def test_what_was_learnt_from_documents_that_are_gone_is_forgotten(engine: Engine) -> None:
    tenant = engine.settings.tenant
    assert await own_of_another(engine).refit(tenant, FULL_MEMBER) is not None
    (source,) = await engine.sources.all(tenant)
    await engine.ingestion.forget(source.id)
    assert await engine.answerability.refit(tenant, FULL_MEMBER) is None
    used = await engine.answerability.model(tenant)
    assert (used.weights, used.intercept) == (PRIOR.weights, PRIOR.intercept)


async def test_a_fit_remembers_what_it_was_made_from(engine: Engine) -> None:
    own, tenant = engine.answerability, engine.settings.tenant
    before = await own.state(tenant, FULL_MEMBER)
    await own.refit(tenant, FULL_MEMBER)
    assert await engine.fits.state(tenant, NAME) == before != ""
    assert await own_of_another(engine).state(tenant, FULL_MEMBER) != before


async def test_what_others_alone_may_read_changes_nothing_that_is_learnt(
    engine: Engine, tmp_path: Path
) -> None:
    own, tenant = own_of_another(engine), engine.settings.tenant
    before, made = await own.state(tenant, FULL_MEMBER), await own.refit(tenant, FULL_MEMBER)
    (tmp_path / "mine.md").write_text("# Mine\n\nThe safe of the office has the number nine.\n")
    await engine.ingestion.run(str(tmp_path / "mine.md"), ("user:U0ANN",), lambda _: None)
    assert await own.state(tenant, FULL_MEMBER) == before
    again = await own.refit(tenant, FULL_MEMBER)
    assert made is not None
    assert again is not None
    assert (again.model.weights, again.examples) == (made.model.weights, made.examples)
