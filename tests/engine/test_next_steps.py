from __future__ import annotations

from dataclasses import replace

import pytest

from engine.next_steps import next_steps
from engine.trace import Citation, Outcome, Reason, ReasonCode, Retrieved, TriageVerdict

CITED = Citation(
    n=1,
    document_name="hr/leave.pdf",
    chunk_id="c",
    title="Leave",
    url=None,
    page=3,
    snippet="s",
    full_content="s",
)
NEAR = Retrieved(chunk_id="c", document_name="hr/near.md", score=0.5)


def reasons(*codes: ReasonCode) -> tuple[Reason, ...]:
    return tuple(Reason(code=code, text=".") for code in codes)


@pytest.mark.parametrize("outcome", [Outcome.ANSWERED, Outcome.ABSTAINED, Outcome.CLARIFIED])
def test_nothing_is_left_to_do_where_nobody_waits(outcome: Outcome) -> None:
    assert next_steps(outcome, reasons(ReasonCode.UNSUPPORTED), [CITED], [NEAR]) == ()


def test_a_draft_is_checked_against_the_page_it_cites() -> None:
    steps = next_steps(Outcome.ESCALATED, reasons(ReasonCode.UNSUPPORTED), [CITED], [NEAR])
    assert len(steps) == 1
    assert "hr/leave.pdf, page 3" in steps[0]


def test_without_a_draft_the_nearest_document_is_named() -> None:
    steps = next_steps(Outcome.ESCALATED, reasons(ReasonCode.NOT_IN_CORPUS), [], [NEAR])
    assert "hr/near.md" in steps[0]
    assert "ingest" in steps[1]


def test_without_any_document_the_asker_is_answered_by_hand() -> None:
    steps = next_steps(Outcome.ESCALATED, reasons(ReasonCode.NOT_IN_CORPUS), [], [])
    assert "no document they may read" in steps[0]


def test_an_empty_knowledge_base_is_filled_first() -> None:
    steps = next_steps(Outcome.ESCALATED, reasons(ReasonCode.NO_DOCUMENTS), [], [])
    assert steps == ("Add documents with `deskhand ingest`, then ask again.",)


def test_after_a_fault_nothing_is_claimed_of_the_documents() -> None:
    steps = next_steps(Outcome.FAILED, reasons(ReasonCode.INTERNAL_ERROR), [], [])
    assert len(steps) == 1
    assert "log" in steps[0]
    assert "may read" not in steps[0]


@pytest.mark.parametrize("outcome", [Outcome.ESCALATED, Outcome.FAILED])
@pytest.mark.parametrize("code", ReasonCode)
def test_whoever_waits_is_helped_by_at_least_one_step(outcome: Outcome, code: ReasonCode) -> None:
    assert next_steps(outcome, reasons(code), [], [])


@pytest.mark.parametrize(
    "name",
    [
        "<!channel> @here ]0;pwn",
        "<https://evil.example|handbook>",
        "[handbook](https://evil.example)",
        "https://evil.example/handbook",
        "www.evil.example/handbook",
        "a\n@everyone\x1b[2J",
        "![x](https://evil.example/x.png)",
    ],
)
def test_a_documents_name_acts_on_nobody(name: str) -> None:
    cited = replace(CITED, document_name=name, page=None)
    near = replace(NEAR, document_name=name)
    why = reasons(ReasonCode.UNSUPPORTED)
    for steps in (
        next_steps(Outcome.ESCALATED, why, [cited], [near]),
        next_steps(Outcome.ESCALATED, why, [], [near]),
    ):
        text = "".join(steps)
        for live in ("<!", "<http", "](", "//evil", "www.", "@here", "@every", "\x1b", "\n"):
            assert live not in text
        assert "  " not in text
        assert "(link removed)" not in text


def test_of_two_contradicting_documents_one_is_to_be_corrected() -> None:
    other = replace(CITED, n=2, document_name="hr/old.pdf", page=None)
    steps = next_steps(Outcome.ESCALATED, reasons(ReasonCode.CONFLICT), [CITED, other], [NEAR])
    assert steps[0] == "Decide which holds, hr/leave.pdf, page 3 or hr/old.pdf, and tell the asker."
    assert steps[1].startswith("Correct the other document")


def test_what_is_missing_and_whose_question_it_is_are_named() -> None:
    steps = next_steps(
        Outcome.ESCALATED,
        reasons(ReasonCode.LOW_CONFIDENCE),
        [CITED],
        [NEAR],
        triage=TriageVerdict(category="billing", category_confidence=0.9, priority="high"),
        unmet=("Swiss francs",),
    )
    assert "Find out about Swiss francs; no passage found mentions it." in steps
    assert "If it is not yours, pass it to whoever answers billing, as high." in steps


def test_a_hostile_category_or_word_reaches_nobody() -> None:
    steps = next_steps(
        Outcome.ESCALATED,
        reasons(ReasonCode.LOW_CONFIDENCE),
        [CITED],
        [NEAR],
        triage=TriageVerdict(category="<!channel> @here", category_confidence=0.9),
        unmet=("<!everyone> https://evil.example/x",),
    )
    text = " ".join(steps)
    assert "<!" not in text
    assert "@here" not in text
    assert "evil" not in text
