from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import WrongUse
from engine.triage.examples import (
    MAX_CHARS,
    Example,
    check_enough,
    parse_examples,
    read_examples,
)


def csv(text: str | bytes) -> tuple[Example, ...]:
    raw = text if isinstance(text, bytes) else text.encode()
    return parse_examples(raw, name="f.csv", is_csv=True).examples


def test_a_csv_with_a_header_is_read_whatever_its_separator_case_and_mark() -> None:
    wanted = (Example(text="Hi, you", category="it", priority="low"),)
    assert csv('text,category,priority\n"Hi, you",it,low\n') == wanted
    assert csv("\ufeffText;Category;Priority\r\nHi, you;it;low\r\n") == wanted
    assert csv("category\tpriority\ttext\nit\tlow\tHi, you\n") == wanted
    assert csv('text,category,priority\n"Hi, you",it,low\n'.encode("utf-16")) == wanted


def test_subject_and_body_make_a_text() -> None:
    row = json.dumps({"subject": "VPN", "body": "is down", "category": "it"}).encode()
    found = parse_examples(row, name="f.jsonl", is_csv=False)
    assert found.examples == (Example(text="VPN\nis down", category="it"),)
    assert not found.has_priority


def test_the_same_rows_in_another_format_have_the_same_hash() -> None:
    a = parse_examples(b"text,category\nhi,x\n", name="a", is_csv=True)
    b = parse_examples(b'{"text": "hi", "category": "x"}', name="b", is_csv=False)
    assert a.data_hash == b.data_hash


def test_a_long_text_is_cut() -> None:
    assert len(csv(f"text,category\n{'a ' * MAX_CHARS},x\n")[0].text) == MAX_CHARS


@pytest.mark.parametrize("name", ["oos", "OOS", "out of scope", "Out-Of-Scope", "out_of_scope"])
def test_the_names_of_out_of_scope_are_one(name: str) -> None:
    assert csv(f"text,category\nhi,{name}\n")[0].category == "out_of_scope"


def test_repeats_count_once_and_contradictions_not_at_all() -> None:
    found = parse_examples(
        b"text,category\nhi there,a\nHi  there,a\nyou,a\nyou,b\nme,b\n", name="f", is_csv=True
    )
    assert [e.text for e in found.examples] == ["hi there", "me"]
    assert found.notes == (
        "1 rows repeat another and count once",
        "1 texts stand with different labels and were left out (lines 4 and 5)",
    )


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"title,category\nhi,x\n", "no column text"),
        (b"text,label\nhi,x\n", "no column category"),
        (b"text,category\nhi,x\n,x\n", "line 3 has no text"),
        (b"text,category\nhi,x\n?!,x\n", "line 3 has no text"),
        (b"text,category\nhi,\n", "line 2 has no category"),
        (b"text,category\na,x\nhi\n", "line 3 has 1 fields, the header 2"),
        (b"text,category\nhi,x\n\xff\xfe\xfa,x\n", "line 3 is not UTF-8"),
        (b'text,category\n"hi,x\n', "is no CSV"),
        (b"text,category,priority\na,x,low\nb,x,\n", "line 3 has no priority"),
        (b"text,category\na,x\na,y\n", "no usable rows"),
        (b"text,category\n", "no usable rows"),
    ],
)
def test_a_bad_csv_is_refused_in_one_sentence(raw: bytes, words: str) -> None:
    with pytest.raises(WrongUse) as caught:
        csv(raw)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"[1]", "line 1 is no JSON object"),
        (b'{"text": "a", "category": "x"}\n{', "line 2 is no JSON object"),
        (b'{"text": 5, "category": "x"}', "line 1 has a text that is no string"),
        (b'{"text": "a", "category": ["x"]}', "line 1 has a category that is no string"),
        (b'{"text": "a"}', "line 1 has no category"),
    ],
)
def test_a_bad_jsonl_is_refused_in_one_sentence(raw: bytes, words: str) -> None:
    with pytest.raises(WrongUse, match=words):
        parse_examples(raw, name="f.jsonl", is_csv=False)


def test_many_bad_lines_are_not_all_told() -> None:
    with pytest.raises(WrongUse, match=r"line 2 .*; line 3 .*; line 4 .*, and more"):
        csv("text,category\n" + ",x\n" * 50)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.truncate(2**30)
    with pytest.raises(WrongUse, match="1,024 MiB; give at most 256 MiB"):
        read_examples(path)


def test_a_file_that_is_absent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="cannot be read: No such file"):
        read_examples(tmp_path / "no.csv")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("a{n},x\n", "only one category"),
        ("a{n},x\nb{n},out_of_scope\n", "only one category"),
    ],
)
def test_one_category_is_not_enough(rows: str, words: str) -> None:
    text = "text,category\n" + "".join(rows.format(n=n) for n in range(9))
    with pytest.raises(WrongUse, match=words):
        check_enough(parse_examples(text.encode(), name="f", is_csv=True), "f")


def test_too_few_rows_of_a_category_are_named() -> None:
    rows = [f"a{n},x" for n in range(9)] + [f"b{n},y" for n in range(9)] + ["c,rare"]
    text = "text,category\n" + "\n".join(rows)
    with pytest.raises(WrongUse, match=r"too few rows of the category rare \(1\); give at least 5"):
        check_enough(parse_examples(text.encode(), name="f", is_csv=True), "f")


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused(raw: bytes, is_csv: bool) -> None:
    found: tuple[Example, ...] = ()
    with contextlib.suppress(WrongUse):
        header = b"text,category\n" if is_csv else b""
        found = parse_examples(header + raw, name="f", is_csv=is_csv).examples
    assert all(e.text.strip() and e.category for e in found)
