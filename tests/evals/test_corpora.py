from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from engine.audience import FULL_MEMBER
from engine.trace import Outcome
from evals.case import EvalSet
from evals.corpora import SAMPLE, SET_NAMES, choose, default_datasets, load_set
from evals.known_items import description_cases, heading_cases


def _loaded(name: str, work: Path, *, size: int | None = None, seed: int = 7) -> EvalSet:
    found = load_set(name, datasets=default_datasets(), work=work, size=size, seed=seed)
    if found is None:
        pytest.skip(f"{name} is absent from {default_datasets()}")
    return found


def _names_of_corpus(path: Path) -> set[str]:
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {row.get("_id") or row["path"] for row in rows}


def test_every_question_of_the_sample_is_a_case(tmp_path: Path) -> None:
    sample = _loaded("sample", tmp_path)
    assert len(sample.cases) == 278
    assert len({case.question.id for case in sample.cases}) == 278
    kinds = Counter(case.kind for case in sample.cases)
    assert kinds["answerable"] == 171
    assert kinds["follow_up"] == sum(bool(case.question.history) for case in sample.cases)


def test_the_gold_documents_of_the_sample_exist(tmp_path: Path) -> None:
    sample = _loaded("sample", tmp_path)
    files = {p.relative_to(sample.source).as_posix() for p in Path(sample.source).rglob("*.*")}
    assert {name for case in sample.cases for name in case.gains} <= files


def test_the_sample_labels_what_its_corpus_answers(tmp_path: Path) -> None:
    for case in _loaded("sample", tmp_path).cases:
        if case.kind in ("ambiguous", "conflict"):
            assert case.answerable is None
        else:
            assert case.answerable is (case.expected_outcome is Outcome.ANSWERED)
        assert case.audience.tags >= FULL_MEMBER.tags or case.audience.tags


def test_the_same_seed_chooses_the_same_questions_in_their_order(tmp_path: Path) -> None:
    cases = _loaded("sample", tmp_path).cases
    first = choose(cases, 20, seed=1)
    assert first == choose(cases, 20, seed=1)
    assert first != choose(cases, 20, seed=2)
    assert [c.question.id for c in first] == [c.question.id for c in cases if c in first]
    assert choose(cases, 10_000, seed=1) == cases
    assert len(_loaded("sample", tmp_path, size=5).cases) == 5


def test_an_absent_set_is_none_and_an_unknown_name_an_error(tmp_path: Path) -> None:
    assert load_set("handbook", datasets=tmp_path, work=tmp_path, size=None, seed=7) is None
    with pytest.raises(ValueError, match="handbuch is not a set"):
        load_set("handbuch", datasets=tmp_path, work=tmp_path, size=None, seed=7)


def test_the_sample_needs_no_datasets_folder(tmp_path: Path) -> None:
    found = load_set("sample", datasets=tmp_path / "none", work=tmp_path, size=1, seed=7)
    assert found is not None
    assert found.source == str(SAMPLE / "knowledge")


@pytest.mark.parametrize("name", [name for name in SET_NAMES if name != "sample"])
def test_a_development_set_has_cases_with_gold(name: str, tmp_path: Path) -> None:
    found = _loaded(name, tmp_path)
    assert found.name == name
    assert found.note
    assert Path(found.source).exists()
    assert all(case.question.text.strip() for case in found.cases)
    assert sum(bool(case.gains) for case in found.cases) >= 40


def test_hr_pdf_qa_has_gold_pages_of_its_documents(tmp_path: Path) -> None:
    found = _loaded("hr_pdf_qa", tmp_path)
    assert len(found.cases) == 50
    assert all(case.pages for case in found.cases)
    for case in found.cases:
        assert {name for name, _ in case.pages} <= set(case.gains)
        assert all((Path(found.source) / name).exists() for name in case.gains)


def test_cloud_docs_qa_has_history_and_answerability(tmp_path: Path) -> None:
    found = _loaded("cloud_docs_qa", tmp_path)
    labels = Counter(case.answerable for case in found.cases)
    assert labels == {True: 177, False: 14, None: 14}
    assert any(case.question.history for case in found.cases)
    gold = {name for case in found.cases for name in case.gains}
    assert gold <= _names_of_corpus(Path(found.source))


def test_tech_support_qa_has_no_gold_where_the_answer_is_missing(tmp_path: Path) -> None:
    found = _loaded("tech_support_qa", tmp_path)
    assert sum(case.answerable is False for case in found.cases) == 44
    assert all(bool(case.gains) is case.answerable for case in found.cases)
    gold = {name for case in found.cases for name in case.gains}
    assert gold <= _names_of_corpus(Path(found.source))


def test_longform_qa_becomes_a_corpus_with_each_passage_once(tmp_path: Path) -> None:
    found = _loaded("longform_qa", tmp_path)
    names = _names_of_corpus(tmp_path / "longform_qa.jsonl")
    assert {name for case in found.cases for name in case.gains} <= names
    assert Counter(case.answerable for case in found.cases) == {True: 300, False: 300}
    marked = [case for case in found.cases if case.sentences]
    assert len(marked) > 250
    assert all(case.answerable for case in marked)


def test_office_support_kb_asks_at_most_the_known_items_wanted(tmp_path: Path) -> None:
    assert len(_loaded("office_support_kb", tmp_path).cases) == 200
    assert len(_loaded("office_support_kb", tmp_path, size=3).cases) == 3


def test_a_description_that_the_text_repeats_is_no_question() -> None:
    rows = [
        {"path": "a.md", "markdown": "---\ndescription: Fixes the red blinking light\n---\n# Red"},
        {"path": "b.md", "markdown": "---\ndescription: Says how to fly\n---\nSays how to fly"},
        {"path": "c.md", "markdown": "---\ndescription: Too short\n---\n# C"},
        {"path": "d.md", "markdown": "---\ndescription: 'The same for two of them'\n---\n# D"},
        {"path": "e.md", "markdown": "---\ndescription: 'The same for two of them'\n---\n# E"},
        {"path": "f.md", "markdown": "# Without front matter"},
    ]
    (case,) = description_cases(rows)
    assert case.question.text == "Fixes the red blinking light"
    assert case.gains == {"a.md": 1.0}


def test_only_a_question_heading_of_one_page_is_a_question(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Home\n\n## How do I *get* in?\n\n## Where is it kept?\n")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.md").write_text("### Where is it kept?\n\n## Why?\n")
    (case,) = heading_cases(tmp_path)
    assert case.question.text == "How do I get in?"
    assert case.gains == {"a.md": 1.0}
