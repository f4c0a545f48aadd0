"""`deskhand workspaces`: those that installed the app, what differs in each, and their end.

$ deskhand workspaces list
T0123ABC  Acme    installed 2026-11-20 by U0RITA  1 setting
T0456DEF  Globex  removed the app 2026-11-22
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from bot.cli.json_lines import json_line
from bot.installations.app import keyring_of
from bot.installations.environment import (
    refuse_shared,
    workspace_environment,
    workspace_settings,
)
from engine.compose import connect_database, open_engine
from engine.containment import one_line
from engine.errors import WrongUse
from engine.settings import Settings, load_settings
from engine.storage.erasing import erase_tenant
from engine.storage.installations import Installation, InstallationStore
from engine.storage.migrate import migrate
from engine.workspace_homes import WORKSPACES
from evals.reports.wording import counted

_SERVES_ALL = frozenset({"run", "worker", "workspaces", "keys", "demo", "move"})


@asynccontextmanager
async def open_installations(settings: Settings) -> AsyncIterator[InstallationStore]:
    """The installations in the database of the settings.

    Raises: SettingsInvalid, StorageUnavailable.
    """
    keys = keyring_of(settings)
    async with AsyncExitStack() as stack:
        database = connect_database(settings, stack)
        await migrate(database, only_safe=True)
        yield InstallationStore(database, keys)


async def enter(team: str, command: str) -> None:
    """Lets this process's environment be that of one workspace, for a command about it.

    Raises: WrongUse, SettingsInvalid, StorageUnavailable.
    """
    if command in _SERVES_ALL:
        raise WrongUse(f"`deskhand {command}` is about all workspaces; leave --workspace out")
    settings = load_settings()
    async with open_installations(settings) as store:
        installed = await _known(store, team)
    os.environ.update(workspace_environment(settings, installed))
    if installed.token:
        os.environ["DESKHAND_SLACK__BOT_TOKEN"] = installed.token


async def run(args: argparse.Namespace) -> int:
    """Lists, or changes one."""
    settings = load_settings()
    async with open_installations(settings) as store:
        if args.action == "set":
            return await _set(store, settings, args.team, args.settings, as_json=args.json)
        if args.action == "unset":
            return await _unset(store, args.team, args.settings, as_json=args.json)
        if args.action == "remove":
            return await _remove(store, settings, args.team, as_json=args.json)
        found = await store.all()
    if args.json:
        print(json_line({"workspaces": [_as_json(one) for one in found]}))
        return 0
    if not found:
        print("no workspace has installed the app yet; open /slack/install in a browser")
    width = max((len(one_line(one.name)) for one in found), default=0)
    for one in found:
        print(f"{one.tenant:<12}  {one_line(one.name):<{width}}  {_state_of(one)}")
        for name, value in sorted(one.settings.items()):
            print(f"{'':<12}  {'':<{width}}  {name}={one_line(value)}")
    return 0


async def _set(
    store: InstallationStore, settings: Settings, team: str, given: Sequence[str], *, as_json: bool
) -> int:
    installed = await _known(store, team)
    wanted = dict(installed.settings)
    for pair in given:
        name, is_pair, value = pair.partition("=")
        if not is_pair or not value:
            raise WrongUse(f"{one_line(pair)} is not NAME=VALUE; `unset` takes a setting back")
        refuse_shared(name)
        wanted[name] = value
    environment = workspace_environment(settings, installed) | wanted
    workspace_settings(environment, installed)  # SettingsInvalid where a value is bad
    return await _save(store, installed, wanted, as_json=as_json)


async def _unset(
    store: InstallationStore, team: str, names: Sequence[str], *, as_json: bool
) -> int:
    installed = await _known(store, team)
    for name in names:
        if name not in installed.settings:
            raise WrongUse(f"{one_line(name)} is not set for {team}")
    wanted = {name: v for name, v in installed.settings.items() if name not in names}
    return await _save(store, installed, wanted, as_json=as_json)


async def _save(
    store: InstallationStore, installed: Installation, wanted: dict[str, str], *, as_json: bool
) -> int:
    await store.set(installed.tenant, wanted)
    if as_json:
        print(json_line({"workspace": installed.tenant, "settings": wanted}))
    else:
        differ = counted(len(wanted), "setting")
        print(f"{installed.tenant} has {differ} of its own; every replica takes them in seconds")
    return 0


async def _remove(store: InstallationStore, settings: Settings, team: str, *, as_json: bool) -> int:
    installed = await _known(store, team)
    if installed.ended_at is None:
        raise WrongUse(
            f"{team} still has the app; remove it in Slack first (Manage apps), then all that is "
            "stored of the workspace can go"
        )
    environment = workspace_environment(settings, installed)
    own = workspace_settings(environment, installed)
    async with open_engine(own) as engine:
        await engine.index.start(engine.ingestion.index_record())
        documents = await engine.ingestion.drop(lambda _: True)
        rows = await erase_tenant(engine.database, team)
    await asyncio.to_thread(shutil.rmtree, settings.home / WORKSPACES / team, ignore_errors=True)
    await store.forget(team)
    if as_json:
        print(json_line({"workspace": team, "documents": documents, "rows": rows}))
    else:
        print(f"removed {counted(documents, 'document')} and {counted(rows, 'row')} of {team}")
    return 0


async def _known(store: InstallationStore, team: str) -> Installation:
    found = await store.get(team)
    if found is None:
        raise WrongUse(
            f"{one_line(team)} never installed the app; `deskhand workspaces list` names those "
            "that did"
        )
    return found


def _state_of(one: Installation) -> str:
    if one.ended_at is not None:
        return f"removed the app {one.ended_at:%Y-%m-%d}"
    state = f"installed {one.installed_at:%Y-%m-%d} by {one_line(one.installed_by)}"
    return f"{state}; {one.problem}" if one.problem else state


def _as_json(one: Installation) -> dict[str, object]:
    return {
        "team": one.tenant,
        "name": one.name,
        "installed_by": one.installed_by,
        "installed_at": one.installed_at.isoformat(),
        "removed_at": one.ended_at and one.ended_at.isoformat(),
        "scopes": list(one.scopes),
        "expires_at": one.expires_at and one.expires_at.isoformat(),
        "settings": dict(one.settings),
        "problem": one.problem,
    }
