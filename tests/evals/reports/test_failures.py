from __future__ import annotations

from dataclasses import replace

from evals.reports.failures import frequent_failures, missing_documents
from evals.run_record import CaseResult

CASE = CaseResult(
    case_id="a",
    case_hash="h",
    question="Q?",
    outcome="answered",
    slices={},
    columns={},
)


def test_problems_that_differ_in_names_and_amounts_are_one_failure() -> None:
    cases = [
        replace(CASE, case_id="a", problems=("Not found: a.md.",), expected_docs=("a.md",)),
        replace(
            CASE,
            case_id="b",
            problems=("Not found: a.md, b.md, c.md and 2 more.",),
            expected_docs=("a.md", "b.md", "c.md"),
        ),
        replace(
            CASE, case_id="c", problems=('The draft lacks a fact that it must state: "30 days".',)
        ),
        replace(
            CASE,
            case_id="d",
            problems=('The draft lacks a fact that it must state: "5%", "two" and 1 more.',),
        ),
        replace(
            CASE,
            case_id="e",
            problems=("It cites x.md, and none of y.md.", "Cited sentences lack support: 33%."),
            cited_docs=("x.md",),
            expected_docs=("y.md",),
        ),
        replace(CASE, case_id="f", problems=("Cited sentences lack support: 50%.",)),
        replace(CASE, case_id="g"),
    ]
    found = {f.what: [case.case_id for case in f.cases] for f in frequent_failures(cases)}
    assert found == {
        "Not found: …": ["a", "b"],
        "The draft lacks a fact that it must state.": ["c", "d"],
        "Cited sentences lack support.": ["e", "f"],
        "It cites …, and none of …": ["e"],
    }
    assert [len(cases) for cases in found.values()] == [2, 2, 2, 1]


def test_a_name_that_is_a_pattern_or_a_part_of_a_word_is_only_itself() -> None:
    case = replace(
        CASE, problems=("Not found: a(b+.md.", "It failed."), expected_docs=("a(b+.md", "", "ail")
    )
    assert {f.what for f in frequent_failures([case])} == {"Not found: …", "It failed."}


def test_missing_documents_are_those_of_cases_that_cite_none_of_theirs() -> None:
    cases = [
        replace(CASE, case_id="a", expected_docs=("x", "y"), cited_docs=("y",)),
        replace(CASE, case_id="b", expected_docs=("x", "y"), cited_docs=("z",)),
        replace(CASE, case_id="c", expected_docs=("x",)),
        replace(CASE, case_id="d", cited_docs=("z",)),
    ]
    found = [(m.name, len(m.missed), m.expected) for m in missing_documents(cases)]
    assert found == [("x", 2, 3), ("y", 1, 2)]


def test_nothing_wrong_is_no_failure() -> None:
    assert frequent_failures([CASE]) == ()
    assert missing_documents([CASE]) == ()
