from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import WrongUse
from evals.cases.beir import is_beir, read_beir
from evals.cases.hashing import Split

HEADER = "query-id\tcorpus-id\tscore\n"


def folder(tmp_path: Path, qrels: dict[str, str], queries: str | None = None) -> Path:
    corpus = [
        {"_id": "d1", "title": "Leave", "text": "Ten weeks."},
        {"_id": "d2", "title": "", "text": "Wifi."},
        {"_id": 3, "title": "Number", "text": "An id that is a number."},
    ]
    (tmp_path / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in corpus))
    (tmp_path / "queries.jsonl").write_text(
        queries
        or '{"_id": "q1", "text": "leave?", "metadata": {}}\n{"_id": "q2", "text": "wifi?"}\n'
    )
    for name, text in qrels.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("header", [HEADER, "", "\ufeffqid\tdocid\trelevance\r\n"])
def test_judgements_are_read_with_a_header_or_without(tmp_path: Path, header: str) -> None:
    where = folder(tmp_path, {"qrels.tsv": header + "q1\td1\t2\nq1\td2\t1\nq2\t3\t1\n"})
    assert is_beir(where)
    found = read_beir(where)
    assert found.problems == ()
    assert found.split is None
    assert {c.question.id: dict(c.gains) for c in found.cases} == {
        "q1": {"d1": 2.0, "d2": 1.0},
        "q2": {"3": 1.0},
    }
    assert [c.question.text for c in found.cases] == ["leave?", "wifi?"]
    assert {c.answerable for c in found.cases} == {None}


def test_judgements_of_trec_and_gains_with_a_point_are_read(tmp_path: Path) -> None:
    where = folder(tmp_path, {"qrels.tsv": "q1 0 d1 3\nq1 Q0 d2 -1\nq2\t0\td2\t0.5\n"})
    found = read_beir(where)
    assert found.problems == ()
    assert [dict(c.gains) for c in found.cases] == [{"d1": 3.0, "d2": 0.0}, {"d2": 0.5}]


def test_test_judgements_go_before_the_others_and_a_split_can_be_named(tmp_path: Path) -> None:
    where = folder(
        tmp_path,
        {
            "qrels/test.tsv": HEADER + "q1\td1\t1\n",
            "qrels/dev.tsv": HEADER + "q2\td2\t1\n",
            "qrels/train.tsv": HEADER + "q1\td2\t1\n",
        },
    )
    assert [(c.question.id, *c.gains) for c in read_beir(where).cases] == [("q1", "d1")]
    dev, train = read_beir(where, Split.DEV), read_beir(where, Split.TRAIN)
    assert (dev.split, [c.question.id for c in dev.cases]) == (Split.DEV, ["q2"])
    assert [dict(c.gains) for c in train.cases] == [{"d2": 1.0}]
    # Queries of other splits stand in the same file; that is no problem.
    assert dev.problems == ()


def test_a_missing_split_and_missing_judgements_are_wrong_use(tmp_path: Path) -> None:
    where = folder(tmp_path, {"qrels/test.tsv": "q1\td1\t1\n"})
    with pytest.raises(WrongUse, match=r"has no qrels/dev\.tsv"):
        read_beir(where, Split.DEV)
    (where / "qrels" / "test.tsv").unlink()
    with pytest.raises(WrongUse, match=r"has no qrels\.tsv, nor qrels/test\.tsv"):
        read_beir(where)


def test_broken_judgements_and_queries_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    where = folder(
        tmp_path,
        {"qrels.tsv": HEADER + "q1\td1\t1\nq1\td2\nq2\td2\tmuch\nq2\td9\t1\nq9\td1\t1\n"},
        '{"_id": "q1", "text": "leave?"}\n{"text": "x"}\n{"_id": "q1", "text": "again"}\n'
        '{"_id": "q2", "text": "wifi?"}\n{"_id": "q3", "text": "not judged"}\nno json\n',
    )
    found = read_beir(where)
    assert [c.question.id for c in found.cases] == ["q1", "q2"]
    assert [p.rpartition("/")[2] for p in found.problems] == [
        "qrels.tsv: line 3 has 2 fields; it must be query, document and gain",
        "qrels.tsv: line 4 has no gain: 'much' is no number",
        "queries.jsonl: line 2 has no _id",
        "queries.jsonl: line 3 repeats the _id 'q1' of line 1",
        "queries.jsonl: line 6 is not JSON (expecting value at column 1)",
        "queries.jsonl: left out, judged but not there: q9",
        "queries.jsonl: left out, without a judgement: q3",
        "corpus.jsonl: no document for the judgement of d9",
    ]


@pytest.mark.slow
def test_a_hundred_thousand_documents_are_not_held_in_memory(tmp_path: Path) -> None:
    import tracemalloc

    where = folder(tmp_path, {"qrels.tsv": HEADER + "q1\td99999\t1\nq2\td5\t1\n"})
    with (where / "corpus.jsonl").open("w") as file:
        for n in range(100_000):
            file.write(json.dumps({"_id": f"d{n}", "title": "T", "text": "word " * 100}) + "\n")
    assert (where / "corpus.jsonl").stat().st_size > 50 * 2**20
    tracemalloc.start()
    try:
        found = read_beir(where)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.problems == ()
    assert peak < 4 * 2**20
