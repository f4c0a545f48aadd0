from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from engine.audience import CLOSED
from engine.question import Role, Turn
from engine.trace import Outcome
from evals.case import Case
from evals.cases.case_line import parse_case
from evals.cases.hashing import Split, case_hash, dataset_hash, split_of

CASE, _ = parse_case({"id": "1", "user_question": "x", "tags": ["a", "b"]})
OTHER: dict[str, Any] = {
    "question": replace(CASE.question, text="y"),
    "audience": CLOSED,
    "kind": "k",
    "gains": {"a.md": 1.0},
    "answerable": True,
    "expected_outcome": Outcome.ANSWERED,
    "expected_answer": "z",
    "must_contain": ("z",),
    "must_not_contain": ("z",),
    "category": "c",
    "priority": "p",
    "tags": ("a",),
    "pages": frozenset({("a.pdf", 1)}),
    "sentences": ("s",),
}


def test_a_hash_changes_with_whatever_a_case_says() -> None:
    assert set(OTHER) == {each.name for each in fields(Case)}
    hashes = {case_hash(replace(CASE, **{name: value})) for name, value in OTHER.items()}
    turns = (Turn(role=Role.USER, text="x"),)
    for change in ("id", "subject", "body", "user", "channel"):
        hashes.add(case_hash(replace(CASE, question=replace(CASE.question, **{change: "q"}))))
    hashes.add(case_hash(replace(CASE, question=replace(CASE.question, history=turns))))
    assert len(hashes - {case_hash(CASE)}) == len(OTHER) + 6


def test_the_order_of_tags_and_documents_is_nothing() -> None:
    first = replace(CASE, gains={"a": 1.0, "b": 2.0})
    second = replace(CASE, gains={"b": 2.0, "a": 1.0}, tags=("b", "a"))
    assert case_hash(first) == case_hash(second)


def test_a_data_set_s_hash_is_of_its_cases_in_order() -> None:
    other = replace(CASE, kind="k")
    assert dataset_hash([CASE, other]) != dataset_hash([other, CASE])
    assert dataset_hash([CASE]) != dataset_hash([CASE, CASE])


def test_an_id_falls_into_the_same_half_everywhere_and_halves_are_about_even() -> None:
    assert {name: split_of(name).value for name in "abcdef"} == {
        "a": "dev",
        "b": "dev",
        "c": "test",
        "d": "dev",
        "e": "dev",
        "f": "test",
    }
    halves = [split_of(f"case-{n}") for n in range(2_000)]
    assert 900 < halves.count(Split.TEST) < 1_100
