from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.compose import Overrides
from evals.home import TENANT, bring_up_to_date, evaluation_settings, open_home


class _Hashing:
    """An embedder without a model."""

    name, dimension, max_tokens = "hashing", 32, 256

    def __init__(self, version: str) -> None:
        self.version = version

    async def embed_query(self, text: str) -> np.ndarray:
        return (await self.embed_many([text]))[0]

    async def embed_many(self, texts: list[str]) -> np.ndarray:
        rows = [np.random.default_rng(len(text)).standard_normal(32) for text in texts]
        return np.array([row / np.linalg.norm(row) for row in rows], np.float32)

    def count_tokens(self, texts: list[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    async def aclose(self) -> None:
        pass


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "one"
    made.mkdir()
    (made / "a.md").write_text("# Keys\n\nThe keys are at the desk.\n")
    (made / "b.md").write_text("# Lamps\n\nThe lamps are in the store.\n")
    return made


async def _ingested(home: Path, source: Path, version: str) -> tuple[int, int]:
    """Documents that were added, and those the home holds afterwards."""
    async with open_home(home, Overrides(embedder=_Hashing(version))) as engine:
        summary = await bring_up_to_date(engine, str(source), lambda _: None)
        assert not summary.failed
        passages = sum((await engine.documents.live_sizes(TENANT)).values())
        assert await engine.index.count(TENANT) == passages
        return summary.added, await engine.documents.count(TENANT)


async def test_a_second_run_only_checks_for_changes(folder: Path, tmp_path: Path) -> None:
    assert await _ingested(tmp_path / "home", folder, "1") == (2, 2)
    assert await _ingested(tmp_path / "home", folder, "1") == (0, 2)


@pytest.mark.slow
async def test_a_home_built_by_another_embedder_is_built_anew(folder: Path, tmp_path: Path) -> None:
    await _ingested(tmp_path / "home", folder, "1")
    assert await _ingested(tmp_path / "home", folder, "2") == (2, 2)


@pytest.mark.slow
async def test_a_home_holds_one_source_alone(folder: Path, tmp_path: Path) -> None:
    await _ingested(tmp_path / "home", folder, "1")
    other = tmp_path / "two"
    other.mkdir()
    (other / "c.md").write_text("# Chairs\n\nThe chairs are in the hall.\n")
    assert await _ingested(tmp_path / "home", other, "1") == (1, 1)


def test_an_evaluation_never_uses_the_database_or_model_of_production(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:secret@db.tern.example/live")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-live")
    monkeypatch.setenv("DESKHAND_RETRIEVAL__TOP_K", "5")
    settings = evaluation_settings(tmp_path)
    assert settings.home == tmp_path
    assert settings.tenant == TENANT
    assert settings.database.url is None
    assert settings.openai.api_key is None
    assert settings.retrieval.top_k == 5
