from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from engine.question import Question, Role, Turn
from engine.trace import Outcome
from evals.judging.judge import Claim, Criterion
from evals.judging.local import LocalJudge
from evals.suites.answers import asked, judged_columns, stated_columns
from evals.suites.score import score
from tests.evals.suites.made import answer, case, citation

LEASE = "A lease is 12 months long."
RENT = "Rent is due on the first day of the month."
REPLY = f"{LEASE} [1] Rent is due on the last day of the month. [2] Pets are welcome.\n\nAsk us."


class ByRule:
    """Supported is what stands word for word in the evidence; None where it reads `broken`."""

    name, version, notes = "rule", "1", ()

    def __init__(self, *criteria: Criterion) -> None:
        self._criteria = criteria or tuple(Criterion)
        self.asked: list[Claim] = []

    def judges(self, criterion: Criterion) -> bool:
        return criterion in self._criteria

    async def faithfulness(self, claims: Sequence[Claim]) -> tuple[float | None, ...]:
        self.asked += claims
        return tuple(
            None if "broken" in c.sentence else float(any(c.sentence in e for e in c.evidence))
            for c in claims
        )

    async def relevance(
        self, question: str, answer: str, *, cited: Sequence[str] = ()
    ) -> float | None:
        return None if "broken" in answer else 0.75

    async def completeness(self, expected: Sequence[str], answer: str) -> tuple[float | None, ...]:
        return tuple(None if "broken" in answer else float(s in answer) for s in expected)


async def judged(reply: str, *citations: dict[str, Any], **changed: Any) -> dict[str, float]:
    found = await judged_columns(case(), answer(reply, *citations, **changed), ByRule())
    return {name: value for name, value in found.items() if name != "relevance"}


async def test_citations_are_counted_by_sentence() -> None:
    found = await judged(REPLY, citation(1, LEASE), citation(2, RENT))
    # Cited: the lease (supported) and the rent (not, it is the first day). Statements: the lease,
    # the rent, "Pets are welcome." and "Ask us.", of which one has a citation that supports it.
    assert found == {"citation_precision": 1 / 2, "citation_recall": 1 / 4, "faithfulness": 1 / 4}


async def test_faithfulness_takes_support_from_anything_retrieved() -> None:
    found = await judged(
        "A lease is 12 months long. [1] Pets are welcome. [1]",
        citation(1, LEASE, full_content=f"{RENT} {LEASE}"),
        evidence=["House rules. Pets are welcome."],
    )
    assert found == {"citation_precision": 1 / 2, "citation_recall": 1 / 2, "faithfulness": 1.0}


async def test_a_sentence_may_be_supported_by_several_citations_together() -> None:
    judge = ByRule()
    both = answer(f"{LEASE} [1][2]", citation(1, RENT), citation(2, LEASE))
    found = await judged_columns(case(), both, judge)
    assert found["citation_precision"] == 1.0
    assert judge.asked[0].evidence == (RENT, LEASE)


async def test_a_mark_without_its_citation_supports_nothing() -> None:
    found = await judged(f"{LEASE} [7]", citation(1, LEASE))
    assert (found["citation_precision"], found["citation_recall"]) == (0.0, 0.0)


async def test_an_answer_without_citations_has_no_precision_and_a_recall_of_nothing() -> None:
    assert await judged(LEASE) == {"citation_recall": 0.0, "faithfulness": 0.0}
    assert await judged("…") == {"citation_recall": 0.0, "faithfulness": 0.0}


async def test_of_a_draft_that_was_not_given_only_the_precision_is_counted() -> None:
    found = await judged(REPLY, citation(1, LEASE), citation(2, RENT), outcome="escalated")
    assert found == {"citation_precision": 0.5}
    assert await judged("", outcome="abstained", draft_reply="") == {}


