"""What a cache of vectors promises: the same vectors, no text, no harm."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.adapters.embedding_cache import CachedEmbedder
from engine.compose import open_engine
from engine.settings import load_settings

TEXTS = ["the badge", "a \ud800 lone surrogate", "", "the badge", "Übergröße"]


class _Counting:
    """An embedder whose vectors depend on the text alone, and who knows what it was asked."""

    name, dimension, max_tokens = "counting", 8, 256

    def __init__(self, version: str = "1") -> None:
        self.version = version
        self.asked: list[str] = []
        self.closed = 0

    async def embed_query(self, text: str) -> NDArray[np.float32]:
        return (await self.embed_many([text]))[0]

    async def embed_many(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        rows = [np.random.default_rng(abs(hash(text))).normal(size=8) for text in texts]
        return np.array(rows, np.float32).reshape(len(texts), 8)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    async def aclose(self) -> None:
        self.closed += 1


def _cached(embedder: _Counting, file: Path, tenant: str = "a", rows: int = 1000) -> CachedEmbedder:
    return CachedEmbedder(embedder, file, tenant=tenant, max_bytes=rows * (4 * 8 + 48))


def _content(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_each_text_is_asked_for_once_and_its_vector_is_the_same(tmp_path: Path) -> None:
    file = tmp_path / "made" / "vectors"
    plain, asked = _Counting(), _Counting()
    cached = _cached(asked, file)
    expected = await plain.embed_many(TEXTS)
    for _ in range(2):
        np.testing.assert_array_equal(await cached.embed_many(TEXTS), expected)
    np.testing.assert_array_equal(await cached.embed_query("the badge"), expected[0])
    assert asked.asked == list(dict.fromkeys(TEXTS))
    assert (cached.hits, cached.misses) == (len(set(TEXTS)) + 1, len(set(TEXTS)))
    assert (await cached.embed_many([])).shape == (0, 8)
    await cached.aclose()
    await cached.aclose()
    assert asked.closed == 2
    again = _Counting()
    cached = _cached(again, file)
    np.testing.assert_array_equal(await cached.embed_many(TEXTS), expected)
    assert again.asked == []
    await cached.aclose()


@pytest.mark.parametrize(("tenant", "version"), [("b", "1"), ("a", "2")])
async def test_another_tenant_or_model_finds_nothing(
    tmp_path: Path, tenant: str, version: str
) -> None:
    first, other = _cached(_Counting(), tmp_path / "v"), _Counting(version)
    await first.embed_many(TEXTS)
    cached = _cached(other, tmp_path / "v", tenant)
    await cached.embed_query("the badge")
    assert other.asked == ["the badge"]
    for each in (first, cached):
        await each.aclose()
    assert b"badge" not in _content(tmp_path)


async def test_the_oldest_go_first(tmp_path: Path) -> None:
    asked = _Counting()
    cached = _cached(asked, tmp_path / "v", rows=20)
    for number in range(60):
        await cached.embed_query(f"text {number}")
    with sqlite3.connect(tmp_path / "v") as db:
        ((kept,),) = db.execute("SELECT count(*) FROM vectors")
    assert 15 <= kept <= 20
    asked.asked.clear()
    await cached.embed_many(["text 59", "text 0"])
    assert asked.asked == ["text 0"]
    await cached.aclose()


@pytest.mark.parametrize("damage", ["folder", "rubbish", "short", "gone"])
async def test_a_file_that_is_of_no_use_does_no_harm(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "v"
    if damage == "folder":
        file.mkdir()
    elif damage == "rubbish":
        file.write_bytes(b"no database " * 1000)
    else:
        first = _cached(_Counting(), file)
        await first.embed_many(TEXTS)
        await first.aclose()
        with sqlite3.connect(file) as db:
            change = "UPDATE vectors SET vector = x'00000000'"
            db.execute("DROP TABLE vectors" if damage == "gone" else change)
    asked = _Counting()
    cached = _cached(asked, file)
    for _ in range(2):
        np.testing.assert_array_equal(
            await cached.embed_many(TEXTS), await _Counting().embed_many(TEXTS)
        )
    assert len(caplog.records) == (1 if damage in ("folder", "rubbish") else 0)
    assert all("badge" not in record.getMessage() for record in caplog.records)
    await cached.aclose()


async def test_several_use_one_file_at_once(tmp_path: Path) -> None:
    many = [_cached(_Counting(), tmp_path / "v") for _ in range(4)]
    expected = await _Counting().embed_many([f"{n}" for n in range(300)])

    async def use(cached: CachedEmbedder) -> None:
        for start in range(0, 300, 20):
            texts = [f"{n}" for n in range(start, start + 20)]
            np.testing.assert_array_equal(
                await cached.embed_many(texts), expected[start : start + 20]
            )

    await asyncio.gather(*map(use, many))
    for cached in many:
        await cached.aclose()


async def test_an_engine_uses_the_file_that_settings_name(tmp_path: Path) -> None:
    file = tmp_path / "vectors"
    names = {"DESKHAND_HOME": str(tmp_path / "home"), "DESKHAND_EMBEDDING_CACHE": str(file)}
    async with open_engine(load_settings(names, working_directory=tmp_path)) as engine:
        assert isinstance(engine.embedder, CachedEmbedder)
        first = await engine.embedder.embed_query("the badge")
    async with open_engine(load_settings(names, working_directory=tmp_path)) as engine:
        np.testing.assert_array_equal(await engine.embedder.embed_query("the badge"), first)
        assert isinstance(engine.embedder, CachedEmbedder)
        assert (engine.embedder.hits, engine.embedder.misses) == (1, 0)
