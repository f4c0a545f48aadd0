from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.knowledge import corpus
from engine.knowledge.corpus import looks_like_corpus, read_corpus
from engine.knowledge.document import RawDocument

GOOD = {"_id": "a", "text": "Ten days."}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "faq.jsonl"


def lines(*rows: object) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def read(path: Path, content: bytes, audience: tuple[str, ...] = ()) -> list[RawDocument]:
    """The documents of a corpus without a bad row."""
    path.write_bytes(content)
    rows = list(read_corpus(path, audience))
    assert [row for row in rows if not isinstance(row, RawDocument)] == []
    return [row for row in rows if isinstance(row, RawDocument)]


def reasons(path: Path, content: bytes) -> list[str]:
    """Why rows could not be read, each with its place."""
    path.write_bytes(content)
    found = []
    for row in read_corpus(path, ()):
        if not isinstance(row, RawDocument):
            place, error = row
            assert str(error).startswith(place)
            found.append(str(error))
    return found


def test_a_row_becomes_a_document_with_everything_it_says(path: Path) -> None:
    row = GOOD | {
        "title": " Leave ",
        "url": "https://docs.example/leave",
        "category": "hr",
        "audience": ["user:U1", "public"],
    }
    (document,) = read(path, lines(row), ("everyone",))
    assert (document.name, document.text, document.title) == ("a", "Ten days.", "Leave")
    assert (document.url, document.category) == ("https://docs.example/leave", "hr")
    assert document.audience == ("public", "user:U1")
    assert (document.media_type, document.path) == ("text/markdown", None)


@pytest.mark.parametrize(
    ("row", "name", "text"),
    [
        ({"_id": "a", "id": "b", "text": "t"}, "a", "t"),
        ({"id": "b", "markdown": "m", "content": "c"}, "b", "m"),
        ({"path": "p/q.md", "content": "c", "body": "b"}, "p/q.md", "c"),
        ({"_id": None, "id": 7, "text": None, "body": "b"}, "7", "b"),
        ({"_id": 0, "text": "zero"}, "0", "zero"),
        ({"_id": "é \U0001f600\n/x", "text": "t"}, "é \U0001f600\n/x", "t"),
    ],
)
def test_ids_and_texts_are_found_under_their_usual_names(
    path: Path, row: dict[str, object], name: str, text: str
) -> None:
    (document,) = read(path, lines(row))
    assert (document.name, document.text) == (name, text)


def test_what_a_row_does_not_say_is_empty(path: Path) -> None:
    (document,) = read(path, lines(GOOD | {"title": " ", "url": 7, "category": None}), ("public",))
    assert (document.title, document.url, document.category) == (None, None, None)
    assert document.audience == ("public",)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + lines(GOOD),
        lines(GOOD).replace(b"\n", b"\r\n"),
        b"\n\n  \n" + lines(GOOD) + b"\n \n",
        lines(GOOD).strip(),
    ],
    ids=["byte order mark", "CRLF", "blank lines", "no line end"],
)
def test_other_ways_to_write_lines_give_the_same_document(path: Path, content: bytes) -> None:
    assert looks_like_corpus_of(path, content)
    (document,) = read(path, content)
    assert (document.name, document.text) == ("a", "Ten days.")


def looks_like_corpus_of(path: Path, content: bytes) -> bool:
    path.write_bytes(content)
    return looks_like_corpus(path)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{not json", "is not a JSON object"),
        (b'["a", "b"]', "is not a JSON object"),
        (b'"text"', "is not a JSON object"),
        (b'{"_id": "x", "text": "\xff"}', "is not a JSON object"),
        (b"[" * 200_000, "is not a JSON object"),
        (b'{"_id": ' + b"9" * 5000 + b', "text": "t"}', "is not a JSON object"),
        (b'{"text": "t"}', "has no _id"),
        (b'{"_id": " ", "text": "t"}', "has no _id"),
        (b'{"_id": ["x"], "text": "t"}', "has no _id"),
        (b'{"_id": {"x": 1}, "text": "t"}', "has no _id"),
        (b'{"_id": "x"}', "(x) has no text"),
        (b'{"_id": "x", "text": " \\n"}', "(x) has no text"),
        (b'{"_id": "x", "text": 7}', "(x) has no text"),
        (b'{"_id": "x", "text": "t", "audience": ["admins"]}', "is not an audience tag"),
        (b'{"_id": "x", "text": "t", "audience": "admins"}', "is not an audience tag"),
        (b'{"_id": "x", "text": "t", "audience": 7}', "is not an audience tag"),
        (b'{"_id": "x", "text": "t", "audience": []}', "empty audience"),
        (b'{"_id": "a", "text": "again"}', "repeats the _id 'a'"),
    ],
    ids=lambda v: str(v)[:40],
)
def test_a_bad_line_is_named_by_its_place_and_the_others_go_on(
    path: Path, line: bytes, why: str
) -> None:
    content = lines(GOOD) + line + b"\n" + lines({"_id": "b", "text": "After."})
    (reason,) = reasons(path, content)
    assert reason.startswith("faq.jsonl:2")
    assert why in reason
    names = [r.name for r in read_corpus(path, ()) if isinstance(r, RawDocument)]
    assert names == ["a", "b"]


