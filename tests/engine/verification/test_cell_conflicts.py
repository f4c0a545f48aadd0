from __future__ import annotations

import pytest

from engine.verification.support_checker import SupportChecker

CHECKER = SupportChecker()

PLANS = ("Plan: Cutter; Seats: 20; Guests: 3", "Plan: Skiff; Seats: 3; Guests: 1")
PRINTERS = ("Size: A3; Colour: yes; Duplex: no", "Size: A4; Colour: no; Duplex: yes")
COURSES = ("Course: Sailing; Begins: 3 May 2025; Ends: 9 May 2025; Fee: 400 EUR",)


@pytest.mark.parametrize(
    ("claim", "evidence", "said"),
    [
        ("The Cutter plan has 3 seats.", PLANS, "20 for “seats”, not 3"),
        ("The Cutter plan has 3 seats and 20 guests.", PLANS, "20 for “seats”"),
        ("A3 does not print in colour.", PRINTERS, "yes for “colour”"),
        ("A4 prints in colour.", PRINTERS, "no for “colour”"),
        ("The Sailing course begins on 9 May 2025.", COURSES, "3 may 2025 for “begins”"),
        ("The fee of the Sailing course is 300 EUR.", COURSES, "400 eur for “fee”"),
        (
            "The Cutter plan has 3 seats.",
            ("| Plan | Seats |\n| --- | --- |\n| Cutter | 20 |\n| Skiff | 3 |",),
            "20 for “seats”",
        ),
    ],
)
def test_a_sentence_that_contradicts_a_cell_is_refused(
    claim: str, evidence: tuple[str, ...], said: str
) -> None:
    support = CHECKER.check(claim, evidence)
    assert not support.supported
    assert said in support.why


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("The Cutter plan has 20 seats.", PLANS),
        ("The Cutter plan has 20 seats and 3 guests.", PLANS),
        ("The Skiff plan has 3 seats.", PLANS),
        ("The Sailing course begins on 3 May 2025.", COURSES),
        ("The Sailing course begins on 3 May and ends on 9 May.", COURSES),
    ],
)
def test_a_sentence_that_says_what_the_cells_say_passes(
    claim: str, evidence: tuple[str, ...]
) -> None:
    assert CHECKER.check(claim, evidence).supported


def test_a_number_that_a_sentence_of_the_evidence_says_too_is_no_conflict() -> None:
    evidence = (*PLANS, "During the trial the Cutter plan has 3 seats only.")
    assert "for “seats”" not in CHECKER.check("The Cutter plan has 3 seats.", evidence).why


def test_without_column_names_a_row_supports_no_claim_about_a_column() -> None:
    for claim in ("Colour: no", "Size: A3; Colour: yes", "A3 prints in colour."):
        assert not CHECKER.check(claim, ["A3 | yes"]).supported
