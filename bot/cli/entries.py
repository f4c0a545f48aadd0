"""`deskhand entries`: answers that people gave and that are used for others.

$ deskhand entries list
0190f3c2  v2  live  Rita Ray  everyone  until 2027-05-21  Where do I get a replacement badge?
"""

from __future__ import annotations

import argparse
import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.cli.json_lines import json_line
from bot.learning.entry_rights import FEWER_READERS, is_narrower
from bot.learning.keeping import DUE
from engine.compose import Engine, open_engine
from engine.containment import one_line
from engine.errors import WrongUse
from engine.settings import load_settings
from engine.storage.entry import Entry, EntryState
from engine.storage.timers import TimerStore

_LEAST_ID = 4


async def run(args: argparse.Namespace) -> int:
    """Does what the action names."""
    if args.action is None:
        raise WrongUse("say what to do: deskhand entries list|show|rollback|export; see --help")
    async with open_engine(load_settings()) as engine:
        actions = {"list": _list, "show": _show, "rollback": _roll_back, "export": _export}
        return await actions[args.action](engine, args)


async def _list(engine: Engine, args: argparse.Namespace) -> int:
    states = tuple(EntryState) if args.all else (EntryState.LIVE, EntryState.PROPOSED)
    found = await engine.entries.all(engine.settings.tenant, states)
    if args.json:
        print(json_line({"entries": [render_entry(entry) for entry in found]}))
        return 0
    if not found:
        print("no answer of a person is kept yet; they come from cases that people answer in Slack")
    for entry in found:
        until = f"until {entry.expires_at:%Y-%m-%d}" if entry.expires_at else "without end"
        print(
            f"{entry.id[:8]}  v{entry.version}  {entry.state.value:<11}  "
            f"{one_line(entry.author)[:30]}  {','.join(entry.audience)}  {until}  "
            f"{one_line(entry.question)[:90]}"
        )
    return 0


async def _show(engine: Engine, args: argparse.Namespace) -> int:
    versions = await _versions(engine, args.id)
    if args.json:
        print(json_line({"versions": [render_entry(version) for version in versions]}))
        return 0
    for entry in versions:
        ended = f", {one_line(entry.ended_why)}" if entry.ended_why else ""
        print(f"{entry.id}  version {entry.version}  {entry.state.value}{ended}")
        print(f"  asked: {one_line(entry.question)}")
        print(f"  answered by {one_line(entry.author)} on {entry.made_at:%Y-%m-%d %H:%M} UTC")
        print(f"  for {', '.join(entry.audience)}; {entry.permalink or 'no permalink'}")
        for line in entry.answer.splitlines():
            print(f"    {one_line(line)}")
    return 0


async def _roll_back(engine: Engine, args: argparse.Namespace) -> int:
    """The live version goes, and the one before comes back where it still holds."""
    tenant = engine.settings.tenant
    live = next((v for v in await _versions(engine, args.id) if v.state is EntryState.LIVE), None)
    if live is None:
        raise WrongUse("no version of it is in use; `deskhand entries show ID` lists them")
    at = engine.pipeline.clock()
    changed = await engine.entries.roll_back(
        tenant, live.id, live.version, at=at, by=None, why="rolled back on the command line"
    )
    back = changed.entry
    if back is not None and back.state is EntryState.LIVE:
        sources = await engine.documents.at(tenant, [s.document for s in back.sources])
        if any(is_narrower(back, document.audience) for document in sources.values()):
            state, why = EntryState.EXPIRED, FEWER_READERS
            changed = await engine.entries.end(
                tenant, back.id, back.version, state=state, at=at, by=None, why=why
            )
        else:  # its dates are its own, and a bot minds them
            await TimerStore(engine.database).set(tenant, DUE, back.id, at)
    await engine.index.start(engine.ingestion.index_record())
    await engine.entry_knowledge.bring(engine.ingestion, live.id)
    live_now = changed.entry
    now = live_now if live_now and live_now.state is EntryState.LIVE else None
    if args.json:
        print(json_line({"id": live.id, "ended": live.version, "live": now and now.version}))
        return 0
    print(
        f"version {live.version} is not used any more; "
        + (f"version {now.version} is again" if now else "no other version takes its place")
    )
    return 0


async def _export(engine: Engine, args: argparse.Namespace) -> int:
    found = await engine.entries.all(engine.settings.tenant, tuple(EntryState))
    lines = "".join(json.dumps(render_entry(entry), ensure_ascii=False) + "\n" for entry in found)
    await asyncio.to_thread(Path(args.output).write_text, lines, encoding="utf-8")
    if args.json:
        print(json_line({"file": args.output, "versions": len(found)}))
    else:
        print(f"{len(found):,} versions in {args.output}")
    return 0


async def _versions(engine: Engine, given: str) -> tuple[Entry, ...]:
    """All versions of the one entry whose id begins so."""
    tenant = engine.settings.tenant
    if len(given) < _LEAST_ID:
        raise WrongUse(f"give at least {_LEAST_ID} characters of an entry's id")
    every = await engine.entries.all(tenant, tuple(EntryState))
    ids = {entry.id for entry in every if entry.id.startswith(given)}
    if len(ids) != 1:
        many = "several entries begin so" if ids else "there is no such entry"
        raise WrongUse(f"{given[:40]}: {many}; `deskhand entries list --all` lists them")
    return await engine.entries.versions(tenant, ids.pop())


def render_entry(entry: Entry) -> dict[str, Any]:
    """A version as JSON."""
    return {
        "id": entry.id,
        "version": entry.version,
        "state": entry.state.value,
        "question": entry.question,
        "answer": entry.answer,
        "author": entry.author,
        "owner": entry.owner,
        "audience": list(entry.audience),
        "category": entry.category,
        "permalink": entry.permalink,
        "case_id": entry.case_id,
        "sources": [
            {"document": s.document, "content_hash": s.content_hash} for s in entry.sources
        ],
        "made_at": _moment(entry.made_at),
        "expires_at": _moment(entry.expires_at),
        "confirmed_at": _moment(entry.confirmed_at),
        "ended_at": _moment(entry.ended_at),
        "ended_by": entry.ended_by,
        "ended_why": entry.ended_why,
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
