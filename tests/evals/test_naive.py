from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from evals.home import bring_up_to_date, open_home
from evals.naive import NaivePipeline, build_naive, fixed_size_chunks, joined


def test_chunks_are_of_one_size_and_overlap() -> None:
    text = "".join(chr(ord("a") + i % 26) for i in range(2_500))
    chunks = fixed_size_chunks(text)
    assert [len(c) for c in chunks] == [1_000, 1_000, 900]
    assert chunks[0][800:] == chunks[1][:200]
    assert chunks[1][800:] == chunks[2][:200]
    assert fixed_size_chunks("short") == ["short"]
    assert fixed_size_chunks("x" * 1_100) == ["x" * 1_000, "x" * 300]
    assert fixed_size_chunks("") == fixed_size_chunks(" \n ") == []


def test_what_passages_repeat_is_taken_once() -> None:
    passages = [
        ("A one. B two.", ["A one.", "B two."]),
        ("B two. C three.", ["B two.", "C three."]),
    ]
    assert joined(passages) == "A one. B two.\nC three."
    assert joined([]) == ""


def test_it_always_answers_with_the_five_nearest_chunks() -> None:
    naive = NaivePipeline(
        names=("a", "b", "c"),
        document_of=np.array([0, 0, 1, 2, 2, 2]),
        texts=("a0", "a1", "b0", "c0", "c1", "c2"),
        vectors=np.array([[1, 0], [0.8, 0.6], [0.6, 0.8], [0, 1], [0, -1], [-1, 0]], np.float32),
    )
    answer = naive.answer(np.array([1, 0], np.float32), 2)
    assert answer.ranked == ("a", "b")
    assert answer.sources == ("a", "a", "b", "c", "c")
    assert answer.text.splitlines() == ["a0", "a1", "b0", "c0", "c1"]
    assert answer.confidence == 1.0


@pytest.mark.slow
async def test_it_reads_what_was_ingested_and_keeps_its_vectors(tmp_path: Path) -> None:
    cats = " ".join(f"Cats slept for {n} hours on day {n}." for n in range(60))
    tax = " ".join(f"The tax return of {1950 + n} is due on 30 June." for n in range(60))
    rows = [
        {"_id": "cats", "title": "Cats", "text": cats},
        {"_id": "tax", "title": "Tax", "text": tax},
    ]
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows))
    told: list[tuple[int, int]] = []
    async with open_home(tmp_path / "home") as engine:
        await bring_up_to_date(engine, str(corpus), lambda _: None)
        naive = await build_naive(engine, tmp_path, lambda *n: told.append(n))
        again = await build_naive(engine, tmp_path, lambda *n: told.append(n))
        vector = await engine.embedder.embed_query("When must I file my tax return?")
        answer = naive.answer(vector, 10)
    assert answer.ranked == ("tax", "cats")
    assert "30 June" in answer.text
    assert [len(fixed_size_chunks(t)) for t in (cats, tax)] == [
        list(naive.document_of).count(0),
        list(naive.document_of).count(1),
    ]
    assert told == [(len(naive.texts), len(naive.texts))]
    assert np.array_equal(naive.vectors, again.vectors)
