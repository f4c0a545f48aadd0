"""The composition root of a process that serves every workspace that installed the app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from slack_bolt.async_app import AsyncApp

from bot.ability import Ability
from bot.app import open_bot
from bot.credentials import revealed
from bot.delivery.turns import Turns
from bot.installations.environment import workspace_environment, workspace_settings
from bot.installations.pages import INSTALL_PATH, REDIRECT_PATH, InstallPages
from bot.installations.tokens import Tokens
from bot.installations.workspaces import Workspaces
from bot.readiness import Readiness
from bot.running import Bot
from bot.slack_app import make_slack_app
from bot.telemetry.metrics import MetricsPage
from bot.transport.http import HttpTransport
from engine import chosen
from engine.clock import now
from engine.compose import Overrides, connect_database
from engine.encryption import Keyring
from engine.errors import SettingsInvalid
from engine.settings import Settings
from engine.slack_settings import SlackSettings
from engine.storage.installations import Installation, InstallationStore
from engine.storage.migrate import migrate

if TYPE_CHECKING:
    from engine.adapters.telemetry.meters import Meters


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledApp:
    """It; `running` starts it."""

    settings: Settings
    store: InstallationStore
    workspaces: Workspaces
    pages: InstallPages
    http: HttpTransport
    readiness: Readiness

    def show_metrics(self, meters: Meters) -> MetricsPage:
        """Serves those of all workspaces at `/metrics`; returns that page."""
        page = MetricsPage(
            meters=meters,
            gauges=lambda: [bot.gauges for bot in self.workspaces.bots],
            why_not_ready=self.http.why_not,
        )
        self.http.metrics = page.render
        return page

    async def renew(self, slack: SlackSettings) -> None:
        """Takes the signing secret of these settings into use; tokens are each workspace's own."""
        self.http.use(_slack_app(self.workspaces, slack))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Takes questions of all workspaces, and installations, while inside.

        Raises: PortTaken, StorageUnavailable.
        """
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.pages.aclose)
            self.http.able = Ability(
                {"the database": self.store.revisions, "the index": self._count_points}
            ).why_not
            stack.push_async_callback(self.http.stop)
            await self.http.start()  # first: an outage of Slack is no reason to start it again
            await stack.enter_async_context(self.workspaces.running())
            stack.push_async_callback(self.http.stop)  # before the workspaces end
            try:
                yield
            finally:
                self.readiness.stopping = True

    async def _count_points(self) -> None:
        """In the index that the workspaces share, or in the own one of each.

        Raises: what asking raises, where none of them answers.
        """
        engines = {id(bot.engine.index): bot.engine for bot in self.workspaces.bots}.values()
        found = await asyncio.gather(
            *(each.index.count(each.settings.tenant) for each in engines), return_exceptions=True
        )
        faults = [fault for fault in found if isinstance(fault, BaseException)]
        if faults and len(faults) == len(found):
            raise faults[0]


def keyring_of(settings: Settings) -> Keyring:
    """What tokens are encrypted with.

    Raises: SettingsInvalid.
    """
    return Keyring(revealed(settings.encryption.keys))


def refuse_incomplete(settings: Settings) -> None:
    """Raises: SettingsInvalid where the app cannot be installed by others with these settings."""
    slack = settings.slack
    if revealed(slack.bot_token):
        raise SettingsInvalid(
            "SLACK_BOT_TOKEN and SLACK_CLIENT_ID are both set; keep the token to serve one "
            "workspace, or the client id to let workspaces install the app"
        )
    if slack.transport != "http":
        raise SettingsInvalid(
            "SLACK_CLIENT_ID is set, and browsers reach an app that is installed over HTTP only; "
            "set DESKHAND_SLACK__TRANSPORT=http"
        )
    for name, secret in (
        ("SLACK_CLIENT_SECRET", slack.client_secret),
        ("SLACK_SIGNING_SECRET", slack.signing_secret),
    ):
        if not revealed(secret):
            raise SettingsInvalid(
                f"{name} is not set; copy it from the app's page at api.slack.com/apps (README, "
                "production)"
            )


def _slack_app(workspaces: Workspaces, slack: SlackSettings) -> AsyncApp:
    return make_slack_app(workspaces, signing_secret=revealed(slack.signing_secret), signed=True)


@asynccontextmanager
async def open_app(
    settings: Settings, overrides: Overrides | None = None
) -> AsyncIterator[InstalledApp]:
    """The app of many workspaces, closed when left.

    Raises: SettingsInvalid, StorageUnavailable.
    """
    refuse_incomplete(settings)
    keys = keyring_of(settings)
    async with AsyncExitStack() as stack:
        database = connect_database(settings, stack)
        await migrate(database, only_safe=True)
        clock = overrides.clock if overrides else now
        shared = overrides or Overrides()
        if settings.database.url is not None:
            shared = replace(shared, database=database)
        if settings.qdrant.url is not None and shared.index is None:
            shared = replace(shared, index=chosen.index(settings, stack))
        if settings.embedder == "local" and shared.embedder is None:
            shared = replace(shared, local_embedder=chosen.local_embedder(stack))
        if shared.parser is None:
            shared = replace(shared, parser=chosen.parser(settings, stack))
        turns, readiness = Turns(settings.slack.parallel_questions), Readiness()
        store = InstallationStore(database, keys)

        @asynccontextmanager
        async def open_one(installed: Installation) -> AsyncIterator[Bot]:
            environment = workspace_environment(settings, installed)
            parts = replace(shared, environment=environment)
            own = workspace_settings(environment, installed)
            async with open_bot(own, parts, turns) as bot:
                if bot.identity.team != installed.tenant:
                    raise SettingsInvalid(
                        "its token is of another workspace; install the app there again"
                    )
                yield bot

        workspaces = Workspaces(
            store=store,
            tokens=Tokens(settings=settings, store=store, clock=clock),
            open_bot=open_one,
            clock=clock,
        )
        readiness.others = workspaces.why_not
        pages = InstallPages(settings, store, clock, workspaces.changed)
        http = HttpTransport(
            host=settings.slack.host,
            port=settings.slack.port,
            not_ready=readiness.why_not,
            app=_slack_app(workspaces, settings.slack) if settings.role.answers else None,
            pages={INSTALL_PATH: pages.install, REDIRECT_PATH: pages.redirected}
            if settings.role.answers
            else None,
        )
        yield InstalledApp(
            settings=settings,
            store=store,
            workspaces=workspaces,
            pages=pages,
            http=http,
            readiness=readiness,
        )
