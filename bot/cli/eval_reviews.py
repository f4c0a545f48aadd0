"""`deskhand eval cases from-reviews`: what people answered, as cases of an evaluation.

Three questions in ten are set aside by their words alone, and nothing is trained on those: only
they become cases, so that no figure measures what it was made from.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.json_lines import json_line
from engine.containment import one_line
from engine.settings import Settings
from engine.storage.case import Case, How
from engine.storage.labels import Split, split_of

if TYPE_CHECKING:
    from engine.compose import Engine


async def from_reviews(args: argparse.Namespace, settings: Settings) -> int:
    """Writes the file; a question that a model in use was trained on is refused."""
    from engine.compose import open_engine
    from evals.cases.case_line import parse_case, render_line
    from evals.cases.lines import BrokenLine, is_storable
    from evals.cases.overlap import refuse_trained_cases
    from evals.cases.own import with_id

    kept: dict[str, str] = {}
    found, set_aside = [], 0
    async with open_engine(settings) as engine:
        answered = await engine.cases.answered(settings.tenant)
        for case in answered:
            row = await _row(engine, case)
            if row is None or split_of(row["user_question"]) is not Split.HELD_OUT:
                continue
            set_aside += 1
            try:
                read, line = parse_case(with_id(row))
            except BrokenLine:
                continue
            if is_storable(row):
                found.append(read)
                kept[str(line.id)] = render_line(line)
        notes = await refuse_trained_cases(engine.models, settings.tenant, found)
    text = "".join(f"{line}\n" for line in kept.values())
    await asyncio.to_thread(Path(args.output).write_text, text, encoding="utf-8")
    if args.json:
        told = {"file": args.output, "cases": len(kept), "answered": len(answered)}
        print(json_line(told | {"notes": list(notes)}))
        return 0
    print(f"{len(kept):,} cases in {args.output}, of {len(answered):,} that people answered")
    for note in notes:
        print(f"  {one_line(note)}")
    return 0


async def _row(engine: Engine, case: Case) -> dict[str, Any] | None:
    """The case format's fields; None where nobody knows any more what was asked."""
    tenant = case.tenant
    item = await engine.inbox.get(tenant, case.question_id)
    trace = await engine.traces.get(tenant, item.trace_id) if item and item.trace_id else None
    if trace is None or not str(trace.get("question") or "").strip():
        return None
    by_draft = case.how in (How.APPROVED, How.EDITED)
    cited = [citation["document_name"] for citation in trace["citations"]] if by_draft else []
    row = {
        "user_question": trace["question"],
        "expected_answer": case.answer,
        "expected_outcome": "answered",
        "expected_docs": list(dict.fromkeys(cited)),
        "category": case.category,
        "priority": case.priority,
        "audience": trace.get("audience"),
        "kind": "reviewed",
        "note": f"answered by a person on {case.delivered_at:%Y-%m-%d}",
    }
    return {name: value for name, value in row.items() if value not in (None, "", [])}
