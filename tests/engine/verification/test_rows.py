from __future__ import annotations

import pytest

from engine.verification.rows import compare_rows, quotes_row, read_rows

ROW = "Code: PX-23; Meaning: bank wants 3-D Secure; To do: sign in; the link does it; A3: no"
OTHER = "Code: PX-24; Meaning: card expired; To do: ask for another; A3: yes"


@pytest.mark.parametrize(
    ("claim", "supported"),
    [
        ("Code: PX-23; A3: no", True),
        ("Code: **PX-23**; A3: No.", True),
        ("- Code: PX-23; A3: ✗", True),
        ("Code: PX-23; A3: yes", False),
        ("Code: PX-24; A3: yes", True),
        ("Code: PX-23; To do: sign in; the link does it", True),
        ("Code: PX-23; To do: sign in", False),
        # Two rows mixed up are neither.
        ("Code: PX-23; Meaning: card expired", False),
    ],
)
def test_a_row_is_supported_by_a_row_that_has_all_its_cells(claim: str, supported: bool) -> None:
    found = compare_rows(claim, [ROW, OTHER, "A sentence."])
    assert found is not None
    assert found.supported is supported


@pytest.mark.parametrize(
    "claim",
    [
        "A lease is 12 months long.",
        "Note: pets are welcome.",
        "Code: PX-23; Colour: no",
        "x; A: b",
        "To do: sign in",
    ],
)
def test_what_is_no_row_of_these_columns_is_left_to_the_sentence_check(claim: str) -> None:
    assert compare_rows(claim, [ROW]) is None
    assert compare_rows("Code: PX-23; A3: no", ["A sentence.", ""]) is None


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Colour: no", "Size: A3; Colour: yes"),
        ("Colour: ✗", "Size: A3; Colour: ✓"),
        ("Colour: no", "Colour: yes"),
        ("A3: no", "Size: A3; Colour: yes"),
        ("Seats: 3", "Plan: Cutter; Seats: 20"),
        ("Begins: 5 May 2025", "Course: Sailing; Begins: 2025-05-03"),
    ],
)
def test_a_single_cell_that_excludes_the_evidence_is_refused(claim: str, evidence: str) -> None:
    found = compare_rows(claim, [evidence])
    assert found is not None
    assert not found.supported


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Colour: Yes", "Size: A3; Colour: ✓"),
        ("Price: 1,200; Plan: Cutter", "Plan: Cutter; Price: 1200"),
        ("Seats: 20 seats; Plan: Cutter", "Plan: Cutter; Seats: 20"),
        ("Course: Sailing; Begins: 3 May 2025", "Course: Sailing; Begins: 2025-05-03"),
    ],
)
def test_the_same_value_may_be_written_another_way(claim: str, evidence: str) -> None:
    found = compare_rows(claim, [evidence])
    assert found is not None
    assert found.supported


def test_a_single_cell_in_other_words_or_true_of_another_row_is_not_refused() -> None:
    assert compare_rows("Note: dogs may stay.", ["Note: pets are welcome."]) is None
    found = compare_rows("Colour: no", ["Size: A3; Colour: yes", "Size: A4; Colour: no"])
    assert found is not None
    assert found.supported
    assert compare_rows("A3: no", ["Size: A3; Colour: yes; Duplex: no"]) is None


def test_one_wrong_row_refuses_a_claim_of_several() -> None:
    found = compare_rows("Code: PX-24; A3: yes\nCode: PX-23; A3: yes", [ROW, OTHER])
    assert found is not None
    assert not found.supported
    assert "“no” for “a3”" in found.why


def test_the_reason_is_of_the_row_that_the_first_cell_names() -> None:
    found = compare_rows("Code: PX-24; A3: no", [ROW, OTHER])
    assert found is not None
    assert found.why == "The evidence says “yes” for “a3”, not “no”."


def test_markdown_tables_are_read_with_their_column_names() -> None:
    table = "Rates.\n\n| Plan | Seats |\n|:--- | ---:|\n| Skiff | 3 |\n| Cutter | |\n\na | b"
    rows = [[(cell.column, cell.value) for cell in row] for row in read_rows(table)]
    assert rows == [[("plan", "skiff"), ("seats", "3")], [("plan", "cutter")]]


@pytest.mark.parametrize(
    ("claim", "quoted"),
    [
        ("Seats: 20; Plan: Cutter", True),
        ("Guest seats: 3", False),
        ("Guests: 3", True),
        ("Guests: 20", False),
        ("Cutter: 20", False),
    ],
)
def test_a_quoted_row_keeps_each_value_in_its_column(claim: str, quoted: bool) -> None:
    assert quotes_row(claim, "Plan: Cutter; Seats: 20; Guests allowed: 3") is quoted


def test_in_a_row_of_two_cells_the_first_may_name_the_second() -> None:
    assert quotes_row("A3: yes", "Size: A3; Colour: yes")
    assert not quotes_row("A3: no", "Size: A3; Colour: yes")
