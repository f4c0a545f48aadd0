from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.audience import FULL_MEMBER
from engine.question import Question
from engine.retrieval.index import RankedPoints
from evals import bench
from evals.benchmarks.peers import measure
from evals.benchmarks.peers.environment import REQUIREMENTS, PeersUnavailable, peers_python
from evals.benchmarks.peers.exchange import (
    Exchange,
    Found,
    parse_found,
    read_exchange,
    write_exchange,
    write_found,
)
from evals.benchmarks.peers.own_search import (
    OwnFound,
    OwnSearch,
    fused,
    search_again,
    search_with_engine,
)
from evals.case import Case
from evals.home import open_home


def exchange(passages: int = 3, questions: int = 2, warm_up: int = 1, k: int = 2) -> Exchange:
    vectors = np.eye(max(passages, questions), dtype=np.float32)
    return Exchange(
        passages=[f"Passage {n}\u2028with a line\nof its own" for n in range(passages)],
        passage_vectors=vectors[:passages],
        questions=[f"Wo ist Raum {n}, für Gäste?" for n in range(questions)],
        question_vectors=vectors[:questions],
        warm_up=warm_up,
        k=k,
    )


def found(ranked: tuple[tuple[int, ...], ...], ms: tuple[float, ...]) -> Found:
    return Found(version="1.2", index_s=0.25, ms=ms, ranked=ranked)


def test_what_a_peer_is_given_is_read_as_it_was_written(tmp_path: Path) -> None:
    given = exchange()
    write_exchange(given, tmp_path)
    read = read_exchange(tmp_path)
    assert (read.passages, read.questions) == (given.passages, given.questions)
    assert (read.warm_up, read.k) == (1, 2)
    assert np.array_equal(read.passage_vectors, given.passage_vectors)
    assert read.question_vectors.dtype == np.float32
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "passages.jsonl",
        "passages.npy",
        "questions.jsonl",
        "questions.npy",
        "wanted.json",
    ]
    assert len((tmp_path / "passages.jsonl").read_text().splitlines()) == 3


def test_texts_without_as_many_vectors_are_refused() -> None:
    with pytest.raises(ValueError, match="2 passages cannot have vectors"):
        Exchange(
            passages=["a", "b"],
            passage_vectors=np.zeros((1, 4), np.float32),
            questions=[],
            question_vectors=np.zeros((0, 4), np.float32),
            warm_up=0,
            k=1,
        )


def test_what_a_peer_found_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_found(found(((2, 0),), (1.5,)), tmp_path / "peer.json")
    said = json.loads((tmp_path / "peer.json").read_text())
    assert said == {"version": "1.2", "index_s": 0.25, "ms": [1.5], "ranked": [[2, 0]]}
    assert parse_found(said, exchange()) == found(((2, 0),), (1.5,))


@pytest.mark.parametrize(
    ("ranked", "ms"),
    [
        ([[0], [1]], [1.0, 1.0]),  # more answers than timed questions
        ([[3]], [1.0]),  # a passage that was not given
        ([[0, 1, 2]], [1.0]),  # more than k
        ([[0]], []),
    ],
)
def test_an_answer_to_another_exchange_is_refused(ranked: list[list[int]], ms: list[float]) -> None:
    said = {"version": "1", "index_s": 0, "ms": ms, "ranked": ranked}
    with pytest.raises(ValueError, match=r"answers to|were named"):
        parse_found(said, exchange())


def test_passages_are_read_as_their_documents_each_at_its_first_place() -> None:
    names = ["a.md", "a.md", "b.md", "c.md"]
    assert measure.documents_of([1, 2, 0, 3], names) == ["a.md", "b.md", "c.md"]


def test_a_reciprocal_rank_counts_the_first_ten_documents() -> None:
    ranked = [["x", "a"], ["a"], [str(n) for n in range(10)] + ["a"], []]
    assert measure.reciprocal_ranks(ranked, [{"a"}] * 4) == [0.5, 1.0, 0.0, 0.0]


def test_fused_scores_are_seven_tenths_cosine_and_three_tenths_of_the_best_bm25() -> None:
    dense = RankedPoints(ids=("a", "b"), scores=np.array([0.8, 0.5], np.float32))
    sparse = RankedPoints(ids=("b", "c"), scores=np.array([4.0, 1.0], np.float32))
    # a .56, b .35 + .30 = .65, c .075
    assert fused(dense, sparse, 10) == ["b", "a", "c"]
    assert fused(dense, sparse, 1) == ["b"]


def test_fused_scores_without_a_common_word_are_the_cosines() -> None:
    dense = RankedPoints(ids=("a", "b"), scores=np.array([0.8, 0.5], np.float32))
    nothing = RankedPoints(ids=(), scores=np.empty(0, np.float32))
    assert fused(dense, nothing, 10) == ["a", "b"]
    assert fused(nothing, nothing, 10) == []


def test_searches_are_compared_by_their_medians_and_reciprocal_ranks() -> None:
    own = OwnFound(
        exchange=exchange(passages=3, questions=3, warm_up=1),
        document_names=["a", "b", "b"],
        gold=[{"a"}, {"b"}],
        index=OwnSearch(ms=[1.0, 3.0], ranked=[["a"], ["a", "b"]]),
        retrieval=OwnSearch(ms=[4.0, 4.0], ranked=[["a"], ["b"]]),
    )
    figures = measure.compare(own, {"txtai": found(((1, 2, 0), (1,)), (4.0, 12.0))}, seed=7)
    assert figures["peers"] == ["txtai"]
    assert (figures["index_p50_ms"], figures["index_mrr_at_10"]) == (2.0, 0.75)
    assert figures["retrieval_mrr_at_10"] == 1.0
    assert figures["peers_txtai_version"] == "1.2"
    assert figures["peers_txtai_p50_ms"] == 8.0
    assert figures["peers_txtai_p95_ms"] == pytest.approx(11.6)
    assert figures["peers_txtai_mrr_at_10"] == 0.75
    assert (figures["index_over_txtai_ratio"], figures["retrieval_over_txtai_ratio"]) == (0.25, 0.5)
    assert figures["index_mrr_minus_txtai"] == 0.0
    assert figures["retrieval_mrr_minus_txtai"] == 0.25
    assert figures["retrieval_mrr_minus_txtai_interval"] == [0.0, 0.5]


