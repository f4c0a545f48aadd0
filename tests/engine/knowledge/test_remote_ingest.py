from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from engine.compose import Engine, open_engine
from engine.errors import SourceUnreadable
from engine.knowledge.ingest import Summary
from engine.settings import Settings
from engine.storage.schema import documents, failures, sources

SECRET = "hunter2-topsecret"
PAGE = "<html><body><h1>Page {0}</h1><p>The desk of {0} is on floor 3.</p></body></html>"


@pytest.fixture
async def engine(home_with_tables: Settings) -> AsyncIterator[Engine]:
    async with open_engine(home_with_tables) as made:
        yield made


async def ingest(engine: Engine, source: str, *audience: str) -> Summary:
    return await engine.ingestion.run(source, audience, lambda _: None)


async def paths(engine: Engine, site: Any) -> list[str]:
    known = await engine.documents.known(engine.settings.tenant)
    return sorted(uri.removeprefix(site.url) for uri in known)


def fill(site: Any, *names: str) -> None:
    for name in names:
        site.pages[name] = PAGE.format(name)


async def test_a_site_leaves_pages_of_other_sources_below_its_address_alone(
    engine: Engine, site: Any
) -> None:
    fill(site, "/docs", "/docs/a.html", "/docs/b.html")
    await ingest(engine, f"{site.url}/docs/b.html", "group:SLEADS")
    site.pages["/sitemap.xml"] = site.sitemap("/docs/a.html")
    assert (await ingest(engine, f"{site.url}/docs")).removed == 0
    assert await paths(engine, site) == ["/docs/a.html", "/docs/b.html"]


async def test_a_page_that_its_sitemap_no_longer_names_is_removed(
    engine: Engine, site: Any
) -> None:
    fill(site, "/", "/a", "/b")
    site.pages["/sitemap.xml"] = site.sitemap("/a", "/b")
    await ingest(engine, site.url)
    site.pages["/sitemap.xml"] = site.sitemap("/b")
    assert (await ingest(engine, site.url)).removed == 1
    assert await paths(engine, site) == ["/b"]


@pytest.mark.slow
@pytest.mark.parametrize("answer", [404, 403, "<html>Sign in</html>"])
async def test_a_sitemap_that_is_missing_for_once_removes_no_page(
    engine: Engine, site: Any, answer: str | int
) -> None:
    fill(site, "/", "/a", "/b")
    site.pages["/sitemap.xml"] = site.sitemap("/a", "/b")
    await ingest(engine, site.url)
    site.pages["/sitemap.xml"] = answer
    with pytest.raises(SourceUnreadable, match="shows none now"):
        await ingest(engine, site.url)
    assert await paths(engine, site) == ["/a", "/b"]


@pytest.mark.slow
@pytest.mark.parametrize("answer", [404, 503, b"\x1f\x8bbroken"])
async def test_a_part_of_a_sitemap_that_is_missing_for_once_removes_no_page(
    engine: Engine, site: Any, answer: bytes | int
) -> None:
    fill(site, "/a", "/b")
    site.pages["/sitemap.xml"] = site.sitemap("/1.xml", "/2.xml", kind="sitemap")
    site.pages["/1.xml"], site.pages["/2.xml"] = site.sitemap("/a"), site.sitemap("/b")
    assert (await ingest(engine, site.url)).added == 2
    site.pages["/2.xml"] = answer
    summary = await ingest(engine, site.url)
    assert (summary.removed, len(summary.failed)) == (0, 1)
    assert await paths(engine, site) == ["/a", "/b"]


async def test_rows_of_a_corpus_on_a_site_keep_their_readers(engine: Engine, site: Any) -> None:
    row = {"_id": "pay", "text": "Leads earn 20 percent more.", "audience": ["group:SLEADS"]}
    site.pages["/faq.jsonl"] = json.dumps(row)
    assert (await ingest(engine, f"{site.url}/faq.jsonl")).added == 1
    async with engine.database.read() as db:
        (stored,) = (await db.execute(select(documents.c.name, documents.c.audience))).all()
    assert tuple(stored) == ("pay", ["group:SLEADS"])


async def test_a_secret_of_an_address_is_stored_nowhere(engine: Engine, site: Any) -> None:
    site.pages[f"/one.html?X-Amz-Signature={SECRET}"] = PAGE.format("one")
    site.pages["/bad.html"] = ""
    assert (await ingest(engine, f"{site.url}/one.html?X-Amz-Signature={SECRET}")).added == 1
    assert len((await ingest(engine, f"{site.url}/bad.html?token={SECRET}")).failed) == 1
    async with engine.database.read() as db:
        kept = [(await db.execute(select(table))).all() for table in (documents, failures, sources)]
    assert all(kept)
    assert SECRET not in repr(kept)
    with pytest.raises(SourceUnreadable, match="again in full"):
        await ingest(engine, f"{site.url}/one.html")
