"""Whom documents are for when sources lie in each other, change their tags, or are forgotten."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from engine.audience import FULL_MEMBER, Audience
from engine.compose import Engine, Overrides, open_engine
from engine.errors import IndexUnavailable
from engine.knowledge.forgetting import Forgotten
from engine.knowledge.progress import Summary
from engine.question import Budget, Question
from engine.retrieval.embedder import Embedder
from engine.settings import Settings
from engine.storage.schema import corpus_sizes, documents, term_counts

LEADS = "group:S0LEADS"
HR = "group:S0HR"
AS_LEAD = Audience.of([LEADS])


@pytest.fixture
async def engine(home_with_tables: Settings, model: Embedder) -> AsyncIterator[Engine]:
    async with open_engine(home_with_tables, Overrides(embedder=model)) as made:
        yield made


@pytest.fixture
def hb(tmp_path: Path) -> Path:
    """A handbook of two pages."""
    folder = tmp_path / "hb"
    folder.mkdir()
    (folder / "salaries.md").write_text("# Salaries\n\nThe top salary is 90,000 euros.\n")
    (folder / "lunch.md").write_text("# Lunch\n\nLunch is served at noon.\n")
    return folder


async def ingest(engine: Engine, source: Path | str, *audience: str) -> Summary:
    return await engine.ingestion.run(str(source), audience, lambda _: None)


async def ingest_all(engine: Engine) -> None:
    """As `deskhand ingest` does, without a source."""
    for source in await engine.sources.all("default"):
        await ingest(engine, source.uri)


async def forget(engine: Engine, source: Path) -> Forgotten:
    (found,) = [s for s in await engine.sources.all("default") if s.uri == str(source)]
    return await engine.ingestion.forget(found.id)


async def audiences(engine: Engine) -> dict[str, list[str]]:
    """Tags of each live document by the last part of its uri."""
    async with engine.database.read() as db:
        read = await db.execute(select(documents.c.uri, documents.c.audience))
        return {uri.rpartition("/")[2]: tags for uri, tags in read}


async def quoted(engine: Engine, audience: Audience = FULL_MEMBER) -> str:
    """What the draft about the top salary says."""
    trace = await engine.pipeline.run(
        Question(id="1", text="how high is the top salary?"),
        tenant="default",
        audience=audience,
        budget=Budget(max_cost_usd=0),
    )
    return trace.draft_reply


async def readers_counted(engine: Engine) -> set[str]:
    """The exact audiences of which terms and sizes are counted."""
    async with engine.database.read() as db:
        terms = set((await db.execute(select(term_counts.c.readers))).scalars())
        sizes = set((await db.execute(select(corpus_sizes.c.readers))).scalars())
    assert terms == sizes
    return sizes


async def test_a_part_of_a_restricted_source_keeps_its_tags(engine: Engine, hb: Path) -> None:
    (hb / "faq.jsonl").write_text(json.dumps({"_id": "r1", "text": "The bonus is high."}))
    await ingest(engine, hb, LEADS)
    restricted = {name: [LEADS] for name in ("salaries.md", "lunch.md", "faq.jsonl#r1")}
    for part in ("salaries.md", "*.md", "faq.jsonl", "."):
        await ingest(engine, hb / part)
        assert await audiences(engine) == restricted, part
    await ingest_all(engine)
    assert await audiences(engine) == restricted
    await ingest(engine, hb / "lunch.md", "everyone")
    assert await audiences(engine) == restricted | {"lunch.md": ["everyone"]}


@pytest.mark.slow
@pytest.mark.parametrize("narrow_first", [True, False])
async def test_the_narrower_sources_own_tags_hold_in_any_order(
    engine: Engine, hb: Path, *, narrow_first: bool
) -> None:
    steps = [(hb / "salaries.md", (LEADS,)), (hb, ())]
    for source, tags in steps if narrow_first else reversed(steps):
        await ingest(engine, source, *tags)
    expected = {"salaries.md": [LEADS], "lunch.md": ["everyone"]}
    assert await audiences(engine) == expected
    await ingest_all(engine)
    assert await audiences(engine) == expected
    await ingest(engine, hb, HR)
    assert await audiences(engine) == {"salaries.md": [LEADS], "lunch.md": [HR]}


async def test_a_source_without_tags_opens_nothing_that_lies_around_it(
    engine: Engine, hb: Path
) -> None:
    await ingest(engine, hb / "salaries.md")
    await ingest(engine, hb, LEADS)
    await ingest_all(engine)
    assert await audiences(engine) == {name: [LEADS] for name in ("salaries.md", "lunch.md")}


@pytest.mark.slow
@pytest.mark.parametrize("failure", ["broken", "a row broken", "folder not listed"])
async def test_tightening_reaches_documents_that_cannot_be_read_in_that_run(
    engine: Engine, hb: Path, failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay = hb / "sub" / "faq.jsonl"
    pay.parent.mkdir()
    rows = [{"_id": f"r{n}", "text": f"The top salary of {n} is 80,000 euros."} for n in (1, 2)]
    pay.write_text("\n".join(map(json.dumps, rows)))
    await ingest(engine, hb)
    before = await engine.documents.revision("default")
    name = "faq.jsonl#r1"
    if failure == "broken":
        name = "salaries.md"
        (hb / name).write_bytes(b"\x00\x01\x02\xff" * 500)
    elif failure == "a row broken":
        pay.write_text(f'{json.dumps(rows[1])}\n{{"_id": "r1", "te')
    else:
        import os

        scandir = os.scandir

        def refusing(path: str) -> object:
            if str(path).endswith("sub"):
                raise PermissionError(13, "Permission denied", str(path))
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refusing)  # root may open every folder
    assert len((await ingest(engine, hb, LEADS)).failed) == 1
    assert (await audiences(engine))[name] == [LEADS]
    assert await engine.documents.revision("default") > before
    assert await readers_counted(engine) == {LEADS}
    assert await quoted(engine) == ""
    assert "euros" in await quoted(engine, AS_LEAD)  # the index knows its new readers
    await ingest(engine, hb, HR)  # nobody is meant by both
    assert name not in await audiences(engine)


async def test_what_a_document_says_of_its_readers_outlives_its_sources_tags(
    engine: Engine, hb: Path
) -> None:
    page = hb / "salaries.md"
    page.write_text(f"---\naudience: [{HR}]\n---\n\n# Salaries\n\nThe top salary is high.\n")
    await ingest(engine, hb)
    page.write_bytes(b"\x00\x01\x02\xff" * 500)
    await ingest(engine, hb, LEADS)
    assert await audiences(engine) == {"salaries.md": [HR], "lunch.md": [LEADS]}


@pytest.mark.slow
async def test_a_run_that_ends_early_leaves_nothing_open(
    engine: Engine, hb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ingest(engine, hb)

    async def fails(*_: object) -> None:
        raise IndexUnavailable("the index is away")

    with monkeypatch.context() as patched:
        patched.setattr(engine.index, "upsert", fails)
        with pytest.raises(IndexUnavailable):
            await ingest(engine, hb, LEADS)
    assert await audiences(engine) == {name: [LEADS] for name in ("salaries.md", "lunch.md")}
    assert await quoted(engine) == ""
    await ingest(engine, hb, "everyone")
    assert "90,000" in await quoted(engine)


async def test_a_document_that_became_empty_is_quoted_no_more(engine: Engine, hb: Path) -> None:
    corpus = hb / "faq.jsonl"
    rows = [{"_id": f"r{n}", "text": f"The top salary in {n} is {n}."} for n in (2024, 2025)]
    corpus.write_text("\n".join(map(json.dumps, rows)))
    (hb / "page.html").write_text("<p>The top salary is a secret.</p>")
    await ingest(engine, hb)
    corpus.write_text("\n".join(map(json.dumps, [rows[0] | {"text": " "}, rows[1]])))
    (hb / "salaries.md").write_text("")
    (hb / "page.html").write_text("<p> </p>")
    summary = await ingest(engine, hb)
    assert {f.name for f in summary.failed} == {"faq.jsonl:1", "salaries.md", "page.html"}
    assert (summary.removed, summary.unchanged) == (3, 2)
    assert set(await audiences(engine)) == {"lunch.md", "faq.jsonl#r2025"}
    assert "90,000" not in await quoted(engine)


@pytest.mark.slow
async def test_forgetting_hands_over_what_another_source_holds(engine: Engine, hb: Path) -> None:
    hidden = hb / ".drafts" / "idea.md"
    hidden.parent.mkdir()
    hidden.write_text("# Idea\n\nAn idea.\n")
    for source in (hb, hb / "salaries.md", hidden, hb / "lunch.md"):
        await ingest(engine, source)
    assert await forget(engine, hb / "salaries.md") == Forgotten(removed=0, kept=1)
    assert await forget(engine, hidden) == Forgotten(removed=1, kept=0)  # no folder lists it
    (hb / "lunch.md").unlink()
    assert await forget(engine, hb / "lunch.md") == Forgotten(removed=1, kept=0)
    assert await audiences(engine) == {"salaries.md": ["everyone"]}
    summary = await ingest(engine, hb)
    assert (summary.unchanged, summary.added, summary.removed) == (1, 0, 0)
    assert await forget(engine, hb) == Forgotten(removed=1, kept=0)
    assert await engine.index.count("default") == 0


@pytest.mark.slow
async def test_forgetting_a_restricted_source_opens_nothing_inside_it(
    engine: Engine, hb: Path
) -> None:
    await ingest(engine, hb, LEADS)
    await ingest(engine, hb / "salaries.md")
    assert await forget(engine, hb) == Forgotten(removed=1, kept=1)
    await ingest_all(engine)
    assert await audiences(engine) == {"salaries.md": [LEADS]}


@pytest.mark.slow
async def test_forgetting_an_open_source_leaves_its_documents_to_the_readers_around_it(
    engine: Engine, hb: Path
) -> None:
    await ingest(engine, hb, LEADS)
    await ingest(engine, hb / "salaries.md", "everyone")
    assert "90,000" in await quoted(engine)
    assert await forget(engine, hb / "salaries.md") == Forgotten(removed=0, kept=1)
    assert await quoted(engine) == ""
    assert await readers_counted(engine) == {LEADS}


@pytest.mark.slow
async def test_a_source_whose_path_is_no_text_is_read_again_with_its_tags(
    engine: Engine, tmp_path: Path
) -> None:
    folder = tmp_path / b"caf\xe9".decode("utf-8", "surrogateescape")
    folder.mkdir()
    (folder / "a.md").write_text("# A\n\nThe top salary is 90,000 euros.\n")
    await ingest(engine, folder, LEADS)
    await ingest(engine, folder)
    await ingest(engine, folder / "a.md")
    await ingest_all(engine)
    assert list((await audiences(engine)).values()) == [[LEADS]]
    assert [s.uri for s in await engine.sources.all("default")] == [
        f"file://{tmp_path}/caf%E9",
        f"file://{tmp_path}/caf%E9/a.md",
    ]
