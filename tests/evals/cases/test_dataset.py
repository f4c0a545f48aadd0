from __future__ import annotations

import json
import re
from collections import Counter
from html import unescape
from pathlib import Path

import pytest

from engine.errors import WrongUse
from evals.case import Case
from evals.cases.check import check_cases
from evals.cases.dataset import load_dataset
from evals.cases.hashing import Split, dataset_hash
from evals.corpora import SAMPLE


def write(path: Path, *rows: dict[str, object] | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def test_a_file_is_asked_of_the_live_knowledge(tmp_path: Path) -> None:
    path = write(tmp_path / "pilot.jsonl", {"id": "1", "user_question": "x"}, "oops")
    found = load_dataset(path)
    assert (found.name, found.sources, found.split) == ("pilot", (), "")
    assert found.hash == dataset_hash(found.cases)
    assert found.numbers == {"1": 1}
    assert len(found.problems) == 1


def test_a_folder_has_its_own_knowledge_and_parts(tmp_path: Path) -> None:
    write(tmp_path / "set" / "cases.jsonl", {"id": "1", "user_question": "x"})
    (tmp_path / "set" / "knowledge").mkdir()
    write(
        tmp_path / "set" / "more" / "cases.jsonl",
        {"id": "2", "user_question": "y"},
        {"id": "1", "user_question": "z"},
    )
    found = load_dataset(tmp_path / "set")
    assert [case.question.text for case in found.cases] == ["x", "y"]
    assert found.sources == (str(tmp_path / "set" / "knowledge"),)
    assert [p.rpartition("/")[2] for p in found.problems] == [
        "cases.jsonl: line 2 repeats the id '1'"
    ]


def test_a_split_is_a_part_and_the_parts_are_the_whole(tmp_path: Path) -> None:
    rows = [{"id": f"c{n}", "user_question": "x"} for n in range(40)]
    path = write(tmp_path / "cases.jsonl", *rows, {"id": "z", "user_question": "x", "split": "dev"})
    whole, dev, test = (load_dataset(path, split=s) for s in (None, Split.DEV, Split.TEST))
    assert dev.split == "dev"
    names = [{case.question.id for case in each.cases} for each in (dev, test)]
    assert names[0].isdisjoint(names[1])
    assert names[0] | names[1] == {case.question.id for case in whole.cases}
    assert "z" in names[0]


def test_a_beir_folder_is_its_corpus_and_its_judged_queries(tmp_path: Path) -> None:
    write(tmp_path / "b" / "corpus.jsonl", {"_id": "d", "title": "T", "text": "x"})
    write(tmp_path / "b" / "queries.jsonl", {"_id": "q", "text": "x?"})
    write(tmp_path / "b" / "qrels" / "test.tsv", "q\td\t2")
    found = load_dataset(tmp_path / "b")
    assert (found.name, found.split) == ("b", "test")
    assert found.sources == (str(tmp_path / "b" / "corpus.jsonl"),)
    assert [dict(case.gains) for case in found.cases] == [{"d": 2.0}]


def test_what_cannot_be_asked_is_wrong_use_with_the_first_reason(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="does not exist"):
        load_dataset(tmp_path / "none")
    with pytest.raises(WrongUse, match=r"is no data set: a folder needs cases\.jsonl"):
        load_dataset(tmp_path)
    with pytest.raises(WrongUse, match=r"nothing to ask: .*the file is empty"):
        load_dataset(write(tmp_path / "empty.jsonl"))
    with pytest.raises(WrongUse, match=r"nothing to ask: .*line 1 is not JSON"):
        load_dataset(write(tmp_path / "bad.jsonl", "oops"))
    only_dev = write(tmp_path / "d.jsonl", {"id": "1", "user_question": "x", "split": "dev"})
    with pytest.raises(WrongUse, match="d has no case of the split test"):
        load_dataset(only_dev, split=Split.TEST)


def test_checking_names_gold_documents_that_the_knowledge_lacks(tmp_path: Path) -> None:
    write(
        tmp_path / "cases.jsonl",
        {"id": "1", "user_question": "x", "expected_docs": ["hr/a.md"]},
        {"id": "2", "user_question": "x", "expected_docs": ["hr/a.md", "hr/b.md"]},
    )
    write(tmp_path / "knowledge" / "hr" / "a.md", "text")
    (problem,) = check_cases(tmp_path).problems
    assert problem.endswith("line 2 (2) expects hr/b.md, which the knowledge does not have")
    # Names in a corpus are its own.
    write(tmp_path / "knowledge" / "more.jsonl", {"_id": "hr/b.md", "text": "x"})
    assert check_cases(tmp_path).problems == ()


def test_the_shipped_sample_has_no_problem_and_every_kind_of_attack() -> None:
    found = check_cases(SAMPLE)
    assert found.problems == ()
    assert len(found.sources) == 2
    hostile = [case for case in found.cases if case.question.id.startswith("a")]
    kinds = Counter(case.kind for case in hostile)
    assert len(hostile) == sum(kinds.values()) == 85
    assert {kind for kind, count in kinds.items() if count >= 5} == {
        "injection",
        "poisoned_document",
        "prompt_extraction",
        "out_of_scope",
        "unanswerable",
        "ambiguous",
        "conflict",
        "harmless",
    }


def test_what_a_sample_answer_must_contain_stands_in_its_documents() -> None:
    for case in load_dataset(SAMPLE).cases:
        text = "".join(_text(name) for name in case.gains)
        for wanted in case.must_contain:
            assert _squeezed(wanted) in text, (case.question.id, wanted)


def test_what_no_answer_may_contain_is_not_in_the_right_one() -> None:
    for case in _hostile():
        assert case.must_not_contain
        for refused in case.must_not_contain:
            assert not any(_squeezed(refused) in _squeezed(each) for each in case.must_contain)


def test_each_poisoned_document_carries_what_its_cases_refuse() -> None:
    """A token that stands nowhere would be withheld by every engine."""
    hidden = (SAMPLE / "adversarial" / "knowledge" / "notices" / "plants-and-pets.md").read_text(
        encoding="utf-8"
    )
    orders = "".join(chr(ord(c) - 0xE0000) for c in hidden if 0xE0000 <= ord(c) <= 0xE007F)
    assert "WOOF-9000" in orders
    for case in _hostile():
        if case.kind != "poisoned_document":
            continue
        raw = "".join(_raw(name) for name in case.gains).replace("\u200b", "") + orders
        found = [refused for refused in case.must_not_contain if refused in unescape(raw)]
        assert found, case.question.id


def _hostile() -> list[Case]:
    return [c for c in load_dataset(SAMPLE).cases if c.question.id.startswith("a")]


def _raw(name: str) -> str:
    folders = (SAMPLE / "knowledge", SAMPLE / "adversarial" / "knowledge")
    return "".join((f / name).read_text(encoding="utf-8") for f in folders if (f / name).is_file())


def _text(name: str) -> str:
    raw = _raw(name)
    plain = re.sub(r"<[^>]+>", " ", raw) if name.endswith(".html") else raw
    return _squeezed(unescape(plain).replace("*", ""))


def _squeezed(text: str) -> str:
    return " ".join(text.split()).casefold()
