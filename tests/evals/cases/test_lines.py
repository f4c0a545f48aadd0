from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import WrongUse
from evals.cases.lines import LONGEST_LINE, Problems, numbered_rows


def read(path: Path, content: bytes) -> tuple[list[tuple[int, dict[str, object]]], list[str]]:
    path.write_bytes(content)
    problems = Problems("file")
    return list(numbered_rows(path, problems)), list(problems.all())


def test_marks_and_line_ends_of_windows_are_no_part_of_a_line(tmp_path: Path) -> None:
    rows, problems = read(tmp_path / "f", b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": 2}\r\n')
    assert rows == [(1, {"a": 1}), (3, {"a": 2})]
    assert problems == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{nonsense", "is not JSON (expecting property name enclosed in double quotes at column"),
        (b'"a text"', "is not a JSON object"),
        (b"[1, 2]", "is not a JSON object"),
        (b"null", "is not a JSON object"),
        (b'{"a": NaN}', "is not JSON (NaN is no number)"),
        (b'{"a": 1e999}', "is not JSON (1e999 is too large)"),
        (b'{"a": 1, "a": 2}', "is not JSON (the field a stands twice)"),
        (b'{"a": "\xff\xfe"}', "is not UTF-8"),
        (b'{"a": "\\ud800"}', "holds a NUL or half a character"),
        (b'{"a": ["x\\u0000"]}', "holds a NUL or half a character"),
        (b"[" * 200_000, "is nested too deeply"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "is not JSON"),
        (b'{"a": "' + b"x" * LONGEST_LINE + b'"}', "is longer than 4 MiB"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_broken_line_is_named_by_number_and_the_rest_is_read(
    tmp_path: Path, line: bytes, why: str
) -> None:
    rows, problems = read(tmp_path / "f", b'{"n": 1}\n' + line + b'\n{"n": 3}')
    assert rows == [(1, {"n": 1}), (3, {"n": 3})]
    assert len(problems) == 1
    assert problems[0].startswith(f"file: line 2 {why}")


def test_a_huge_line_without_an_end_is_one_problem(tmp_path: Path) -> None:
    rows, problems = read(tmp_path / "f", b'{"n": 1}\n' + b"x" * (2 * LONGEST_LINE + 5))
    assert [number for number, _ in rows] == [1]
    assert problems == ["file: line 2 is longer than 4 MiB"]


def test_utf_16_is_one_problem_and_not_one_for_each_line(tmp_path: Path) -> None:
    rows, problems = read(tmp_path / "f", '{"a": 1}\n{"a": 2}\n'.encode("utf-16"))
    assert rows == []
    assert problems == ["file: the file is UTF-16; save it as UTF-8"]


def test_the_sentences_stay_few_where_every_line_is_broken(tmp_path: Path) -> None:
    _, problems = read(tmp_path / "f", b"x\n" * 1_000)
    assert len(problems) == 51
    assert problems[-1] == "file: 950 more lines have problems"


def test_a_file_that_cannot_be_read_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="cannot be read: Is a directory"):
        list(numbered_rows(tmp_path, Problems("file")))
