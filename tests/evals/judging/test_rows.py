from __future__ import annotations

import pytest

from evals.judging.rows import row_support

ROW = "Code: PX-23; Meaning: bank wants 3-D Secure; To do: sign in; the link does it; A3: no"
OTHER = "Code: PX-24; Meaning: card expired; To do: ask for another; A3: yes"


@pytest.mark.parametrize(
    ("sentence", "support"),
    [
        ("Code: PX-23; A3: no", 1.0),
        ("Code: **PX-23**; A3: No.", 1.0),
        ("Code: PX-23; A3: yes", 0.0),
        ("Code: PX-24; A3: yes", 1.0),
        ("Code: PX-23; To do: sign in; the link does it", 1.0),
        ("Code: PX-23; To do: sign in", 0.0),
        # Two rows mixed up are neither.
        ("Code: PX-23; Meaning: card expired", 0.0),
    ],
)
def test_a_row_is_supported_by_a_row_that_has_all_its_cells(sentence: str, support: float) -> None:
    assert row_support(sentence, [ROW, OTHER, "A sentence."]) == support


@pytest.mark.parametrize(
    "sentence",
    ["A lease is 12 months long.", "Note: pets are welcome.", "Code: PX-23; Colour: no", "x; A: b"],
)
def test_what_is_no_row_of_these_columns_is_left_to_the_checker(sentence: str) -> None:
    assert row_support(sentence, [ROW]) is None
    assert row_support("Code: PX-23; A3: no", ["A sentence.", ""]) is None
