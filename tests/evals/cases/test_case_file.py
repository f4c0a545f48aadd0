from __future__ import annotations

import json
from pathlib import Path

from evals.cases.case_file import read_cases
from evals.cases.hashing import Split, split_of


def test_a_broken_line_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(
        '{"id": "a", "user_question": "one"}\n'
        "oops\n"
        "\n"
        '{"id": "b", "user_question": "two", "expected_outcome": "solved"}\n'
        '{"id": "a", "user_question": "again"}\n'
        '{"id": "c", "user_question": "three", "split": "dev"}\n',
        encoding="utf-8",
    )
    found = read_cases(path)
    assert [case.question.text for case in found.cases] == ["one", "three"]
    assert found.numbers == {"a": 1, "c": 6}
    assert found.splits == {"a": split_of("a"), "c": Split.DEV}
    assert [problem.removeprefix(f"{path}: ")[:34] for problem in found.problems] == [
        "line 2 is not JSON (expecting valu",
        "line 4 has a wrong expected_outcom",
        "line 5 repeats the id 'a' of line ",
    ]


def test_an_empty_file_says_what_a_case_looks_like(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_bytes(b"\xef\xbb\xbf\r\n\r\n")
    found = read_cases(path)
    assert found.cases == ()
    (problem,) = found.problems
    assert problem.startswith(f"{path}: the file is empty; a case is a line such as ")
    example = json.loads(problem.partition("such as ")[2])
    assert set(example) == {"id", "user_question"}


def test_an_id_as_a_number_and_as_a_text_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"id": 1, "user_question": "x"}\n{"id": "1", "user_question": "y"}\n')
    assert "line 2 repeats the id '1' of line 1" in read_cases(path).problems[0]
