"""A rolling deploy under load: replicas of an old commit are replaced by those of this checkout.

The new code migrates first, so that the old one works on the new tables until its turn comes.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bot.chaos.bot_process import BotProcess
from bot.chaos.verdict import Verdict
from bot.replicas.run import ask_all
from bot.replicas.stage import Scenery, Stage, Tell, staged
from engine.errors import WrongUse
from engine.role import Role
from engine.storage.migrate import current_revision

ROOT = Path(__file__).parents[2]
_NAMES_ITS_FLOOR = "schema_floor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """before, after: revisions of the tables. replaced: processes of the old commit. restarted:
    whether one of them was killed and started again on the new tables; False where the old commit
    is from before programs could do that."""

    verdict: Verdict
    before: str
    after: str
    replaced: int
    restarted: bool


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """The files of a commit in a folder of their own, gone when left.

    Raises: WrongUse where there is no such commit here.
    """
    with tempfile.TemporaryDirectory(prefix="deskhand-old-") as folder:
        try:
            packed = subprocess.run(
                ["git", "-C", str(ROOT), "archive", commit],
                check=True,
                capture_output=True,
                timeout=120,
            )
        except (OSError, subprocess.CalledProcessError):
            raise WrongUse(f"git has no commit {commit!r} here; name one of `git log`") from None
        subprocess.run(["tar", "x", "-C", folder], input=packed.stdout, check=True, timeout=120)
        yield Path(folder)


def before_the_newest_tables() -> str | None:
    """The commit before the newest migration; None where the history is not here."""
    versions = "engine/storage/migrations/versions"
    command = ["git", "-C", str(ROOT), "log", "--diff-filter=A", "-1", "--format=%H^", "--"]
    try:
        found = subprocess.run([*command, versions], check=True, capture_output=True, text=True)
        commit = found.stdout.strip()
        subprocess.run(
            ["git", "-C", str(ROOT), "rev-parse", "--verify", "-q", commit],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit or None


async def deploy(
    old: Path, scenery: Scenery, *, questions: int, seconds: float, webs: int, tell: Tell
) -> Deployed:
    """Questions all along; in the middle of them new code migrates, and each replica is replaced.

    old: its checkout.  Raises: PostgresAbsent, RuntimeError where a process does not start.
    """
    async with staged(replace(scenery, code=old)) as stage:
        fleet = stage.fleet
        roles = [Role.WEB] * webs
        if (old / "engine" / "role.py").exists():
            roles.append(Role.WORKER)
        olds = await asyncio.gather(*(fleet.add(role, code=old) for role in roles))
        await stage.deliver()
        rng = random.Random(scenery.seed)  # noqa: S311 - repeatable
        tell(f"asking {questions} questions of {len(olds)} processes of the old code")
        asking = asyncio.create_task(ask_all(stage.crowd, questions, seconds, rng.random))
        try:
            await asyncio.sleep(seconds / 4)
            before, after = await _migrate(stage)
            tell(f"the tables went from {before} to {after}")
            migrate = (old / "engine" / "storage" / "migrate.py").read_text("utf-8")
            restarted = _NAMES_ITS_FLOOR in migrate
            if restarted:
                await olds[0].process.kill()
                await fleet.start(olds[0])
            await asyncio.sleep(seconds / 4)
            for one in olds:
                new = await fleet.add(one.role)
                await fleet.drain(one)
                fleet.replicas.remove(one)
                tell(f"{new.name} stands in for {one.name}")
            if Role.WORKER not in roles:
                await fleet.add(Role.WORKER)
            await asking
        finally:
            asking.cancel()
        verdict = await stage.verdict(tell)
        await asyncio.gather(*map(fleet.drain, fleet.replicas))
    return Deployed(
        verdict=verdict, before=before, after=after, replaced=len(olds), restarted=restarted
    )


async def _migrate(stage: Stage) -> tuple[str, str]:
    """What `deskhand migrate` of this checkout does before a deploy."""
    before = await current_revision(stage.database)
    log = stage.folder / "migrate.log"
    migrating = BotProcess(stage.environment, log=log, module=("bot.cli.main", "migrate"))
    await migrating.start()
    if await migrating.ended() != 0:
        raise RuntimeError(f"the tables were not migrated: {log.read_text('utf-8')[-300:]}")
    return str(before), str(await current_revision(stage.database))
