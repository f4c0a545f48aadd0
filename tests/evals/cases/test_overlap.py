from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.errors import WrongUse
from engine.storage.database import Database
from engine.storage.models import ModelStore, StoredModel
from evals.cases.case_line import parse_case
from evals.cases.dataset import load_dataset
from evals.cases.overlap import (
    SEED,
    TrainedOn,
    keep_training_texts,
    overlap,
    refuse_case_texts,
    refuse_trained_cases,
)
from evals.cases.own import add_case
from evals.corpora import SAMPLE

AT = datetime(2026, 3, 4, tzinfo=UTC)
CASE, _ = parse_case({"id": "c1", "user_question": "How do I reset my password?"})
TICKET, _ = parse_case(
    {"id": "t1", "ticket_subject": "Printer", "ticket_body": "It smokes.", "user_question": "why?"}
)


async def use(store: ModelStore, name: str, version: str) -> None:
    model = StoredModel(name=name, version=version, made_at=AT, card={}, body=b"")
    await store.save("t", model)


def test_a_pair_is_named_by_the_case_and_the_text() -> None:
    (pair,) = overlap([CASE], [("line 9", "how do i reset my pasword"), ("line 10", "wifi?")])
    assert (pair.first, pair.second) == ("c1", "line 9")


def test_a_ticket_is_compared_whole_and_its_question_alone_and_its_mail_alone() -> None:
    for text in ("Printer\nIt smokes.\nwhy?", "printer, it smokes"):
        assert [pair.first for pair in overlap([TICKET], [("line 1", text)])] == ["t1"]
    long = replace(TICKET, question=replace(TICKET.question, text="Whom do I have to call now?"))
    assert overlap([long], [("line 1", "whom do i have to call now")])
    # So short a question stands under many tickets.
    assert not overlap([TICKET], [("line 1", "Why?")])


async def test_cases_that_the_model_in_use_was_trained_on_are_refused(database: Database) -> None:
    store = ModelStore(database)
    assert await refuse_trained_cases(store, "t", [CASE]) == ()
    texts = [("line 7", "How do I reset my password ?"), ("line 8", "where is the printer")]
    await keep_training_texts(store, "t", TrainedOn.TRIAGE, "v1", texts, AT)
    # Not in use yet, nor another tenant's.
    assert await refuse_trained_cases(store, "t", [CASE]) == ()
    await use(store, "triage", "v1")
    assert await refuse_trained_cases(store, "other", [CASE]) == ()
    with pytest.raises(WrongUse, match=r"the triage model was trained on: c1 and line 7; take"):
        await refuse_trained_cases(store, "t", [TICKET, CASE])
    assert await refuse_trained_cases(store, "t", [TICKET]) == ()


async def test_a_model_of_before_is_told_and_not_refused(database: Database) -> None:
    store = ModelStore(database)
    await use(store, "triage", "old")
    (note,) = await refuse_trained_cases(store, "t", [CASE])
    assert note.startswith("the triage model was made before its training texts were noted")


async def test_the_name_of_kept_texts_is_not_taken_for_a_model(database: Database) -> None:
    store = ModelStore(database)
    await keep_training_texts(store, "t", TrainedOn.TRIAGE, "v1", [("line 1", "x y z")], AT)
    assert await store.newest_version("t", "triage") is None


async def test_training_texts_that_are_saved_cases_are_refused(tmp_path: Path) -> None:
    texts = [("line 2", "how do I reset my password"), ("line 3", "something else entirely")]
    await refuse_case_texts(tmp_path, texts)
    add_case(tmp_path, {"id": "c1", "user_question": "How do I reset my password?"})
    with pytest.raises(WrongUse, match=r"saved evaluation cases: line 2 and c1 \(line 1\); take"):
        await refuse_case_texts(tmp_path, texts)
    await refuse_case_texts(tmp_path, texts[1:])


async def test_without_an_own_model_the_shipped_one_counts(database: Database) -> None:
    store = ModelStore(database)
    seed = json.loads(SEED.read_text(encoding="utf-8").splitlines()[0])
    known, _ = parse_case({"id": "c9", "user_question": seed["text"].upper()})
    with pytest.raises(WrongUse, match=r"shipped triage model was trained on: c9 and line 1 of se"):
        await refuse_trained_cases(store, "t", [known])
    await keep_training_texts(store, "t", TrainedOn.TRIAGE, "v1", [("line 1", "other text")], AT)
    await use(store, "triage", "v1")
    assert await refuse_trained_cases(store, "t", [known]) == ()


async def test_the_shipped_sample_is_not_what_the_shipped_model_was_trained_on(
    database: Database,
) -> None:
    cases = load_dataset(SAMPLE).cases
    assert await refuse_trained_cases(ModelStore(database), "t", cases) == ()
