"""Channels among the sources: listed and removed by commands, read by the bot alone."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from bot.shared_files.listing import listing_of
from bot.shared_files.shared_file import SharedFile, parse_file
from engine.compose import open_engine
from engine.knowledge.own_audience import OwnAudience
from engine.settings import load_settings

pytestmark = pytest.mark.slow  # every test starts the command


async def lift(_: SharedFile) -> bytes:
    return b"# Lift\n\nThe lift stops at 10 pm.\n"


def share(deskhand: Any) -> None:
    """A channel C1 with one file, as the bot leaves it."""

    async def shared() -> None:
        settings = load_settings({"DESKHAND_HOME": str(deskhand.home)})
        async with open_engine(settings) as engine:
            file = parse_file({"id": "F1", "name": "lift.md", "mode": "snippet", "size": 40})
            assert file is not None
            listing = listing_of("C1", [file], download=lift, max_bytes=1000)
            ingestion = replace(engine.ingestion, own_audience=OwnAudience.NARROWS)
            await ingestion.run_listed(listing, ("channel:C1",), lambda _: None)

    asyncio.run(shared())


def sources(deskhand: Any) -> dict[str, tuple[int, list[str]]]:
    rows = deskhand.json("sources")["sources"]
    return {row["source"]: (row["documents"], row["audience"]) for row in rows}


def test_a_channel_is_listed_and_removed_and_is_no_business_of_ingest(
    deskhand: Any, refused: Any
) -> None:
    docs = deskhand.folder / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# A\n\nThe gate opens at seven.\n")
    deskhand.json("ingest", "docs")
    share(deskhand)
    assert sources(deskhand)["slack:C1"] == (1, ["channel:C1"])
    assert deskhand.json("ingest")["unchanged"] == 1
    assert deskhand.json("ingest", "--rebuild")["added"] == 1
    assert sources(deskhand) == {str(docs): (1, ["everyone"]), "slack:C1": (1, ["channel:C1"])}
    refused(deskhand.run("ingest", "slack:C1"), 2, "slack:C1", "KNOWLEDGE_CHANNELS")
    assert deskhand.json("sources", "--remove", "slack:C1")["removed"] == 1
    assert "slack:C1" not in sources(deskhand)


def test_a_rebuild_for_another_embedder_leaves_channels_to_the_next_run(deskhand: Any) -> None:
    docs = deskhand.folder / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# A\n\nThe gate opens at seven.\n")
    deskhand.json("ingest", "docs")
    share(deskhand)
    (record,) = deskhand.home.rglob("record.json")
    record.write_text(json.dumps(json.loads(record.read_text()) | {"embedder_version": "old"}))
    done = deskhand.run("ingest", "--rebuild")
    assert done.returncode == 0, done.stderr
    assert "read again by the next `deskhand run`" in done.stderr
    assert list(sources(deskhand)) == [str(docs)]
    assert deskhand.json("ask", "when does the gate open?")["retrieved"]
