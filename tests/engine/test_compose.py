"""One database behind two homes, each with an embedded index of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.audience import FULL_MEMBER
from engine.compose import Engine, Overrides, open_engine
from engine.question import Budget, Question
from engine.retrieval.embedder import Embedder
from engine.settings import Settings, load_settings


def home(tmp_path: Path, name: str) -> Settings:
    shared = f"sqlite:///{tmp_path}/shared.db"
    return load_settings(
        {"DESKHAND_HOME": str(tmp_path / name), "DATABASE_URL": shared}, working_directory=tmp_path
    )


async def names_found(engine: Engine, text: str) -> list[str]:
    trace = await engine.pipeline.run(
        Question(id="1", text=text),
        tenant="default",
        audience=FULL_MEMBER,
        budget=Budget(max_cost_usd=0.0),
    )
    return [hit.document_name for hit in trace.retrieved]


@pytest.mark.slow
async def test_a_home_whose_index_lags_behind_the_shared_database_catches_up_on_opening(
    tmp_path: Path, model: Embedder
) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "tea.md").write_text("# Tea\n\nTea is served at four.\n")
    parts = Overrides(embedder=model)
    first, second = home(tmp_path, "one"), home(tmp_path, "two")
    async with open_engine(first, parts) as engine:
        await engine.ingestion.run(str(docs), (), lambda _: None)
    async with open_engine(second, parts) as engine:
        await engine.make_ready()
        assert await names_found(engine, "When is tea served?") == ["tea.md"]
    (docs / "parking.md").write_text("# Parking\n\nPark behind the north gate.\n")
    async with open_engine(first, parts) as engine:
        await engine.ingestion.run(str(docs), (), lambda _: None)
    async with open_engine(second, parts) as engine:
        await engine.make_ready()
        assert "parking.md" in await names_found(engine, "Where do I park?")
