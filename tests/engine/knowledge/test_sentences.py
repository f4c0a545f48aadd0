import random
import time

import pytest

from engine.knowledge.sentences import MAX_SENTENCE_CHARS, split_sentences


def pieces(text: str, **options: object) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        (
            "In 4.1.1.1 and 4.1.1.2 it fails. Fix it.",
            ["In 4.1.1.1 and 4.1.1.2 it fails.", "Fix it."],
        ),
        ("It costs $3.50. Pay now.", ["It costs $3.50.", "Pay now."]),
        ("Edit config.xml. Save it.", ["Edit config.xml.", "Save it."]),
        ("See https://a.b/c?d=e.f. Then go.", ["See https://a.b/c?d=e.f.", "Then go."]),
        ("Ask Dr. J. Smith (e.g. by mail). Go.", ["Ask Dr. J. Smith (e.g. by mail).", "Go."]),
        ("See Fig. 3 and No. 5. Done.", ["See Fig. 3 and No. 5.", "Done."]),
        ("Call at 5 p.m. The desk closes.", ["Call at 5 p.m.", "The desk closes."]),
        ("The U.S. Army came. We left.", ["The U.S. Army came.", "We left."]),
        ("We live in the U.S. It is big.", ["We live in the U.S.", "It is big."]),
        (
            'He said "Stop!" and left. "Go!" She ran.',
            ['He said "Stop!" and left.', '"Go!"', "She ran."],
        ),
        ("Wait... what? Well... No.", ["Wait... what?", "Well...", "No."]),
        ("(It is late.) Go home.", ["(It is late.)", "Go home."]),
        ("It is 5 days [1]. It ends.[2] Yes.", ["It is 5 days [1].", "It ends.[2]", "Yes."]),
        ("これは文です。次です！はい。", ["これは文です。", "次です！", "はい。"]),
        ("1. Open it.", ["1. Open it."]),
        ("Run `a. B c. D` now. Then stop.", ["Run `a. B c. D` now.", "Then stop."]),
        (
            "Yahoo! is down. Use .NET. Node.js. Works.",
            ["Yahoo! is down.", "Use .NET.", "Node.js.", "Works."],
        ),
        ("Apples, pears etc. are fine. Eat.", ["Apples, pears etc. are fine.", "Eat."]),
        ("Chapter 1 … 7", ["Chapter 1 … 7"]),
        ("No stop at all", ["No stop at all"]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_a_text_is_cut_where_a_reader_would_cut_it(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


def test_a_line_break_ends_a_sentence_unless_lines_are_wrapped() -> None:
    text = "First line\nsecond line\n\nNew paragraph"
    assert pieces(text) == ["First line", "second line", "New paragraph"]
    assert pieces(text, lines_end_sentences=False) == ["First line\nsecond line", "New paragraph"]


def test_a_long_sentence_is_cut_at_a_blank_into_bounded_pieces() -> None:
    text = "word " * 1000
    spans = split_sentences(text)
    assert max(end - start for start, end in spans) <= MAX_SENTENCE_CHARS
    assert " ".join(pieces(text)).split() == text.split()


def test_a_text_without_any_blank_is_cut_hard() -> None:
    assert [end - start for start, end in split_sentences("x" * 3000)] == [1200, 1200, 600]


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "`" * 1_000_000,
        ". " * 500_000,
        "?!" * 500_000,
        "(" * 1_000_000,
        "a\n" * 500_000,
    ],
)
def test_a_megabyte_of_anything_takes_linear_time(text: str) -> None:
    began = time.process_time()
    split_sentences(text)
    assert time.process_time() - began < 5


def test_spans_are_ordered_disjoint_and_lose_no_character() -> None:
    alphabet = "aB .!?…\n\t\"'()[]`0123。、e.g. Mr. 1. \u3000"
    source = random.Random(7)
    for _ in range(2000):
        text = "".join(source.choices(alphabet, k=source.randrange(80)))
        spans = split_sentences(text)
        end = 0
        for start, stop in spans:
            assert end <= start < stop
            assert text[end:start].strip() == ""
            assert text[start:stop] == text[start:stop].strip()
            end = stop
        assert text[end:].strip() == ""
