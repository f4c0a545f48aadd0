"""`deskhand move`: from SQLite and the embedded index to servers, in one command that goes on.

$ deskhand move --to-database postgresql://deskhand@db/deskhand --to-qdrant https://qdrant:6333
9,412 rows and 1,903 passages moved, 12 of 12 sample questions are answered the same
now set DATABASE_URL and QDRANT_URL, and start the bot; the old home is as it was
"""

from __future__ import annotations

import argparse
from typing import Any

from pydantic import SecretStr, ValidationError

from bot.cli.auditing import write_deed
from bot.cli.json_lines import json_line
from bot.cli.moving_progress import shown_progress
from engine.backup.moving import move
from engine.errors import WrongUse
from engine.settings import DatabaseSettings, QdrantSettings, Settings, load_settings
from engine.storage.audit import Outcome
from engine.storage.database import database_url


async def run(args: argparse.Namespace) -> int:
    """Moves; a run that was cut off is gone on with."""
    settings = load_settings()
    target = _target(settings, args)
    with shown_progress("moving") as watch:
        done = await move(settings, target, replace=args.replace, watch=watch)
    await write_deed("deskhand move", "to servers", target, Outcome.ACCEPTED)
    rows = sum(done.rows.values())
    if args.json:
        told = {"rows": rows, "resumed": done.resumed, "points": done.points}
        print(json_line(told | {"questions": done.compared.questions, "same": done.compared.same}))
        return 0
    went_on = f" ({done.resumed:,} were there already)" if done.resumed else ""
    print(
        f"{rows:,} rows{went_on} and {done.points:,} passages moved, {done.compared.same} of "
        f"{done.compared.questions} sample questions are answered the same"
    )
    names = {"DATABASE_URL": args.to_database, "QDRANT_URL": args.to_qdrant}
    wanted = " and ".join(name for name, given in names.items() if given)
    print(f"now set {wanted}, and start the bot; the old home is as it was")
    return 0


def _target(settings: Settings, args: argparse.Namespace) -> Settings:
    if not (args.to_database or args.to_qdrant):
        raise WrongUse("name --to-database, --to-qdrant or both")
    changed: dict[str, Any] = {}
    if args.to_database:
        database = settings.database.model_dump() | {"url": SecretStr(args.to_database)}
        changed["database"] = DatabaseSettings.model_validate(database)
        if database_url(args.to_database, settings.home).get_backend_name() == "sqlite":
            raise WrongUse("--to-database names a file; use postgresql://USER@HOST/NAME")
    if args.to_qdrant:
        if settings.qdrant.url:
            raise WrongUse(
                "QDRANT_URL is set already; to another server go by `deskhand ingest` there, which "
                "builds its index from the database"
            )
        try:
            qdrant = settings.qdrant.model_dump() | {"url": args.to_qdrant}
            changed["qdrant"] = QdrantSettings.model_validate(qdrant)
        except ValidationError:
            raise WrongUse(
                "--to-qdrant is no http:// or https:// address without credentials"
            ) from None
    return settings.model_copy(update=changed)
