"""`deskhand forget`: a person, a question or a source, out of all that is stored, with proof.

$ deskhand forget U0123ABC
removed or emptied: 12 inbox, 12 traces, 1 entries
searched 43 tables for the id and 25 texts: nothing is left
"""

from __future__ import annotations

import argparse
import re

from bot.cli.json_lines import json_line
from engine.compose import Engine, open_engine
from engine.containment import one_line
from engine.errors import WrongUse
from engine.knowledge.entries import ANSWERS
from engine.knowledge.source import normalise
from engine.privacy.forgetting import QUESTION, SOURCE, USER, Forgetting
from engine.privacy.proof import Proof
from engine.settings import load_settings
from engine.storage.questions_named import question_named
from engine.storage.sources import Source
from evals.forgetting import forget_in_files

PERSON = re.compile(r"[UW][A-Z0-9]{5,30}")


async def run(args: argparse.Namespace) -> int:
    """Forgets; 1 where the search finds something left."""
    async with open_engine(load_settings()) as engine:
        kind, subject, shown = await _meant(engine, args.what)
        forgetting = forgetting_of(engine)
        if args.dry_run:
            return await _count(forgetting, kind, subject, shown, as_json=args.json)
        proof = await forgetting.forget(kind, subject, shown)
    args.audited = f"{shown[:60]} proof {proof.digest}"
    if args.json:
        print(json_line(proof.rendered() | {"digest": proof.digest}))
    else:
        _print(proof)
    return 1 if proof.left else 0


def forgetting_of(engine: Engine) -> Forgetting:
    """The parts of an engine that forgetting needs."""
    return Forgetting(
        tenant=engine.settings.tenant,
        database=engine.database,
        inbox=engine.inbox,
        audit=engine.audit,
        ingestion=engine.ingestion,
        knowledge=engine.entry_knowledge,
        files=lambda sought: forget_in_files(engine.settings.home, sought),
        forget_vectors=engine.forget_vectors,
        clock=engine.pipeline.clock,
    )


async def _meant(engine: Engine, what: str) -> tuple[str, str, str]:
    """Which kind it is, its id, and how it is named."""
    tenant = engine.settings.tenant
    source = _source(await engine.sources.all(tenant), what)
    if source is not None:
        return SOURCE, source.id, source.uri
    if PERSON.fullmatch(what):
        return USER, what, what
    question = await question_named(engine.database, tenant, what)
    if question is not None:
        return QUESTION, question, question
    raise WrongUse(
        f"{what[:200]} is no person, question or source that is known here; give a Slack id such "
        "as U0123ABC, a question's id or permalink, or a source as `deskhand sources` lists it"
    )


def _source(found: list[Source], name: str) -> Source | None:
    uri = normalise(name)
    source = next((s for s in found if name == s.uri or uri == s.uri), None)
    if source is not None and source.uri == ANSWERS:
        raise WrongUse("answers of people are forgotten with their author or their question")
    return source


async def _count(
    forgetting: Forgetting, kind: str, subject: str, shown: str, *, as_json: bool
) -> int:
    found = await forgetting.belongings(kind, subject)
    counts = {
        "questions": len(found.questions),
        "cases": len(found.cases),
        "traces": len(found.traces),
        "entries": len(found.entries),
        "texts": len(found.texts),
    }
    if as_json:
        print(json_line({"kind": kind, "subject": shown, "dry_run": True} | counts))
    else:
        said = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        print(f"{kind} {one_line(shown)}: {said}; nothing was removed")
    return 0


def _print(proof: Proof) -> None:
    changed = ", ".join(f"{count:,} {name}" for name, count in sorted(proof.changed.items()))
    print(f"removed or emptied: {changed or 'nothing, as nothing was there'}")
    named = "the id and " if proof.kind == USER else ""
    left = f"{'; '.join(proof.left)} are left" if proof.left else "nothing is left"
    print(
        f"searched {proof.tables} tables, {proof.columns} columns, {proof.rows:,} rows, for "
        f"{named}{proof.texts:,} texts: {left}"
    )
    for sentence in proof.stays:
        print(f"  {sentence}")
    print(f"proof {proof.digest}")
