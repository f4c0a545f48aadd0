"""Contradictory and old passages of the week, as far as their readers may read them."""

from __future__ import annotations

import os
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from bot.figures.doubts import DoubtFinder
from engine.audience import FULL_MEMBER, Audience
from engine.clock import now
from engine.compose import Engine, open_engine
from engine.settings import Settings
from engine.storage.feedback import Opinion
from engine.storage.inbox import NewQuestion, Surface
from engine.storage.schema import documents, inbox, passages, traces
from engine.storage.unanswered import UnansweredStore


async def answered_with(
    engine: Engine, ts: str, titles: list[str], *reasons: str, outcome: str = "answered"
) -> str:
    """A question whose stored answer cites the first passage of each of these documents."""
    tenant = engine.settings.tenant
    new = NewQuestion(
        team="T1",
        channel="C1",
        ts=ts,
        user="U1",
        surface=Surface.MENTION,
        text="x",
        asked_at=now(),
    )
    asked, _ = await engine.inbox.add(tenant, new, at=now())
    cited = []
    async with engine.database.write() as db:
        for title in titles:
            row = await db.execute(
                select(passages.c.id, passages.c.text)
                .join(documents, documents.c.version == passages.c.version)
                .where(documents.c.title == title)
            )
            chunk = row.first()
            assert chunk is not None
            cited.append({"chunk_id": chunk.id, "title": title, "snippet": chunk.text})
        body = {"reasons": [{"code": code, "text": ""} for code in reasons], "citations": cited}
        trace = str(uuid.uuid4())
        values: dict[str, Any] = {"id": trace, "tenant": tenant, "asked_at": now(), "body": body}
        values |= {"outcome": outcome, "confidence": 0.5, "fingerprint": "f", "total_ms": 1.0}
        await db.execute(insert(traces).values(**values))
        done = {"state": "done", "outcome": outcome, "trace_id": trace}
        await db.execute(update(inbox).where(inbox.c.id == asked.id).values(**done))
    return asked.id


async def test_passages_in_doubt_are_given_to_those_who_may_read_them(
    settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    for name, front in (("Old", ""), ("New", ""), ("Bonus", "---\naudience: [group:S0X]\n---\n")):
        (folder / f"{name}.md").write_text(f"{front}# {name}\n\nThe {name} gate opens at seven.\n")
    year_ago = (now() - timedelta(days=400)).timestamp()
    for name in ("Old", "Bonus"):
        os.utime(folder / f"{name}.md", (year_ago, year_ago))
    async with open_engine(settings) as engine:
        await engine.make_ready()
        await engine.ingestion.run(str(folder), (), lambda _: None)
        finder = DoubtFinder(
            tenant=settings.tenant,
            unanswered=UnansweredStore(engine.database),
            traces=engine.traces,
            documents=engine.documents,
        )
        assert not await finder.find(now(), FULL_MEMBER)
        await answered_with(engine, "1.0", ["Old", "New"], "conflict", outcome="escalated")
        down = await answered_with(engine, "2.0", ["Old", "New", "Bonus"])
        await answered_with(engine, "3.0", ["Old", "Bonus"])  # nobody complained
        await engine.feedback.put(settings.tenant, down, "U1", Opinion.NEGATIVE, now())
        found = await finder.find(now(), FULL_MEMBER)
        ((one, other),) = found.conflicts
        assert (one.title, other.title) == ("Old", "New")
        assert "opens at seven" in one.snippet
        assert [passage.title for passage in found.stale] == ["Old"]
        assert found.hidden == 1
        assert "Bonus" not in repr(found)
        theirs = await finder.find(now(), Audience.of(["group:S0X", "everyone", "public"]))
        assert {passage.title for passage in theirs.stale} == {"Old", "Bonus"}
        nobody = await finder.find(now(), Audience.of(["public"]))
        assert (nobody.conflicts, nobody.stale, nobody.hidden) == ((), (), 3)
        assert not await finder.find(now() + timedelta(days=8), FULL_MEMBER)
