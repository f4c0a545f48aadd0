"""Entries as documents: found at once, kept through ingestions, gone at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.audience import FULL_MEMBER, Audience
from engine.compose import Engine, open_engine
from engine.knowledge.answer_text import answer_passage
from engine.knowledge.entries import ANSWERS
from engine.knowledge.rebuild import rebuilding
from engine.question import Budget, Question
from engine.settings import load_settings
from engine.storage.entry import Entry, EntryState, NewEntry
from engine.storage.staged_knowledge import StagedKnowledge
from engine.trace import Outcome, Trace

pytestmark = pytest.mark.slow

ASKED = "Where do I get a replacement badge when I have lost mine?"
NEW = NewEntry(
    question=ASKED,
    answer="Go to the *security desk*, floor 2.\nBring:\n• a photo id\n• 10 euros\n\n"
    "```\nbadge --void 17\n```\nNever use the old badge again. "
    "See <https://evil.example|here>. @channel",
    author="Rita Ray",
    owner="U1",
    audience=("everyone",),
    permalink="https://acme.slack.com/archives/C1/p1",
)


def _unwatched(_: object) -> None:
    return None


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "leave.md").write_text("# Leave\n\nParental leave is 16 weeks for every parent.\n")
    settings = load_settings({"DESKHAND_HOME": str(tmp_path / "home")}, working_directory=tmp_path)
    async with open_engine(settings) as opened:
        await opened.make_ready()
        await opened.ingestion.run(str(docs), (), _unwatched)
        yield opened


async def ask(engine: Engine, text: str, audience: Audience = FULL_MEMBER) -> Trace:
    return await engine.pipeline.run(
        Question(id="1", text=text),
        tenant=engine.settings.tenant,
        audience=audience,
        budget=Budget(max_cost_usd=0),
    )


async def publish(engine: Engine, new: NewEntry = NEW) -> Entry:
    tenant = engine.settings.tenant
    made = (await engine.entries.publish(tenant, new, at=datetime.now(UTC), by="U1")).entry
    assert made is not None
    await engine.entry_knowledge.bring(engine.ingestion, made.id)
    return made


async def test_an_entry_is_quoted_whole_and_contained(engine: Engine) -> None:
    await publish(engine)
    answer = await ask(engine, ASKED.upper())
    assert answer.outcome is Outcome.ANSWERED
    for said in ("security desk", "a photo id", "10 euros", "badge --void 17", "Never use the old"):
        assert said in answer.reply
    assert "<" not in answer.reply
    assert "@channel" not in answer.reply
    assert {c.title for c in answer.citations} == {answer.citations[0].title}
    assert answer.citations[0].title.startswith("Answered by Rita Ray on ")
    assert answer.citations[0].url == NEW.permalink
    assert answer.confidence > 0.9


@pytest.mark.parametrize(
    "other",
    [
        "Where do I get a replacement laptop when I have lost mine?",
        "Where do I get a replacement badge for a visitor?",
        "What does the photo id cost?",
    ],
)
async def test_a_question_that_is_only_near_is_not_answered_by_it(
    engine: Engine, other: str
) -> None:
    await publish(engine)
    answer = await ask(engine, other)
    assert not any("Answered by" in c.title for c in answer.citations)
    assert answer.outcome is not Outcome.ANSWERED


async def test_only_its_readers_find_it(engine: Engine) -> None:
    await publish(engine, replace(NEW, audience=("channel:C7",)))
    assert (await ask(engine, ASKED)).outcome is not Outcome.ANSWERED
    here = Audience(frozenset({"channel:C7", "public"}))
    assert (await ask(engine, ASKED, here)).outcome is Outcome.ANSWERED


async def test_a_version_that_ended_is_gone_at_once_and_the_fingerprint_says_so(
    engine: Engine,
) -> None:
    tenant = engine.settings.tenant
    before = await engine.pipeline.fingerprint_of(tenant)
    made = await publish(engine)
    with_it = await engine.pipeline.fingerprint_of(tenant)
    assert (await ask(engine, ASKED)).outcome is Outcome.ANSWERED
    await engine.entries.roll_back(tenant, made.id, 1, at=datetime.now(UTC), by="U1", why="undone")
    await engine.entry_knowledge.bring(engine.ingestion, made.id)
    assert (await ask(engine, ASKED)).outcome is not Outcome.ANSWERED
    assert len({before, with_it}) == 2
    assert await engine.pipeline.fingerprint_of(tenant) == before


async def test_what_a_crash_left_undone_is_done_on_start(engine: Engine) -> None:
    tenant, at = engine.settings.tenant, datetime.now(UTC)
    gone = await publish(engine, replace(NEW, question="What is the colour of the parking card?"))
    await engine.entries.end(
        tenant, gone.id, 1, state=EntryState.EXPIRED, at=at, by=None, why="old"
    )
    await engine.entries.publish(tenant, NEW, at=at, by="U1")
    soon = replace(NEW, question="Who waters the plants in the hall?", expires_at=at)
    await engine.entries.publish(tenant, soon, at=at - timedelta(days=9), by="U1")
    await engine.make_ready()
    known = await engine.documents.known_in(tenant, ANSWERS)
    assert len(known) == 1
    assert (await ask(engine, ASKED)).outcome is Outcome.ANSWERED
    assert await engine.entry_knowledge.bring_all(engine.ingestion) == 0


async def test_ingestion_and_rebuild_keep_entries(engine: Engine, tmp_path: Path) -> None:
    await publish(engine)
    docs = tmp_path / "docs"
    (docs / "leave.md").unlink()
    (docs / "wifi.md").write_text("# Wifi\n\nThe guest wifi is called DeskNet.\n")
    await engine.ingestion.run(str(docs), (), _unwatched)
    assert (await ask(engine, ASKED)).outcome is Outcome.ANSWERED
    async with rebuilding(engine.ingestion, StagedKnowledge(engine.database)) as staging:
        await staging.run(str(docs), (), _unwatched)
        await engine.entry_knowledge.bring_all(staging)
    assert (await ask(engine, ASKED)).outcome is Outcome.ANSWERED
    sources = {s.uri: s.documents for s in await engine.sources.all(engine.settings.tenant)}
    assert sources == {str(docs): 1, ANSWERS: 1}


def test_a_passage_holds_every_line_of_an_answer() -> None:
    passage = answer_passage(
        "How?\nNow?", "First. Then:\n1. one\n2) two\n\n```a = 1```\nEnd", count_tokens=lambda t: [1]
    )
    spans = [(s.kind.value, passage.text[s.start : s.end]) for s in passage.sentences]
    assert spans == [
        ("heading", "How? Now?"),
        ("prose", "First."),
        ("prose", "Then:"),
        ("step", "one"),
        ("step", "two"),
        ("code", "a = 1"),
        ("prose", "End"),
    ]
