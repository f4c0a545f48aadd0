"""Contradictions and double meanings, found by the whole engine in small knowledge bases."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.audience import FULL_MEMBER
from engine.compose import Engine, Overrides, open_engine
from engine.question import Budget, Question, Role, Turn
from engine.retrieval.embedder import Embedder
from engine.settings import Settings
from engine.trace import Outcome, ReasonCode, Trace

pytestmark = pytest.mark.slow  # every test ingests

OTHERS = {
    "Parking": "Park behind the north gate. Visitors get a badge at the reception.",
    "Printers": "Printers stand on every floor. Toner is changed by facilities on Mondays.",
    "Training": "Courses are booked in the learning portal. Ask your manager first.",
}


@pytest.fixture
async def engine(home_with_tables: Settings, model: Embedder) -> AsyncIterator[Engine]:
    async with open_engine(home_with_tables, Overrides(embedder=model)) as made:
        yield made


async def ask(
    engine: Engine, folder: Path, texts: dict[str, str], question: str, *history: str
) -> Trace:
    path = folder / "corpus.jsonl"
    rows = [{"_id": n, "title": n, "text": t} for n, t in (OTHERS | texts).items()]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    await engine.ingestion.run(str(path), (), lambda _: None)
    turns = tuple(Turn(role=Role.USER, text=text) for text in history)
    return await engine.pipeline.run(
        Question(id="q", text=question, history=turns),
        tenant="default",
        audience=FULL_MEMBER,
        budget=Budget(max_cost_usd=0.0),
    )


@pytest.mark.parametrize(
    ("first", "second", "question", "said"),
    [
        (
            "Employees may return office equipment within 14 days.",
            "Office equipment may be returned by employees within 30 days.",
            "How many days do I have to return office equipment?",
            ("14 days", "30 days"),
        ),
        (
            "The travel allowance is €40 per day.",
            "The daily travel allowance is €55.",
            "How much is the travel allowance per day?",
            ("€40", "€55"),
        ),
        (
            "The deadline for tax forms is 31 March.",
            "Tax forms have a deadline of 15 April.",
            "What is the deadline for tax forms?",
            ("31 March", "15 April"),
        ),
        (
            "Contractors may use the company gym.",
            "Contractors may not use the company gym.",
            "May contractors use the company gym?",
            (),
        ),
    ],
)
async def test_documents_that_contradict_each_other_are_both_shown_and_a_person_is_called(
    engine: Engine, tmp_path: Path, first: str, second: str, question: str, said: tuple[str, ...]
) -> None:
    trace = await ask(engine, tmp_path, {"Handbook": first, "Policy": second}, question)
    assert trace.outcome is Outcome.ESCALATED
    assert ReasonCode.CONFLICT in {reason.code for reason in trace.reasons}
    assert trace.needs_human_review
    assert {c.document_name for c in trace.citations} == {"Handbook", "Policy"}
    for text in (first, second):
        assert text.rstrip(".") in trace.draft_reply
        assert text.rstrip(".") in trace.reply
    for amount in said:
        assert amount in trace.reply.split("\n")[0]


@pytest.mark.parametrize(
    ("first", "second", "question"),
    [
        (
            "The notice period in Belgium is 4 weeks.",
            "The notice period in Portugal is 30 days.",
            "How long is the notice period in Belgium?",
        ),
        (
            "The travel allowance is €40 per day.",
            "Each day of travel is paid with an allowance of 40 euros.",
            "How much is the travel allowance per day?",
        ),
        (
            "Passwords expire after 90 days.",
            "Access badges expire after 2 years and are then replaced.",
            "When do passwords expire?",
        ),
        (
            "The Skiff plan has 10 seats.",
            "The Cutter plan has 50 seats.",
            "How do the Skiff and the Cutter plan differ in seats?",
        ),
    ],
)
async def test_different_things_and_equal_amounts_are_no_contradiction(
    engine: Engine, tmp_path: Path, first: str, second: str, question: str
) -> None:
    trace = await ask(engine, tmp_path, {"One": first, "Two": second}, question)
    assert trace.outcome is Outcome.ANSWERED
    assert ReasonCode.CONFLICT not in {reason.code for reason in trace.reasons}


MANY_LIMITS = {
    "Expenses": "# Limits\n\nThe limit for meals is €40 a day. The limit is checked by finance.",
    "Uploads": "# Limits\n\nThe limit for a file is 200 MB. The limit is the same on every plan.",
    "Guest wifi": "# Limits\n\nThe limit for guests is 3 devices. The limit is set by IT.",
}


async def test_a_question_that_says_too_little_is_asked_back_with_choices(
    engine: Engine, tmp_path: Path
) -> None:
    trace = await ask(engine, tmp_path, MANY_LIMITS, "What's the limit?")
    assert trace.outcome is Outcome.CLARIFIED
    assert [reason.code for reason in trace.reasons] == [ReasonCode.AMBIGUOUS]
    assert not trace.needs_human_review
    assert (trace.draft_reply, trace.citations) == ("", ())
    question, *choices = [line for line in trace.reply.split("\n") if line]
    assert question.endswith("?")
    assert len(choices) >= 2
    assert all(choice.startswith(f"{n}. ") for n, choice in enumerate(choices, start=1))


@pytest.mark.parametrize("history", [(), ("How large may an upload to the workspace be?",)])
async def test_a_question_that_names_its_subject_is_not_asked_back(
    engine: Engine, tmp_path: Path, history: tuple[str, ...]
) -> None:
    question = "And what's the limit?" if history else "What is the limit for uploads of a file?"
    trace = await ask(engine, tmp_path, MANY_LIMITS, question, *history)
    assert trace.outcome is not Outcome.CLARIFIED


VPN = "How do I install the VPN client for remote work"
ON_MAC = f"{VPN} on a Mac?"
ON_WINDOWS = f"{VPN} on Windows?"


@pytest.mark.parametrize(
    ("pages", "question", "choices"),
    [
        (
            {ON_MAC: "Drag Tern Connect to the dock.", ON_WINDOWS: "Run the MSI as administrator."},
            f"{VPN}?",
            (ON_MAC, ON_WINDOWS),
        ),
        (
            {
                ON_MAC: "Drag Tern Connect to the dock.",
                ON_WINDOWS: "Run the MSI as administrator.",
                VPN: "Ask the help desk to do it.",
            },
            f"{VPN}?",
            (),
        ),
        (
            {ON_MAC: "Run the installer from it.", f"{ON_MAC[:-1]} laptop?": "Run the installer."},
            f"{VPN}?",
            (),
        ),
        (
            {ON_MAC: "Drag Tern Connect to the dock.", ON_WINDOWS: "Run the MSI as administrator."},
            ON_MAC,
            (),
        ),
        (
            {ON_MAC: "Drag Tern Connect to the dock.", ON_WINDOWS: "Run the MSI as administrator."},
            "Compare how I install the VPN client for remote work on Mac and Windows",
            (),
        ),
    ],
)
async def test_a_question_that_several_pages_restate_in_other_ways_is_asked_back(
    engine: Engine,
    tmp_path: Path,
    pages: dict[str, str],
    question: str,
    choices: tuple[str, ...],
) -> None:
    trace = await ask(engine, tmp_path, pages, question)
    assert (trace.outcome is Outcome.CLARIFIED) == bool(choices)
    for choice in choices:
        assert choice in trace.reply


async def test_things_with_numbers_do_not_contradict_each_other(
    engine: Engine, tmp_path: Path
) -> None:
    rooms = {f"Room {n}": f"Meeting room {n} seats {n + 300} people." for n in range(8)}
    answered = await ask(engine, tmp_path, rooms, "How many people does meeting room 4 seat?")
    assert (answered.outcome, answered.reasons) == (Outcome.ANSWERED, ())
    assert "304" in answered.reply
    other = {"Rooms": "Meeting room 4 seats 20 people."}
    conflict = await ask(
        engine, tmp_path, rooms | other, "How many people does meeting room 4 seat?"
    )
    assert [reason.code for reason in conflict.reasons] == [ReasonCode.CONFLICT]
