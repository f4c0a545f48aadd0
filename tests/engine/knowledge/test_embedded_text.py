from __future__ import annotations

import pytest

from engine.knowledge.document import Passage, Sentence, SentenceKind
from engine.knowledge.embedded_text import (
    embedded_hash,
    heading_text,
    passage_text,
    row_text,
    sentence_text,
    split_row,
)


def passage(text: str, heading_path: tuple[str, ...] = ()) -> Passage:
    return Passage(ordinal=0, text=text, heading_path=heading_path, sentences=(), tokens=0)


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("| a | b |", ["a", "b"]),
        ("a | b", ["a", "b"]),
        ("| a | | c |", ["a", "", "c"]),
        ("|a|b|", ["a", "b"]),
        (r"| a \| b | c |", ["a | b", "c"]),
        (r"| a | b \|", ["a", "b |"]),
        ("| |", [""]),
        ("|", [""]),
        ("", [""]),
        ("  | a |  ", ["a"]),
        ("| é | \U0001f600 |", ["é", "\U0001f600"]),
    ],
)
def test_a_row_is_split_at_its_borders_only(row: str, cells: list[str]) -> None:
    assert split_row(row) == cells


@pytest.mark.parametrize(
    ("row", "header", "text"),
    [
        ("| Mon | 9 |", "Day | Opens", "Day: Mon; Opens: 9"),
        ("| Mon | |", "Day | Opens", "Day: Mon"),
        (r"| a \| b | 9 |", "Day | Opens", "Day: a | b; Opens: 9"),
        ("| Mon | 9 | extra |", "Day | Opens", "Day: Mon; Opens: 9; extra"),
        ("| Mon |", "Day | Opens", "Day: Mon"),
        ("| Mon | 9 |", " | Opens", "Mon; Opens: 9"),
        ("| Day | Opens |", "Day | Opens", "Day; Opens"),
        ("| Mon | 9 |", "", "Mon; 9"),
        ("| | |", "Day | Opens", ""),
    ],
)
def test_a_row_says_its_column_names(row: str, header: str, text: str) -> None:
    assert row_text(row, header) == text


def test_a_sentence_is_its_span_and_a_row_its_named_cells() -> None:
    whole = passage("Open daily. | Mon | 9 |")
    prose = Sentence(start=0, end=11, kind=SentenceKind.PROSE, group=0, header="ignored")
    row = Sentence(start=12, end=23, kind=SentenceKind.ROW, group=1, header="Day | Opens")
    bare = Sentence(start=12, end=23, kind=SentenceKind.ROW, group=1)
    assert sentence_text(whole, prose) == "Open daily."
    assert sentence_text(whole, row) == "Day: Mon; Opens: 9"
    assert sentence_text(whole, bare) == "| Mon | 9 |"


def test_a_passage_stands_under_its_title_and_headings() -> None:
    assert passage_text("Leave", passage("Ten days.", ("Parents",))) == "Leave > Parents\nTen days."
    assert passage_text("", passage("Ten days.")) == "Ten days."


@pytest.mark.parametrize(
    ("title", "path", "text"),
    [
        ("Leave", (), "Leave"),
        ("Leave", ("Leave", "Parents"), "Leave > Parents"),
        ("", ("", "Parents"), "Parents"),
        ("", (), ""),
    ],
)
def test_headings_are_one_line_without_repeating_the_title(
    title: str, path: tuple[str, ...], text: str
) -> None:
    assert heading_text(title, path) == text


def test_the_hash_changes_with_the_embedder_and_with_each_text() -> None:
    hashes = {
        embedded_hash("m", ["a", "b"]),
        embedded_hash("n", ["a", "b"]),
        embedded_hash("m", ["b", "a"]),
        embedded_hash("m", ["ab"]),
        embedded_hash("m", ["a", "b", ""]),
        embedded_hash("m", []),
    }
    assert len(hashes) == 6
    assert embedded_hash("m", ["a\ud800"]) == embedded_hash("m", ["a\ud800"])