def test_every_peer_is_pinned_with_a_hash() -> None:
    wanted = REQUIREMENTS.with_suffix(".in").read_text().split()
    lines = REQUIREMENTS.read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith(" ")]
    assert all("==" in pin and pin.endswith("\\") for pin in pins)
    assert all("--hash=sha256:" in line for line in lines if line.startswith(" "))
    for each in wanted:
        assert any(pin.startswith(each.replace("_", "-")) for pin in pins), each
    assert not [pin for pin in pins if pin.startswith(("torch=", "nvidia-"))]


@pytest.fixture
def nothing_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Requirements that an index that is not there should serve, asked once."""
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(
        f"--index-url http://127.0.0.1:9/simple\nno-such-package==1.0 --hash=sha256:{'0' * 64}\n"
    )
    return requirements


@pytest.mark.slow
async def test_an_environment_that_cannot_be_installed_is_said_in_a_sentence(
    tmp_path: Path, nothing_to_install: Path
) -> None:
    with pytest.raises(PeersUnavailable) as refused:
        await peers_python(tmp_path / "peers", nothing_to_install)
    said = str(refused.value)
    assert said.startswith("the peers could not be installed (uv said: ")
    assert said.endswith("); check the network and the package index.")
    assert "\n" not in said
    assert not (tmp_path / "peers" / "installed").exists()


@pytest.mark.slow
async def test_an_environment_is_made_once_and_again_when_its_requirements_change(
    tmp_path: Path,
) -> None:
    requirements, folder = tmp_path / "requirements.txt", tmp_path / "peers"
    requirements.write_text("# nothing\n")
    python = await peers_python(folder, requirements)
    made_at = (folder / "installed").stat().st_mtime_ns
    assert python.exists()
    assert await peers_python(folder, requirements) == python
    assert (folder / "installed").stat().st_mtime_ns == made_at
    (folder / "left-over").write_text("")
    requirements.write_text("# nothing else\n")
    assert await peers_python(folder, requirements) == python
    assert not (folder / "left-over").exists()


@pytest.mark.slow
async def test_the_bench_goes_on_where_the_peers_cannot_be_installed(
    tmp_path: Path,
    nothing_to_install: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(peers_python, "__defaults__", (nothing_to_install,))
    arguments = ["--only", "peers", "growth", "--growth", "30", "60", "--peers"]
    args = bench.parse_arguments([*arguments, str(tmp_path / "peers")])
    await bench.run(args)
    captured = capsys.readouterr()
    figures = json.loads(captured.out.splitlines()[-1])
    assert figures["peers"] is None
    assert figures["peers_reason"].startswith("the peers could not be installed")
    assert figures["growth_large_passages"] == 60
    assert "the peers are left out: the peers could not be installed" in captured.err


@pytest.mark.slow
async def test_a_peer_that_is_not_installed_is_left_out_with_a_reason(tmp_path: Path) -> None:
    write_exchange(exchange(), tmp_path)
    with pytest.raises(PeersUnavailable, match=r"txtai failed \(ModuleNotFoundError.*anew\.$"):
        await measure.run_peer(Path(sys.executable), "txtai", tmp_path, exchange())


@pytest.mark.slow
async def test_a_peer_that_writes_no_answer_is_left_out_with_a_reason(tmp_path: Path) -> None:
    silent = tmp_path / "python"
    silent.write_text("#!/bin/sh\nexit 0\n")
    silent.chmod(0o755)
    with pytest.raises(PeersUnavailable, match="txtai wrote no answer"):
        await measure.run_peer(silent, "txtai", tmp_path, exchange())


@pytest.mark.slow
async def test_both_searches_of_the_engine_find_what_the_labels_name(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    things = ("chairs", "printers", "windows", "lockers", "screens")
    for thing in things:
        (folder / f"{thing}.md").write_text(
            f"# The {thing}\n\nThe {thing} are mended on Mondays.\n"
        )
    cases = [
        Case(
            question=Question(id=f"{n} {thing}", text=f"When are {n} {thing} mended?"),
            audience=FULL_MEMBER,
            kind="answerable",
            gains={f"{thing}.md": 1.0},
        )
        for n in range(6)
        for thing in things
    ]
    async with open_home(tmp_path / "home") as engine:
        await engine.ingestion.run(str(folder), (), lambda _: None)
        own = await search_with_engine(engine, cases, k=3)
        again = await search_again(engine, own)
    given = own.exchange
    assert len(given.passages) == len(own.document_names) == len(given.passage_vectors)
    assert np.linalg.norm(given.passage_vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert len(own.gold) == len(cases) - given.warm_up == 10
    for search in (own.index, own.retrieval):
        assert len(search.ms) == len(search.ranked) == 10
        assert all(1 <= len(row) <= 3 for row in search.ranked)
        assert measure.reciprocal_ranks(search.ranked, own.gold) == [1.0] * 10
    assert len(again.index.ms) == len(again.retrieval.ms) == 20
    assert again.index.ranked == own.index.ranked
