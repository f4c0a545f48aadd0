from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.audience import FULL_MEMBER
from engine.question import Question
from evals import bench
from evals.benchmarks.answering import measure_answers, measure_growth
from evals.benchmarks.ingesting import measure_ingestion
from evals.benchmarks.memory import measure_memory
from evals.benchmarks.real_documents import RealDocuments, real_documents
from evals.benchmarks.starting import measure_start
from evals.benchmarks.synthetic import SyntheticEmbedder, SyntheticWorld
from evals.case import Case
from evals.corpora import SAMPLE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "documents"
    made.mkdir()
    for number in range(6):
        (made / f"{number}.md").write_text(
            f"# Room {number}\n\nRoom {number} has {number + 4} chairs. Its key is at desk "
            f"{number * 3}. It is cleaned on Mondays.\n"
        )
    return made


class _Model:
    """An embedder that counts its queries."""

    name, version, dimension, max_tokens = "model", "1", 64, 256

    def __init__(self) -> None:
        self.queries = 0

    async def embed_query(self, text: str) -> np.ndarray:
        self.queries += 1
        return np.ones(64, np.float32) / 8

    async def embed_many(self, texts: list[str]) -> np.ndarray:
        raise AssertionError("the model must not run")

    def count_tokens(self, texts: list[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    async def aclose(self) -> None:
        pass


async def test_synthetic_vectors_are_alike_within_a_subject_only() -> None:
    model = _Model()
    embedder = SyntheticEmbedder(model, seed=3)
    vectors = await embedder.embed_many(["Invoice a", "invoice b", "Printer a"] * 20)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    cosines = vectors @ vectors.T
    same, other = cosines[0::3, 1::3].mean(), cosines[0::3, 2::3].mean()
    assert same == pytest.approx(0.5, abs=0.1)
    assert abs(other) < 0.35
    assert (await embedder.embed_query("Invoice?")).shape == (64,)
    assert model.queries == 1


def test_a_synthetic_world_makes_the_passages_wanted_and_the_same_again() -> None:
    def made() -> list[str]:
        world = SyntheticWorld(SAMPLE / "knowledge", seed=5)
        return [p.text for document in world.documents(19) for p in document.passages]

    texts = made()
    assert len(texts) == 19
    assert texts == made()
    assert len(set(texts)) == 19


def test_synthetic_sentences_are_slices_of_their_passage() -> None:
    (document,) = SyntheticWorld(SAMPLE / "knowledge", seed=5).documents(2)
    for passage, texts in zip(document.passages, document.texts, strict=True):
        slices = [passage.text[s.start : s.end] for s in passage.sentences]
        assert list(texts[1:]) == slices
        assert all(text.endswith(".") for text in slices)


def test_without_development_sets_the_sample_is_what_is_measured(tmp_path: Path) -> None:
    real = real_documents(tmp_path / "none", tmp_path, seed=7)
    assert real.sources == (str(SAMPLE / "knowledge"),)
    assert len({q.text for q in real.questions}) == len(real.questions) > 100


def test_an_aim_speaks_only_of_what_was_measured() -> None:
    aim = bench.Aim(figure="growth_ratio", at_most=2.0)
    assert aim.broken({}) is None
    assert aim.broken({"growth_ratio": 2.0}) is None
    assert aim.broken({"growth_ratio": 2.1}) == "growth_ratio is 2.1, the aim at most 2.0"
    low = bench.Aim(figure="ingest_ratio", at_least=0.9)
    assert low.broken({"ingest_ratio": 0.8}) == "ingest_ratio is 0.8, the aim at least 0.9"


@pytest.mark.slow
async def test_answers_are_measured_over_their_floor(folder: Path, tmp_path: Path) -> None:
    cases = tuple(
        Case(
            question=Question(id=str(n), text=f"Chairs of room {n}?"), audience=FULL_MEMBER, kind=""
        )
        for n in range(12)
    )
    real = RealDocuments(sources=(str(folder),), cases=cases)
    found = await measure_answers(tmp_path / "home", real, size=60, seed=7)
    assert found["answer_passages"] == 60
    assert found["answer_real_passages"] == 6
    assert found["answer_questions"] == 4
    assert found["answer_over_floor_ratio"] > 0
    assert found["stage_total_p50_ms"] > 0
    assert found["query_vectors_cache_hit_rate"] == 0.0


@pytest.mark.slow
async def test_answers_of_two_sizes_are_compared(tmp_path: Path) -> None:
    found = await measure_growth(tmp_path, seed=7, small=40, large=120)
    assert found["growth_small_p50_ms"] > 0
    assert found["growth_ratio"] > 0


@pytest.mark.slow
async def test_ingestion_is_compared_with_the_embedder_on_the_same_texts(
    folder: Path, tmp_path: Path
) -> None:
    found = await measure_ingestion(tmp_path, str(folder), rounds=1)
    assert found["ingest_passages"] == 6
    assert found["ingest_texts"] == 6 + 18
    assert isinstance(found["ingest_ratio"], float)


@pytest.mark.slow
async def test_memory_is_measured_in_fresh_processes(folder: Path, tmp_path: Path) -> None:
    found = await measure_memory(tmp_path, str(folder))
    assert found["memory_passages"] == 6
    assert 10 < found["rss_opened_mib"] <= found["rss_first_answer_mib"]
    assert found["ingest_peak_mib"] > 10


@pytest.mark.slow
async def test_the_command_starts_and_answers_once(folder: Path, tmp_path: Path) -> None:
    found = await measure_start(tmp_path, str(folder), rounds=1)
    assert found["help_over_pass_ratio"] > 0
    assert found["ask_once_p50_ms"] > found["python_pass_p50_ms"]


@pytest.mark.slow
async def test_the_last_line_on_standard_output_is_the_figures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    args = bench.parse_arguments(["--only", "growth", "--growth", "30", "60"])
    await bench.run(args)
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["growth_large_passages"] == 60
    assert isinstance(figures["holds"], bool)
