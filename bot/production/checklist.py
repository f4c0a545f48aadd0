"""The rows of `deskhand doctor --production` and `--smoke`, put together."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from bot.cli.auditing import NOT_KEPT
from bot.diagnosis import Finding, diagnose, fail
from bot.production.limits import LimitsCheck
from bot.production.secrets import SecretsCheck
from bot.production.service import ServiceCheck
from bot.production.smoke import smoke_checks
from bot.state_check import existing_database
from engine.containment import one_line
from engine.errors import DeskhandError
from engine.settings import Settings, setting_names
from engine.settings_sources import read_sources
from engine.storage.archiving import Archiving, archiving_of
from engine.storage.audit import AuditStore
from engine.storage.evaluation_schedules import EvaluationSchedules


async def production_rows(settings: Settings) -> list[tuple[str, Finding]]:
    """Whether this installation is fit for a company, beside what any bot needs."""

    async def archiving() -> Archiving | None:
        if settings.database.url is None:
            return None
        async with AsyncExitStack() as stack:
            return await archiving_of(await existing_database(settings, stack))

    async def backed_up() -> datetime | None:
        async with AsyncExitStack() as stack:
            audit = AuditStore(await existing_database(settings, stack))
            found = await audit.newest(settings.tenant, "deskhand backup")
            return next((row.at for row in found if row.object != NOT_KEPT), None)

    async def schedules() -> int:
        async with AsyncExitStack() as stack:
            database = await existing_database(settings, stack)
            return len(await EvaluationSchedules(database).all(settings.tenant))

    given = read_sources(os.environ, Path.cwd(), setting_names())
    return await diagnose(
        [
            *SecretsCheck(settings, given).checks(),
            *ServiceCheck(settings, archiving, backed_up).checks(),
            *LimitsCheck(settings, schedules).checks(),
        ]
    )


async def smoke_rows(settings: Settings, file: Path | None) -> list[tuple[str, Finding]]:
    """What became of each sample question; one row where none could be asked."""
    async with AsyncExitStack() as stack:
        try:
            checks = await stack.enter_async_context(smoke_checks(settings, file))
        except DeskhandError as error:
            said, _, mend = one_line(str(error)).partition("; ")
            return [("questions", fail(said, mend))]
        return await diagnose(checks)
