from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.verification.support_checker import SupportChecker

CHECKER = SupportChecker()


def minimal_pairs(part: str) -> list[tuple[str, str, str]]:
    """(evidence, supported claim, unsupported claim) of a part of the file beside this one."""
    text = (Path(__file__).parent / "minimal_pairs.txt").read_text()
    section = text.split(f"## {part}\n")[1].split("\n## ")[0]
    said = [line[2:] for line in section.splitlines() if line[:2] in ("= ", "+ ", "- ")]
    return list(zip(said[::3], said[1::3], said[2::3], strict=True))


SEEN, HELD_OUT = minimal_pairs("SEEN"), minimal_pairs("HELD_OUT")


def probability(claim: str, *evidence: str) -> float:
    return CHECKER.check(claim, evidence).probability


@pytest.mark.parametrize(("evidence", "right", "wrong"), [*SEEN, *HELD_OUT])
def test_of_a_minimal_pair_the_supported_claim_has_more_support(
    evidence: str, right: str, wrong: str
) -> None:
    assert probability(right, evidence) > probability(wrong, evidence)
    assert CHECKER.check(right, [evidence]).supported


@pytest.mark.parametrize(("rows", "least"), [(SEEN, 25), (HELD_OUT, 27)])
def test_most_unsupported_claims_of_minimal_pairs_are_refused(
    rows: list[tuple[str, str, str]], least: int
) -> None:
    assert len(rows) >= 29
    refused = [not CHECKER.check(wrong, [evidence]).supported for evidence, _, wrong in rows]
    assert sum(refused) >= least


@pytest.mark.parametrize(
    ("claim", "evidence", "said"),
    [
        ("Refunds take 30 days.", "Refunds take 14 days.", "14 days, not 30 days"),
        ("Solaris is supported.", "Linux is supported.", "does not mention Solaris"),
        ("The store rejects cards.", "The store accepts cards.", "“accepts”, not “rejects”"),
        (
            "The fee is not refundable.",
            "The fee is refundable.",
            "does not say “not” of “refundable”",
        ),
        ("You may share it.", "You may not share it.", "says “not” of “share”"),
        ("Use at most 8 characters.", "Use at least 8 characters.", "does not say “most” of 8"),
        (
            "Parcels are insured.",
            "Parcels are insured unless they hold glass.",
            "only “unless they hold glass”",
        ),
    ],
)
def test_the_reason_names_what_is_not_covered(claim: str, evidence: str, said: str) -> None:
    assert said in CHECKER.check(claim, [evidence]).why


def test_a_claim_is_as_good_as_its_weakest_clause() -> None:
    evidence = "The library lends books for three weeks. Members pay nothing."
    whole = probability("The library lends books for three weeks.", evidence)
    partly = "The library lends books for three weeks, and the cafe serves organic pancakes."
    assert probability(partly, evidence) < 0.5 < whole
    assert "pancakes" in CHECKER.check(partly, [evidence]).why


def test_evidence_may_lie_in_several_spans() -> None:
    claim = "Members borrow books for three weeks and pay 20 cents a day when they are late."
    spans = ("Members may borrow books for three weeks.", "Late returns cost 20 cents a day.")
    assert probability(claim, *spans) > max(probability(claim, span) for span in spans)


def test_a_part_of_a_sentence_is_no_quotation() -> None:
    assert not CHECKER.check("Share your password.", ["Never share your password."]).supported


@pytest.mark.parametrize(
    ("claim", "evidence", "why"),
    [
        ("", ["a b"], "The claim holds no word."),
        ("?!", ["a b"], "The claim holds no word."),
        ("a b", [], "There is no evidence."),
        ("a b", ["", " - "], "There is no evidence."),
        ("word " * 1000, ["word"], "The claim is longer than 4,000 characters."),
    ],
)
def test_nothing_supports_nothing(claim: str, evidence: list[str], why: str) -> None:
    found = CHECKER.check(claim, evidence)
    assert (found.probability, found.supported, found.why) == (0.0, False, why)


def test_a_long_evidence_is_checked_fast_and_its_end_is_read() -> None:
    filler = "The committee met again and spoke about the parking spaces near the old harbour. "
    evidence = filler * 650 + "Refunds are possible for 14 days after delivery."
    assert len(evidence) > 50_000
    started = time.thread_time()
    good = CHECKER.check("After delivery, refunds are possible for two weeks.", [evidence])
    assert time.thread_time() - started < 1.0
    assert good.supported
    assert not CHECKER.check(
        "Refunds are possible for 30 days after delivery.", [evidence]
    ).supported


@pytest.mark.slow
def test_a_hostile_text_costs_no_more_than_its_length() -> None:
    started = time.thread_time()
    for text in ("1" * 3900, "a," * 1900, "(" * 3900, "1 to " * 700, "no " * 1300, "A" * 3900):
        CHECKER.check(text, [text * 12])
    assert time.thread_time() - started < 10.0


@settings(max_examples=80, deadline=None)
@given(st.text(), st.lists(st.text(), max_size=4))
def test_no_text_makes_it_raise(claim: str, evidence: list[str]) -> None:
    found = CHECKER.check(claim, evidence)
    assert 0.0 <= found.probability <= 1.0
    assert found.supported == (found.probability >= 0.5)
    assert found.why


SENTENCES = st.sampled_from(
    [right for _, right, _ in SEEN] + [evidence for evidence, _, _ in HELD_OUT]
)


@settings(max_examples=50, deadline=None)
@given(SENTENCES, st.lists(SENTENCES, max_size=3), st.lists(SENTENCES, max_size=3))
def test_a_verbatim_sentence_is_always_supported(
    quoted: str, before: list[str], after: list[str]
) -> None:
    evidence = "\n".join([*before, quoted, *after])
    assert probability(quoted, evidence) >= 0.98
    assert probability(quoted, *before, quoted, *after) >= 0.98


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(SEEN + HELD_OUT), SENTENCES)
def test_one_more_sentence_of_evidence_never_lowers_support_by_much(
    row: tuple[str, str, str], added: str
) -> None:
    evidence, right, _ = row
    assert probability(right, evidence, added) > probability(right, evidence) - 0.3
