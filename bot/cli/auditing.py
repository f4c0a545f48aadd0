"""Which commands change something that others rely on, and their rows in the audit log."""

from __future__ import annotations

import argparse
import os
import pwd
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from engine.errors import DeskhandError, WrongUse

if TYPE_CHECKING:
    from engine.settings import Settings
    from engine.storage.audit import Outcome

NOT_KEPT = "rehearsal"
"""What a row says that a backup was, which was only made to be rehearsed."""

_ALWAYS = {"ingest", "fit", "migrate", "export", "backup"}
_ACTIONS = {
    "entries": {"rollback", "export"},
    "triage": {"train", "retrain", "rollback"},
    "eval": {"cancel", "small-model"},
    "keys": {"rotate"},
    "workspaces": {"set", "unset", "remove"},
}
_STEPS = {"baseline": {"set", "remove"}, "schedule": {"add", "remove"}, "cases": {"add"}}


async def run(
    command: Callable[[argparse.Namespace], Awaitable[int]], args: argparse.Namespace
) -> int:
    """Runs a command, and writes down how it ended where it changes something.

    What could not begin, because it was used wrongly, is not written down.

    Raises: what the command raises; StorageUnavailable where its row cannot be written.
    """
    action = deed_of(args)
    if action is None:
        return int(await command(args))
    try:
        code = int(await command(args))
    except WrongUse:
        raise
    except BaseException:
        await _write(action, args, done=False, quiet=True)
        raise
    await _write(action, args, done=code == 0, quiet=False)
    return code


def deed_of(args: argparse.Namespace) -> str | None:
    """How a command is named in the audit log; None for one that only looks."""
    command, action = str(args.command), getattr(args, "action", None)
    step = getattr(args, "step", None)
    if command == "eval" and action in _STEPS:
        return f"deskhand eval {action} {step}" if step in _STEPS[action] else None
    if action in _ACTIONS.get(command, ()):
        looks = getattr(args, "measure_only", False)
        return None if looks else f"deskhand {command} {action}"
    if command == "sources":
        return "deskhand sources --remove" if args.remove is not None else None
    if command == "calibrate":
        if args.rollback:
            return "deskhand calibrate --rollback"
        return None if args.measure_only else "deskhand calibrate"
    if command in ("retention", "forget"):
        return None if args.dry_run else f"deskhand {command}"
    return f"deskhand {command}" if command in _ALWAYS else None


def who() -> str:
    """The account that typed a command, as the machine knows it and not as its environment says."""
    try:
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:  # an account that the machine has no name for
        return f"cli:{os.getuid()}"


def object_of(args: argparse.Namespace) -> str:
    """What it was about: a source without its secrets, or an id."""
    if getattr(args, "audited", None) is not None:  # as the command itself names it
        return str(args.audited)
    from engine.knowledge.source import normalise

    if args.command == "sources":
        return normalise(args.remove)
    if args.command == "ingest":
        given = [normalise(source) for source in args.sources]
        more = f" and {len(given) - 1} more" if len(given) > 1 else ""
        return f"{given[0][:100]}{more}" if given else "every source"
    named = (getattr(args, name, None) for name in ("id", "name", "what", "team"))
    about = str(next((name for name in named if name), ""))
    return normalise(about) if "://" in about else about


async def _write(action: str, args: argparse.Namespace, *, done: bool, quiet: bool) -> None:
    from engine.settings import load_settings
    from engine.storage.audit import Outcome

    outcome = Outcome.ACCEPTED if done else Outcome.FAILED
    try:
        await write_deed(action, object_of(args), load_settings(), outcome)
    except DeskhandError:
        if not quiet:  # else what went wrong first is told
            raise


async def write_deed(action: str, about: str, settings: Settings, outcome: Outcome) -> None:
    """Writes a row into the audit log of the database that the settings name.

    For a command that writes elsewhere than its settings say; the others have it done by `run`.

    Raises: StorageUnavailable.
    """
    from engine.clock import now
    from engine.compose import connect_database
    from engine.storage.audit import AuditStore, Deed

    deed = Deed(at=now(), who=who(), action=action, object=about, outcome=outcome)
    async with AsyncExitStack() as stack:
        database = connect_database(settings, stack)
        await AuditStore(database).append(settings.tenant, deed)
