"""The shipped embedder against fp32 reference vectors, and what its port promises."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from engine.adapters import minilm
from engine.adapters.minilm.embedder import MiniLmEmbedder
from engine.errors import ModelUnavailable
from engine.retrieval.embedder import Embedder

MODEL_FOLDER = Path(minilm.__file__).parent
# Written by the fp32 graph of `python -m engine.adapters.minilm.build --fp32 PATH`.
REFERENCE = json.loads((Path(__file__).parent / "data" / "minilm_fp32.json").read_text())
TEXTS: list[str] = REFERENCE["texts"]


@pytest.fixture
async def embedder() -> AsyncIterator[Embedder]:
    fresh = MiniLmEmbedder()
    yield fresh
    await fresh.aclose()


async def test_vectors_agree_with_the_fp32_model(embedder: Embedder) -> None:
    expected = np.array(REFERENCE["vectors"], np.float32)
    vectors = await embedder.embed_many(TEXTS)
    assert (vectors * expected).sum(axis=1).min() > 0.996


async def test_rows_are_of_unit_length_and_declared_shape(embedder: Embedder) -> None:
    vectors = await embedder.embed_many(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


async def test_rows_keep_the_order_of_texts_of_mixed_length(embedder: Embedder) -> None:
    texts = [f"Rule {number}. " + "Ask your manager first. " * (number % 7) for number in range(60)]
    vectors = await embedder.embed_many(texts)
    alone = np.stack([await embedder.embed_query(text) for text in texts])
    assert (vectors @ alone.T).argmax(axis=1).tolist() == list(range(60))


async def test_a_vector_is_the_same_alone_and_in_a_batch(embedder: Embedder) -> None:
    in_batch = await embedder.embed_many([*TEXTS, "invoice " * 300])
    for text, row in zip(TEXTS, in_batch, strict=False):
        np.testing.assert_allclose(await embedder.embed_query(text), row, atol=1e-4)


async def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert (await embedder.embed_many([])).shape == (0, 384)


@pytest.mark.parametrize(
    "text",
    ["", "   \n", "\x00", "a\x00b", "\ud800", "caf\u00e9 \udfff", "\u200b\ufeff", "x" * 500_000],
    ids=["empty", "blank", "nul", "inner nul", "surrogate", "accent", "invisible", "huge word"],
)
async def test_odd_text_gives_a_unit_vector(embedder: Embedder, text: str) -> None:
    vector = await embedder.embed_query(text)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert len(embedder.count_tokens([text])) == 1


async def test_word_pieces_past_the_limit_are_ignored(embedder: Embedder) -> None:
    start = "leave " * embedder.max_tokens
    short, long, cut = await embedder.embed_many([start, start + "payroll " * 50, start[:-6]])
    np.testing.assert_allclose(short, long, atol=1e-6)
    assert np.abs(short - cut).max() > 1e-6


async def test_tokens_are_counted_without_special_ones_and_untruncated(embedder: Embedder) -> None:
    assert embedder.count_tokens(["hello world", "", "leave " * 700]) == [2, 0, 700]


async def test_a_surrogate_pair_reads_as_the_character_it_means(embedder: Embedder) -> None:
    joined, pair = await embedder.embed_many(["ship it \U0001f680", "ship it \ud83d\ude80"])
    np.testing.assert_allclose(joined, pair, atol=1e-6)


async def test_a_paraphrase_is_closer_than_an_unrelated_text(embedder: Embedder) -> None:
    question = await embedder.embed_query("How many vacation days do I get each year?")
    paraphrase, unrelated = await embedder.embed_many(
        ["Employees receive 25 days of annual leave.", "The printer on floor 3 is out of toner."]
    )
    assert question @ paraphrase > question @ unrelated + 0.2


@pytest.mark.slow
async def test_the_event_loop_runs_on_while_many_texts_are_embedded(embedder: Embedder) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.002)

    ticker = asyncio.create_task(tick())
    await embedder.embed_many([f"{text} {number}" for number in range(25) for text in TEXTS[:8]])
    ticker.cancel()
    assert ticks > 20


@pytest.mark.slow
async def test_a_query_is_answered_while_a_bulk_embed_runs(embedder: Embedder) -> None:
    bulk = asyncio.create_task(embedder.embed_many(["expenses and receipts " * 80] * 24))
    await asyncio.sleep(0)
    await embedder.embed_query("Where do I send receipts?")
    assert not bulk.done()
    assert (await bulk).shape == (24, 384)


async def test_the_first_uses_at_once_share_one_load(embedder: Embedder) -> None:
    vectors = await asyncio.gather(*(embedder.embed_query("same text") for _ in range(8)))
    assert all(np.array_equal(vector, vectors[0]) for vector in vectors)


async def test_closing_twice_is_fine_and_later_use_is_refused() -> None:
    embedder = MiniLmEmbedder()
    await embedder.aclose()
    await embedder.aclose()
    with pytest.raises(RuntimeError):
        await embedder.embed_query("too late")
    with pytest.raises(RuntimeError):
        embedder.count_tokens(["too late"])


def model_copy(folder: Path) -> Path:
    for name in ("model.int8.onnx", "tokenizer.json", "CHECKSUMS"):
        shutil.copyfile(MODEL_FOLDER / name, folder / name)
    return folder


@pytest.mark.parametrize("name", ["model.int8.onnx", "tokenizer.json"])
async def test_a_damaged_file_is_refused_and_named(tmp_path: Path, name: str) -> None:
    damaged = model_copy(tmp_path) / name
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    embedder = MiniLmEmbedder(tmp_path)
    with pytest.raises(ModelUnavailable, match=rf"{name} in .* is damaged; reinstall"):
        await embedder.embed_query("anything")
    await embedder.aclose()


async def test_a_missing_model_file_says_what_to_do(tmp_path: Path) -> None:
    (model_copy(tmp_path) / "model.int8.onnx").unlink()
    embedder = MiniLmEmbedder(tmp_path)
    with pytest.raises(ModelUnavailable, match="cannot be read; reinstall"):
        await embedder.embed_many(["anything"])
    await embedder.aclose()


def test_a_folder_without_checksums_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="CHECKSUMS"):
        MiniLmEmbedder(tmp_path)


async def test_the_version_is_the_start_of_the_model_files_checksum(embedder: Embedder) -> None:
    assert (MODEL_FOLDER / "CHECKSUMS").read_text().startswith(embedder.version)
    assert len(embedder.version) == 12