async def test_completeness_is_the_share_of_the_expected_sentences_that_the_reply_states() -> None:
    wanted = case(expected_answer=f"{LEASE} {RENT}", expected_outcome=Outcome.ANSWERED)
    given = answer(f"{LEASE} [1]", citation(1, LEASE))
    assert (await judged_columns(wanted, given, ByRule()))["completeness"] == 0.5
    handed_over = answer(f"{LEASE} {RENT}", outcome="escalated")
    assert (await judged_columns(wanted, handed_over, ByRule()))["completeness"] == 0.0
    assert "completeness" not in await judged_columns(case(), given, ByRule())


async def test_a_part_that_could_not_be_judged_leaves_its_columns_out() -> None:
    found = await judged(f"{LEASE} [1] broken [1]", citation(1, LEASE))
    assert found == {}
    wanted = case(expected_answer=LEASE)
    left = await judged_columns(wanted, answer(LEASE), ByRule(Criterion.RELEVANCE))
    assert left == {"relevance": 0.75}


async def test_what_a_judge_may_not_judge_is_not_asked() -> None:
    judge = ByRule(Criterion.RELEVANCE)
    found = await score(case(), answer(REPLY, citation(1, LEASE)), judge)
    assert judge.asked == []
    assert found["relevance"] == 0.75
    assert "faithfulness" not in found
    without = await score(case(), answer(REPLY), None)
    assert "relevance" not in without
    assert "failed" in without


async def test_the_local_judge_reads_a_table_row_with_its_column_names() -> None:
    table = "| Printer | Floor | Colour |\n| --- | --- | --- |\n| GHE-P1 | 1 | yes |\n"
    row = citation(1, "GHE-P1 | 1 | yes", full_content=table)
    right = answer("- Printer: GHE-P1; Colour: yes [1]", row)
    wrong = answer("- Printer: GHE-P1; Colour: no [1]", row)
    judge = LocalJudge()
    try:
        assert (await score(case(), right, judge))["citation_precision"] == 1.0
        assert (await score(case(), wrong, judge))["citation_precision"] == 0.0
    finally:
        await judge.aclose()


def test_facts_and_gold_documents_by_hand() -> None:
    wanted = case(must_contain=("12 months", "600"), gains={"a.md": 1.0}, answerable=True)
    found = stated_columns(wanted, answer(f"{LEASE} [1]", citation(1, LEASE)))
    assert (found["facts_found"], found["all_facts"]) == (0.5, 0.0)
    assert (found["answer_cites_gold"], found["draft_cites_gold"]) == (1.0, 1.0)
    other = stated_columns(wanted, answer("", outcome="escalated"))
    assert (other["facts_found"], other["draft_cites_gold"]) == (0.0, 0.0)
    assert "answer_cites_gold" not in other
    assert "citations" not in other


def test_gold_pages_and_gold_sentences_by_hand() -> None:
    wanted = case(pages=frozenset({("a.md", 3), ("a.md", 4)}), sentences=(LEASE, RENT))
    given = answer("x [1][2]", citation(1, LEASE, page=3), citation(2, "Else.", page=9))
    found = stated_columns(wanted, given)
    assert (found["gold_pages_cited"], found["gold_page_cited"]) == (0.5, 1.0)
    assert (found["gold_span_precision"], found["gold_span_recall"]) == (0.5, 0.5)
    assert (found["citations"], found["cited_statements"]) == (2.0, 1.0)


@pytest.mark.parametrize("roles", [(Role.USER, Role.ASSISTANT), (Role.USER,)])
def test_a_follow_up_is_asked_with_the_users_turn_before(roles: tuple[Role, ...]) -> None:
    turns = tuple(Turn(role=role, text=f"{role.value} said") for role in roles)
    asked_about = case(question=Question(id="1", text="and in Japan?", history=turns))
    assert asked(asked_about) == "user said\nand in Japan?"


async def test_what_its_citation_supports_is_not_judged_a_second_time() -> None:
    judge = ByRule()
    await judged_columns(case(), answer(REPLY, citation(1, LEASE), citation(2, RENT)), judge)
    asked_about = [claim.sentence for claim in judge.asked]
    # Both cited statements, then the three that have no citation which supports them.
    assert len(asked_about) == 5
    assert asked_about.count(asked_about[0]) == 1