def test_a_line_that_is_too_long_is_one_bad_line(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "_LONGEST_LINE", 100)
    huge = lines({"_id": "x", "text": "y" * 1000})
    assert reasons(path, lines(GOOD) + huge + lines({"_id": "b", "text": "t"})) == [
        "faq.jsonl:2 is longer than 100 bytes"
    ]
    assert [r.name for r in read_corpus(path, ()) if isinstance(r, RawDocument)] == ["a", "b"]
    assert reasons(path, huge.strip()) == ["faq.jsonl:1 is longer than 100 bytes"]


def test_an_audience_may_be_one_tag(path: Path) -> None:
    (document,) = read(path, lines(GOOD | {"audience": "channel:C1"}), ("everyone",))
    assert document.audience == ("channel:C1",)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://docs.example/a", True),
        ("HTTP://docs.example/a", True),
        ("https://docs.example/a(b)?x=1&y=2#z", True),
        ("/relative/a.md", False),
        ("https://x.example/> <!channel> [a](https://evil.example)", False),
        ("https://x.example/ b", False),
        ("https://x.example/a|b", False),
        ("java\tscript:alert(1)", False),
        ("java\u200bscript:alert(1)", False),
        ("//evil.example/a", False),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
    ],
)
def test_an_address_that_nobody_should_be_sent_to_is_left_out(
    path: Path, url: str, kept: bool
) -> None:
    (document,) = read(path, lines(GOOD | {"url": url}))
    assert document.url == (url if kept else None)


def test_an_address_loses_what_nobody_sees_and_an_id_too(path: Path) -> None:
    row = {
        "_id": "<!channel> @here \x1b]0;pwn\x07\u202e",
        "text": "t",
        "url": "https://docs.example/a\u200b\u202eb\x1b",
    }
    (document,) = read(path, lines(row))
    assert (document.name, document.url) == ("<!channel> @here ]0;pwn", "https://docs.example/ab")
    assert "has no _id" in reasons(path, lines(GOOD | {"_id": "\u200b\x07"}))[0]
    same = reasons(path, lines(GOOD, GOOD | {"_id": "a\u200b"}))
    assert "repeats the _id 'a'" in same[0]


def test_a_file_name_that_steers_a_terminal_is_not_in_the_reasons(tmp_path: Path) -> None:
    (reason,) = reasons(tmp_path / "\x1b[31mfaq.jsonl", b"{}\n")
    assert reason == "[31mfaq.jsonl:1 has no _id"


def test_what_no_database_keeps_is_taken_out_of_every_text(path: Path) -> None:
    bad = b'"a\\u0000b\\ud800c"'
    row = b'{"_id": %s, "text": %s, "title": %s, "category": %s}' % ((bad,) * 4)
    (document,) = read(path, row)
    texts = {document.name, document.text, document.title, document.category}
    assert texts == {"ab?c"}


def test_the_hash_changes_with_the_row_and_the_default_audience(path: Path) -> None:
    def hashed(row: object, audience: tuple[str, ...] = ()) -> str:
        return read(path, lines(row), audience)[0].content_hash

    assert hashed(GOOD) == hashed(GOOD)
    others = [
        hashed(GOOD | {"text": "Twelve."}),
        hashed(GOOD | {"title": "x"}),
        hashed(GOOD | {"audience": "public"}),
        hashed(GOOD, ("public",)),
    ]
    assert len({hashed(GOOD), *others}) == 5


def test_rows_that_move_keep_their_hash(path: Path) -> None:
    first = read(path, lines(GOOD, {"_id": "b", "text": "t"}))
    second = read(path, b"\r\n" + lines({"_id": "b", "text": "t"}, GOOD))
    assert {d.name: d.content_hash for d in first} == {d.name: d.content_hash for d in second}


@pytest.mark.parametrize(
    ("content", "is_corpus"),
    [
        (lines(GOOD), True),
        (b"{broken\n" + lines(GOOD), True),
        (b"\n" * 50 + lines(GOOD), True),
        (b"[" * 200_000 + b"\n" + lines(GOOD), True),
        (lines({"event": "login", "user": 7}) * 30 + lines(GOOD), False),
        (lines({"title": "Pay", "text": "t", "audience": ["group:SLEADS"]}), True),
        (lines({"title": "Pay", "audience": ["group:SLEADS"]}), True),
        ("\ufeff".encode("utf-16-le") + json.dumps(GOOD).encode("utf-16-le"), True),
        (b"just text\n", False),
        (b"[1, 2]\n", False),
        (b"", False),
        (b"\x00\xff\n", False),
    ],
)
def test_a_file_is_a_corpus_when_one_of_its_first_lines_is_a_row(
    path: Path, content: bytes, is_corpus: bool
) -> None:
    assert looks_like_corpus_of(path, content) is is_corpus


def test_of_a_corpus_of_the_shared_data_sets_every_line_is_a_document_or_a_reason(
    datasets: Path,
) -> None:
    found = sorted(datasets.glob("*/corpus*.jsonl"))
    if not found:
        pytest.skip("no corpus in shared/datasets")
    with found[0].open("rb") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    read_rows = list(read_corpus(found[0], ()))
    assert len(read_rows) == len(rows)
    names = [row.name for row in read_rows if isinstance(row, RawDocument)]
    assert names == [str(row["_id"]) for row in rows if row["text"].strip()]
