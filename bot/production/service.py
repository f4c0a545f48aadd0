"""Whether it stays up, and who hears of it when not: limits, probes, backups, alerts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import aiohttp

from bot.diagnosis import Check, Finding, NotChecked, fail, ok, warn
from bot.transport.http import SERVER
from engine.clock import now
from engine.settings import Settings
from engine.storage.archiving import Archiving

_MIB = 2**20
_LEAST_BYTES = 768 * _MIB
_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
_NO_LIMIT_BYTES = 2**60
"""What the older form of the second file says where there is none."""
_WITHIN_S = 3.0
_STALE_H = 26.0


class ServiceCheck:
    """archiving: what the database says of copies of its log; None for a file of this machine.
    backed_up: when `deskhand backup` last wrote a file, None for never."""

    def __init__(
        self,
        settings: Settings,
        archiving: Callable[[], Awaitable[Archiving | None]],
        backed_up: Callable[[], Awaitable[datetime | None]],
    ) -> None:
        self._settings = settings
        self._archiving = archiving
        self._backed_up = backed_up

    def checks(self) -> list[Check]:
        """From what keeps it up to who hears of it."""
        return [
            Check(name="servers", look=self._servers),
            Check(name="limits", look=self._limits),
            Check(name="probes", look=self._probes),
            Check(name="backups", look=self._backups, limit_s=15),
            Check(name="metrics", look=self._metrics),
            Check(name="alerts", look=self._alerts),
        ]

    async def _servers(self) -> Finding:
        missing = [
            name
            for name, value in (
                ("DATABASE_URL", self._settings.database.url),
                ("QDRANT_URL", self._settings.qdrant.url),
            )
            if value is None
        ]
        if missing:
            return warn(
                f"{' and '.join(missing)} not set: state lies on this machine's disk, and one bot "
                "alone can run",
                "set them to servers before you run more than one (docs/deploying.md)",
            )
        return ok("state is in PostgreSQL and the index on a Qdrant server: any number can run")

    async def _limits(self) -> Finding:
        limit = memory_limit_bytes(_CGROUP_LIMITS)
        parsing = self._settings.parse.memory_bytes * self._settings.parse.workers
        if limit is None:
            return warn(
                "this process has no limit of memory, so it may take that of its neighbours",
                "limit it to 2 GiB or more, as the manifests do",
            )
        if limit < _LEAST_BYTES:
            return fail(
                f"{limit // _MIB:,} MiB of memory are too little", "give it 2 GiB, a worker 4 GiB"
            )
        if limit < parsing:
            return warn(
                f"a document may take {parsing // _MIB:,} MiB to read, of {limit // _MIB:,} MiB in "
                "all",
                "raise the limit, or lower DESKHAND_PARSE__MEMORY_BYTES",
            )
        return ok(f"{limit // _MIB:,} MiB of memory")

    async def _probes(self) -> Finding:
        alive, _ = await self._page("/healthz")
        ready, why = await self._page("/readyz")
        if alive != 200:
            return fail(f"/healthz answers {alive}", "restart the bot, and look at its log")
        if ready != 200:
            return fail(f"the bot is not ready: {why[:200]}", "mend what it says; it tries again")
        return ok("/healthz and /readyz answer 200")

    async def _metrics(self) -> Finding:
        status, text = await self._page("/metrics")
        if status != 200 or "deskhand_" not in text:
            return fail(
                f"/metrics answers {status}, so nobody sees how it does",
                "upgrade the bot, and let Prometheus read it (manifests/prometheus)",
            )
        shown = sum(line.startswith("# TYPE") for line in text.splitlines())
        return ok(f"/metrics shows {shown} metrics")

    async def _backups(self) -> Finding:
        written, archiving = await self._backed_up(), await self._archiving()
        hours = None if written is None else (now() - written).total_seconds() / 3600
        if hours is not None and hours <= _STALE_H:
            return ok(f"`deskhand backup` wrote a file {hours:.1f} h ago")
        if archiving is not None and archiving.on and archiving.failing:
            return fail("PostgreSQL's last attempt to archive its log failed", "look at its log")
        archived = None if archiving is None or not archiving.on else archiving.hours_ago
        if archived is not None and archived <= _STALE_H:
            return ok(f"PostgreSQL archived its log {archived:.1f} h ago")
        when = "ever" if hours is None else f"in {hours / 24:,.0f} days"
        return fail(
            f"no backup was written {when}, and no log is archived that would tell of one",
            "run `deskhand backup /backups/ --rehearse` each night, away from this machine",
        )

    async def _alerts(self) -> Finding:
        settings = self._settings
        if settings.review.admin_channel is None:
            return fail(
                "nobody hears of budgets, modes or digests",
                "set DESKHAND_REVIEW__ADMIN_CHANNEL to a channel that somebody reads",
            )
        if settings.evals.report_owner is None or settings.evals.report_channel is None:
            return warn(
                "nobody is called when an evaluation got worse",
                "set DESKHAND_EVALS__REPORT_CHANNEL and DESKHAND_EVALS__REPORT_OWNER",
            )
        return ok("the admins' channel and the owner of evaluations hear of what goes wrong")

    async def _page(self, path: str) -> tuple[int, str]:
        """Raises: NotChecked where no bot runs here."""
        limit, port = aiohttp.ClientTimeout(total=_WITHIN_S), self._settings.slack.port
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.get(f"http://127.0.0.1:{port}{path}", allow_redirects=False) as response,
            ):
                if response.headers.get("Server") == SERVER:
                    return response.status, (await response.content.read(_MIB)).decode()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            pass
        raise NotChecked(f"no bot runs on port {port} here; run this beside one")


def memory_limit_bytes(files: tuple[Path, ...]) -> int | None:
    """What the first of these files that is there says; None where it says that there is none."""
    for file in files:
        try:
            said = file.read_text(encoding="ascii").strip()
        except OSError:
            continue
        if not said.isdigit() or int(said) >= _NO_LIMIT_BYTES:
            return None
        return int(said)
    return None
