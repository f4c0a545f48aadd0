"""`deskhand run`: the bot, until it is told to stop.

$ SLACK_BOT_TOKEN=xoxb-... SLACK_APP_TOKEN=xapp-... deskhand run
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys

from bot.app import Bot, open_bot
from bot.cli.json_lines import json_line
from bot.installations.app import InstalledApp, open_app
from bot.installations.pages import INSTALL_PATH
from bot.rotation import rotating
from bot.telemetry.logs import set_levels, set_up_logging
from bot.telemetry.metrics import counted as counting
from bot.telemetry.sentry import reported
from bot.telemetry.traces import tracing
from engine.adapters.telemetry.meters import Meters
from engine.errors import SettingsInvalid
from engine.role import Role
from engine.settings import Settings, load_settings
from evals.reports.wording import counted

log = logging.getLogger(__name__)


async def run(args: argparse.Namespace) -> int:
    """Takes questions until SIGTERM or Ctrl-C; a second one ends it at once."""
    settings = load_settings()
    if args.role is not None:
        settings = settings.model_copy(update={"role": Role(args.role)})
    set_up_logging(settings.log)
    with reported(settings.sentry), counting() as meters, tracing():
        return await _until_told(settings, meters, as_json=args.json)


async def _until_told(settings: Settings, meters: Meters, *, as_json: bool) -> int:
    stop = asyncio.Event()
    _stop_on_signals(stop)
    _look_at_levels_on_hangup(settings)
    started = asyncio.Event()
    running = asyncio.ensure_future(_run(settings, meters, started, stop, as_json=as_json))
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not started.is_set():
        running.cancel()  # Slack cannot be reached, and nobody wants it to be any more
    with contextlib.suppress(asyncio.CancelledError):
        await running
    return 0


async def _run(
    settings: Settings,
    meters: Meters,
    started: asyncio.Event,
    stop: asyncio.Event,
    *,
    as_json: bool,
) -> None:
    if settings.slack.client_id is not None:
        async with open_app(settings) as app:
            page = app.show_metrics(meters)
            async with (
                app.running(),
                page.kept_fresh(),
                rotating(app.renew, settings, load_settings),
            ):
                started.set()
                greeting = asyncio.create_task(_greet_workspaces(app, as_json=as_json))
                await _until(stop)
                greeting.cancel()
        return
    async with open_bot(settings) as bot:
        page = bot.show_metrics(meters)
        async with (
            bot.running(),
            page.kept_fresh(),
            rotating(bot.renewal.use, settings, load_settings),
        ):
            started.set()
            await _greet(bot, as_json=as_json)
            await _until(stop)


async def _until(stop: asyncio.Event) -> None:
    await stop.wait()
    print("deskhand: stopping; questions under way are finished first", file=sys.stderr)


def _look_at_levels_on_hangup(settings: Settings) -> None:
    def told() -> None:
        try:
            set_levels(settings.log)
        except SettingsInvalid as error:
            log.error("the levels of the log stay as they were: %s", error)
        else:
            log.info("the levels of the log were read again")

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, told)


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def told(number: signal.Signals) -> None:
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told, number)


async def _greet_workspaces(app: InstalledApp, *, as_json: bool) -> None:
    await app.workspaces.begun()
    teams, port = app.workspaces.served_now, app.http.port
    if as_json:
        print(json_line({"ready": True, "workspaces": list(teams), "port": port}), flush=True)
        return
    address = app.settings.slack.public_url or f"http://{app.settings.slack.host}:{port}"
    print(
        f"Serves {counted(len(teams), 'workspace')}; others install the app at "
        f"{address.rstrip('/')}{INSTALL_PATH}; Ctrl-C stops it.",
        flush=True,
    )


async def _greet(bot: Bot, *, as_json: bool) -> None:
    identity, settings = bot.identity, bot.engine.settings
    documents = await bot.engine.documents.count(settings.tenant)
    port = bot.port
    if as_json:
        ready = {
            "ready": True,
            "bot_user": identity.bot_user,
            "team": identity.team,
            "documents": documents,
            "port": port,
        }
        print(json_line(ready), flush=True)
        return
    if not settings.role.answers:
        print(
            f"Does what happens by itself for @{identity.name} in {identity.team_name}, or waits "
            f"until another worker has ended; http://{settings.slack.host}:{port}/readyz tells its "
            "state; Ctrl-C stops it.",
            flush=True,
        )
        return
    print(
        f"@{identity.name} takes questions in {identity.team_name} from {documents:,} documents; "
        f"http://{settings.slack.host}:{port}/readyz tells its state; Ctrl-C stops it.",
        flush=True,
    )
    if not documents:
        print("It has no documents yet: add some by `deskhand ingest FOLDER`.", flush=True)
    if settings.slack.escalation_channel is None:
        print(
            "Nobody is told of doubtful questions: set DESKHAND_SLACK__ESCALATION_CHANNEL to the "
            "id of a channel that it is in.",
            flush=True,
        )
