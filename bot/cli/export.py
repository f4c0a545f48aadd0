"""`deskhand export`: what is stored about a person, as JSON, for them to have.

$ deskhand export U0123ABC --output person.json
34 rows of 9 tables in person.json
"""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from bot.cli.forget import PERSON, forgetting_of
from bot.cli.json_lines import json_line, open_output
from engine.compose import open_engine
from engine.errors import WrongUse
from engine.privacy.forgetting import USER
from engine.privacy.sought import Sought
from engine.settings import load_settings
from engine.storage.personal_rows import personal_rows
from evals.forgetting import cases_of


async def run(args: argparse.Namespace) -> int:
    """Writes them; somebody of whom nothing is stored gets an empty file."""
    if not PERSON.fullmatch(args.what):
        raise WrongUse(f"{args.what[:60]} is no Slack id of a person, such as U0123ABC")
    tables: dict[str, list[Any]] = {}
    async with open_engine(load_settings()) as engine:
        forgetting, settings = forgetting_of(engine), engine.settings
        found = await forgetting.belongings(USER, args.what)
        sought = Sought.of(args.what, args.what, found.texts, found.others)
        async for table, row in personal_rows(engine.database, settings.tenant, found, sought):
            tables.setdefault(table, []).append(row)
        saved = await asyncio.to_thread(cases_of, settings.home, sought)
        at = engine.pipeline.clock().isoformat()
    stored = {"user": args.what, "at": at, "tables": tables, "saved_cases": saved}
    if args.output is None:
        print(json_line(stored))
        return 0
    with open_output(args.output) as sink:
        json.dump(stored, sink, ensure_ascii=False, indent=1)
        sink.write("\n")
    rows = sum(map(len, tables.values()))
    if args.json:
        print(json_line({"file": args.output, "tables": len(tables), "rows": rows}))
    else:
        print(f"{rows:,} rows of {len(tables):,} tables in {args.output}")
    return 0
