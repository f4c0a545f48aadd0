"""`deskhand sources`: what is in the knowledge base, since when, how much; and out again.

$ deskhand sources
/srv/handbook   251 documents  1,903 passages  2026-11-22 09:14
"""

from __future__ import annotations

import argparse
import json

from engine.compose import Engine, open_engine
from engine.containment import one_line
from engine.errors import WrongUse
from engine.knowledge.entries import ANSWERS
from engine.knowledge.quarantine import Warned, parse_warnings
from engine.knowledge.source import normalise
from engine.knowledge.source_tags import SourceTags
from engine.settings import load_settings
from engine.storage.sources import Source

_WIDEST = 100
"""Characters; a longer address pushes its own line alone."""


async def run(args: argparse.Namespace) -> int:
    """Lists, or removes one."""
    async with open_engine(load_settings()) as engine:
        tenant = engine.settings.tenant
        found = await engine.sources.all(tenant)
        if args.remove is not None:
            return await _remove(engine, found, args.remove, as_json=args.json)
        failures = {s.id: await engine.sources.failures(tenant, s.id) for s in found if s.failed}
        warnings = await _warnings(engine)
        given = SourceTags(found)
    if args.json:
        rows = [
            {
                "source": s.uri,
                "audience": list(s.audience) or ([] if s.uri == ANSWERS else ["everyone"]),
                "trust": given.trust_of(s.uri, {s.id}).value,
                "documents": s.documents,
                "passages": s.passages,
                "failed": [
                    {"document_name": f.name, "reason": f.reason} for f in failures.get(s.id, [])
                ],
                "warnings": [
                    {"document_name": w.name, "kind": w.kind.value, "reason": w.reason}
                    for w in warnings.get(s.id, [])
                ],
                "added_at": s.added_at.isoformat(),
                "ingested_at": s.ingested_at.isoformat() if s.ingested_at else None,
            }
            for s in found
        ]
        print(json.dumps({"sources": rows}, ensure_ascii=False))
        return 0
    if not found:
        print("nothing ingested yet; try: deskhand ingest FOLDER")
    width = min(max((len(one_line(s.uri)) for s in found), default=0), _WIDEST)
    for s in found:
        when = f"{s.ingested_at:%Y-%m-%d %H:%M} UTC" if s.ingested_at else "not finished"
        tags = ", ".join(s.audience) or ("each its readers" if s.uri == ANSWERS else "everyone")
        failed = f"  {s.failed:,} failed" if s.failed else ""
        warned = len({w.uri for w in warnings.get(s.id, [])})
        failed += f"  {warned:,} with warnings" if warned else ""
        print(
            f"{one_line(s.uri):<{width}}  {s.documents:>6,} documents  {s.passages:>8,} passages  "
            f"{when}  {given.trust_of(s.uri, {s.id})}  for {tags}{failed}"
        )
        if args.failed:
            for failure in failures.get(s.id, []):
                print(f"  failed: {one_line(failure.reason)}")
        if args.warnings:
            for warning in warnings.get(s.id, []):
                print(f"  warning: {one_line(warning.reason)}")
    return 0


async def _warnings(engine: Engine) -> dict[str, list[Warned]]:
    """By source."""
    found: dict[str, list[Warned]] = {}
    for document in await engine.notes.warned(engine.settings.tenant):
        said = parse_warnings(document.uri, document.name, document.warnings)
        found.setdefault(document.source_id, []).extend(said)
    return found


async def _remove(engine: Engine, found: list[Source], name: str, *, as_json: bool) -> int:
    uri = normalise(name)
    source = next((s for s in found if uri == s.uri or name == s.uri), None)
    if source is None:
        raise WrongUse(f"{name} was not ingested; `deskhand sources` lists what was")
    if source.uri == ANSWERS:
        raise WrongUse(
            "answers that people gave are withdrawn one by one; see `deskhand entries list`"
        )
    done = await engine.ingestion.forget(source.id)
    if as_json:
        print(json.dumps({"removed": done.removed, "kept": done.kept, "source": source.uri}))
    else:
        kept = f"; {done.kept:,} stay, which other sources hold" if done.kept else ""
        print(f"removed {done.removed:,} documents of {one_line(source.uri)}{kept}")
    return 0
