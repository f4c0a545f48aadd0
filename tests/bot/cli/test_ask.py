from __future__ import annotations

import json
import math
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # every test starts the command


NUMBER = (int, float)
NULL = type(None)
CONTRACT: dict[str, Any] = {
    "id": str,
    "question": str,
    "outcome": str,
    "reply": str,
    "draft_reply": str,
    "confidence": NUMBER,
    "needs_human_review": bool,
    "reasons": [{"code": str, "text": str}],
    "citations": [
        {
            "n": int,
            "document_name": str,
            "chunk_id": str,
            "title": str,
            "url": (str, NULL),
            "page": (int, NULL),
            "snippet": str,
            "full_content": str,
        }
    ],
    "internal_next_steps": [str],
    "triage": {
        "category": (str, NULL),
        "category_confidence": (*NUMBER, NULL),
        "priority": (str, NULL),
        "priority_confidence": (*NUMBER, NULL),
    },
    "retrieved": [{"chunk_id": str, "document_name": str, "score": NUMBER}],
    "usage": {
        "prompt_tokens": int,
        "completion_tokens": int,
        "embedding_tokens": int,
        "cost_usd": NUMBER,
    },
    "timings_ms": dict.fromkeys(
        ("intake", "triage", "retrieval", "generation", "verification", "total"), NUMBER
    ),
    "trace_id": str,
    "fingerprint": str,
}
OUTCOMES = {"answered", "clarified", "abstained", "escalated", "failed"}


