from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.adapters.openai_embedder import OpenAiEmbedder, parse_embedder
from engine.adapters.openai_faults import ModelFault
from engine.errors import IndexMismatch, SettingsInvalid
from evals.model_server.reply import Fault, Reply
from evals.model_server.server import ModelServer

pytestmark = pytest.mark.slow  # faults wait for their time limits

OpenLine = Callable[..., Any]


def embedder(open_line: OpenLine, *, dimension: int = 256, **more: Any) -> tuple[Any, Any, Any]:
    query = open_line(purpose="query", **more)
    ingest = open_line(purpose="ingest", **more)
    return OpenAiEmbedder(query.lane, ingest.lane, dimension=dimension), query, ingest


@pytest.mark.parametrize(
    ("setting", "parsed"),
    [
        ("openai", ("text-embedding-3-small", 1536)),
        ("openai:text-embedding-3-large", ("text-embedding-3-large", 3072)),
        ("openai:text-embedding-3-large:256", ("text-embedding-3-large", 256)),
        ("openai:nomic-embed-text:latest:768", ("nomic-embed-text:latest", 768)),
    ],
)
def test_the_setting_names_model_and_length(setting: str, parsed: tuple[str, int]) -> None:
    assert parse_embedder(setting) == parsed


@pytest.mark.parametrize("setting", ["openai:bge-m3", "openai:bge-m3:0", "openai:a:b"])
def test_a_length_that_nobody_knows_is_asked_for(setting: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"write openai:.*:LENGTH"):
        parse_embedder(setting)


async def test_texts_become_unit_rows_in_their_order_and_are_booked(
    server: ModelServer, open_line: OpenLine
) -> None:
    made, query, ingest = embedder(open_line)
    texts = [f"text number {n}" for n in range(5)]
    rows = await made.embed_many(texts)
    assert (rows.shape, rows.dtype) == ((5, 256), np.float32)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    for text, row in zip(texts, rows, strict=True):
        assert np.allclose(await made.embed_query(text), row, atol=1e-6)
    (booked,) = ingest.books.rows
    assert (booked.purpose, booked.usage.embedding_tokens, booked.estimated) == (
        "ingest",
        20,
        False,
    )
    assert [r.purpose for r in query.books.rows] == ["query"] * 5
    assert (await made.embed_many([])).shape == (0, 256)


async def test_many_texts_are_cut_into_requests_by_number_and_by_tokens(
    server: ModelServer, open_line: OpenLine
) -> None:
    made, _, ingest = embedder(open_line)
    texts = [f"w{n}" for n in range(600)] + ["x" * 30_000] * 40
    rows = await made.embed_many(texts)
    assert len(rows) == 640
    asked = [request.body["input"] for request in server.asked("/v1/embeddings")]
    assert max(len(batch) for batch in asked) <= 256
    assert len(asked) > 4
    assert max(len(text) for batch in asked for text in batch) == 8_000
    assert len(ingest.books.rows) == len(asked)


async def test_vectors_as_lists_of_numbers_are_read_too(
    server: ModelServer, open_line: OpenLine
) -> None:
    made, *_ = embedder(open_line)
    server.refuses = {"encoding_format=base64"}
    assert np.linalg.norm(await made.embed_query("tea")) == pytest.approx(1)
    assert server.requests[-1].body["encoding_format"] == "float"


async def test_a_length_is_asked_for_only_where_it_is_not_the_models_own(
    server: ModelServer, open_line: OpenLine
) -> None:
    made, *_ = embedder(open_line, model="text-embedding-3-small", dimension=128)
    assert (await made.embed_query("tea")).shape == (128,)
    assert server.requests[-1].body["dimensions"] == 128
    made, *_ = embedder(open_line, model="own", dimension=256)
    await made.embed_query("tea")
    assert "dimensions" not in server.requests[-1].body
    made, *_ = embedder(open_line, model="own", dimension=64)
    assert (await made.embed_query("tea")).shape == (64,)  # it turns out to take the parameter


async def test_a_wrong_length_is_said_with_the_setting_that_mends_it(
    server: ModelServer, open_line: OpenLine
) -> None:
    server.refuses = {"dimensions"}
    made, *_ = embedder(open_line, model="own", dimension=64)
    with pytest.raises(
        IndexMismatch, match="length 256, not 64; set DESKHAND_EMBEDDER=openai:own:256"
    ):
        await made.embed_query("tea")


async def test_a_rate_limit_is_waited_out(server: ModelServer, open_line: OpenLine) -> None:
    made, _, ingest = embedder(open_line)
    server.queue.append(Reply(fault=Fault.RATE_LIMITED, retry_after="3"))
    assert len(await made.embed_many(["tea"])) == 1
    assert ingest.time.slept == pytest.approx([3.05])
    assert [row.succeeded for row in ingest.books.rows] == [False, True]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault.UNAUTHORIZED, "refuses the key"),
        (Fault.WRONG_MODEL, "knows no model"),
        (Fault.SERVER_ERROR, "status 500"),
        (Fault.MALFORMED, "cannot be read"),
        (Fault.CUT, "dropped the connection"),
        (Fault.HANG, "did not answer in time"),
    ],
)
async def test_each_fault_is_one_sentence_and_a_row_of_the_ledger(
    server: ModelServer, open_line: OpenLine, fault: Fault, sentence: str
) -> None:
    made, query, _ = embedder(open_line, attempts=1, total_s=2.0)
    server.queue.append(Reply(fault=fault))
    with pytest.raises(ModelFault, match=sentence):
        await made.embed_query("tea")
    assert [row.succeeded for row in query.books.rows] == [False]


async def test_any_text_can_be_embedded(server: ModelServer, open_line: OpenLine) -> None:
    made, *_ = embedder(open_line)
    for text in ("", " ", "\ud800 lone", "é" * 20_000, "\x00"):
        assert np.isfinite(await made.embed_query(text)).all()
    sent = [request.body["input"][0] for request in server.requests]
    assert all(0 < len(text.encode()) <= 8_000 for text in sent)


def test_tokens_are_counted_without_a_network(open_line: OpenLine) -> None:
    made, *_ = embedder(open_line)
    assert made.count_tokens(["", "four", "fives", "日本語"]) == [0, 1, 2, 3]