def assert_fits(value: Any, shape: Any, where: str = "answer") -> None:
    """The value has exactly the shape's keys and types."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), where
        assert list(value) == list(shape), where
        for key, inner in shape.items():
            assert_fits(value[key], inner, f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for item in value:
            assert_fits(item, shape[0], f"{where}[]")
    else:
        assert isinstance(value, shape), (where, value)
        assert shape is bool or not isinstance(value, bool), where
        assert not isinstance(value, float) or math.isfinite(value), where


def assert_answer(row: dict[str, Any], *, id_type: type = str) -> None:
    assert_fits(row, CONTRACT | {"id": id_type})
    assert row["outcome"] in OUTCOMES
    assert 0 <= row["confidence"] <= 1
    assert row["reply"]
    assert [c["n"] for c in row["citations"]] == list(range(1, len(row["citations"]) + 1))
    assert all(c["snippet"] in c["full_content"] for c in row["citations"])


def test_one_question_as_json_keeps_the_whole_contract(knowing: Any) -> None:
    row = knowing.json("ask", "how long is parental leave?")
    assert_answer(row)
    assert (row["id"], row["question"]) == ("1", "how long is parental leave?")
    assert row["outcome"] == "answered"
    assert row["reply"] == row["draft_reply"]
    assert "16 weeks" in row["reply"]
    assert row["citations"][0]["document_name"] == "leave.md"
    assert {r["document_name"] for r in row["retrieved"]} == {"leave.md", "wifi.md"}
    assert knowing.rows("select count(*) from traces") == [(1,)]


def test_a_question_may_be_several_words_or_come_by_standard_input(knowing: Any) -> None:
    said = knowing.run("ask", "how", "long", "is", "parental", "leave")
    piped = knowing.run("ask", stdin="how long is parental leave\n")
    for done in (said, piped):
        assert (done.returncode, done.stderr) == (0, "")
        assert "16 weeks" in done.stdout
        assert "Parental leave  (leave.md)" in done.stdout
        assert "\x1b[" not in done.stdout


def test_bytes_that_are_no_text_are_a_question_like_any_other(knowing: Any) -> None:
    done = knowing.run("ask", "--json", stdin=b"\xff\xfe\x00 wifi \x80" + bytes(range(256)) * 20)
    assert (done.returncode, done.stderr) == (0, "")
    assert_answer(json.loads(done.stdout))


def test_a_batch_answers_every_line_in_order_bad_ones_too(knowing: Any) -> None:
    lines = [
        b'\xef\xbb\xbf{"id": "first", "question": "how long is parental leave?"}',
        '{"id": 7, "question": "what is the guest wifi called?", "subject": "wifi", "body": ""}',
        "this is not json",
        "",
        "[1, 2]",
        '{"id": "wrong", "question": 5}',
        '{"id": 2.5}',
        '{"question": ""}',
        '{"id": "h", "question": "and its password?", "history": '
        '[{"role": "user", "text": "what is the guest wifi called?"}]}',
        '{"id": "bad", "question": "x", "history": [{"role": "boss", "text": "x"}]}',
        '{"id": "tag", "question": "x", "audience": ["nobody"]}',
        '{"id": ["odd"], "question": "x"}',
        '{"id": "u", "question": "the leads bonus?", "user": "U123", "channel": "C123"}',
        '{"id": "g", "question": "how high is the leads bonus?", "audience": ["group:S0LEADS"]}',
        '{"id": "half \\ud800", "question": "half \\ud800 wifi", "subject": 3}',
        '{"id": NaN, "question": "wifi"}',
        '{"id": 1e999, "question": "wifi"}',
        '{"id": [-1e999], "question": "wifi"}',
        "[" * 100_000,
        '{"id": null, "question": "🎉"}',
        b'{"id": "\xff", "question": "guest wifi \xff"}',
        json.dumps({"id": "long", "question": "wifi " * 20_000}),
        '{"id": "closed", "question": "guest wifi", "audience": []}',
    ]
    rows = knowing.batch(*lines)
    assert len(rows) == len(lines) - 1
    for row in rows:
        assert_answer(row, id_type=object)
    ids = [row["id"] for row in rows]
    assert ids[:2] == ["first", 7]
    assert ids[2:8] == ["3", "5", "wrong", 2.5, "8", "h"]
    assert ids[8:12] == ["bad", "tag", ["odd"], "u"]
    assert ids[12:18] == ["g", "half \ud800", "16", "17", "18", "19"]
    assert ids[18:] == [None, "\ufffd", "long", "closed"]
    by_id = {str(row["id"]): row for row in rows}
    assert "16 weeks" in by_id["first"]["reply"]
    assert "DeskNet" in by_id["7"]["reply"]
    assert "Mondays" in by_id["h"]["draft_reply"]
    assert "20 percent" in by_id["g"]["draft_reply"]
    assert by_id["u"]["retrieved"] == by_id["closed"]["retrieved"] == []
    failed = {str(row["id"]) for row in rows if row["outcome"] == "failed"}
    assert failed == {"3", "5", "wrong", "bad", "tag", "['odd']", "half \ud800"} | {
        str(n) for n in range(16, 20)
    }
    assert all("Line" in by_id[i]["reply"] for i in failed)
    assert by_id["2.5"]["reasons"][0]["code"] == "empty_question"


def test_the_audience_of_the_command_holds_for_lines_that_name_none(knowing: Any) -> None:
    source = knowing.folder / "in.jsonl"
    question = "how high is the leads bonus?"
    rows = [{}, {"audience": ["everyone"]}, {"audience": None}]
    source.write_text("\n".join(json.dumps({"question": question} | row) for row in rows))
    done = knowing.run("ask", "--input", source, "--audience", "group:S0LEADS")
    assert (done.returncode, done.stderr) == (0, "")
    first, second, third = map(json.loads, done.stdout.splitlines())
    for unnamed in (first, third):
        assert {r["document_name"] for r in unnamed["retrieved"]} == {"bonus.md"}
    assert "bonus.md" not in {r["document_name"] for r in second["retrieved"]}


def test_wrong_use_is_one_sentence_and_exit_code_two(deskhand: Any, refused: Any) -> None:
    source = deskhand.folder / "in.jsonl"
    source.write_text('{"id": "1", "question": "hello"}\n')
    refused(deskhand.run("ask", "--input", "nowhere.jsonl"), 2, "nowhere.jsonl", "cannot be read")
    refused(deskhand.run("ask", "--input", "."), 2, "cannot be read")
    refused(deskhand.run("ask", "hello", "--input", source), 2, "not both")
    refused(deskhand.run("ask", "hello", "--output", "x.jsonl"), 2, "--output needs --input")
    refused(deskhand.run("ask", "--input", source, "--output", source), 2, "the input itself")
    assert source.read_text() == '{"id": "1", "question": "hello"}\n'
    refused(deskhand.run("ask", "--input", source, "--audience", "boss"), 2, "'boss'")
    refused(deskhand.run("ask", "--nonsense"), 2, "--nonsense")
    assert not deskhand.home.exists()


def test_an_output_that_cannot_be_written_is_said_in_one_sentence(
    knowing: Any, refused: Any
) -> None:
    source = knowing.folder / "in.jsonl"
    source.write_text('{"id": "1", "question": "guest wifi"}\n')
    refused(knowing.run("ask", "--input", source, "--output", "no/such/folder.jsonl"), 2, "folder")
    refused(knowing.run("ask", "--input", source, "--output", "/dev/full"), 1, "No space left")


def test_without_documents_the_answer_says_what_to_do_and_exits_with_zero(deskhand: Any) -> None:
    done = deskhand.run("ask", "how long is parental leave?")
    assert (done.returncode, done.stderr) == (0, "")
    assert "deskhand ingest" in done.stdout


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [("DESKHAND_TOPK", "3", "DESKHAND_TOPK"), ("DESKHAND_RETRIEVAL__TOP_K", "many", "TOP_K")],
)
def test_a_bad_setting_is_named_in_one_sentence(
    deskhand: Any, refused: Any, name: str, value: str, word: str
) -> None:
    deskhand.settings = {name: value}
    refused(deskhand.run("ask", "hello"), 2, word)
