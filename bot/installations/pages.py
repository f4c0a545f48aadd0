"""How a workspace installs the app in a browser: Bolt's OAuth pages over our own store.

https://api.slack.com/authentication/oauth-v2
"""

from __future__ import annotations

import html
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urljoin

import aiohttp
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import (
    AsyncCallbackOptions,
    AsyncFailureArgs,
    AsyncSuccessArgs,
)
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Installation as SlackInstallation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from bot.credentials import revealed
from bot.manifest import app_manifest
from engine.clock import Clock
from engine.errors import StorageUnavailable
from engine.settings import Settings
from engine.storage.installations import Installation, InstallationStore

log = logging.getLogger(__name__)

INSTALL_PATH = "/slack/install"
REDIRECT_PATH = "/slack/oauth_redirect"
_AUTHORIZE = "/oauth/v2/authorize"
_WHY = {
    "access_denied": "The app was not allowed. Nothing is installed.",
    "invalid_browser": "This page was opened in another browser, or too long after the first.",
    "invalid_state": "This page was opened before, or too long after the first.",
    "missing_code": "Slack sent no code along.",
    "invalid_code": "Slack did not take the code.",
    "storage_error": "It cannot be installed now.",
}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;
color:#1d1c1d;background:#fff}}a{{color:#1264a3}}
@media (prefers-color-scheme:dark){{body{{color:#e8e8e8;background:#1a1d21}}a{{color:#6cb8f0}}}}
</style>
</head><body><h1>{title}</h1><p>{said}</p></body></html>"""


class NotAllowed(BoltError):
    """This workspace may not install the app; the sentence says why."""


class InstallPages:
    """`/slack/install`, which sends a browser to Slack, and the page where Slack sends it back.

    on_installed: told the team id of a workspace that has the app from now on.
    """

    def __init__(
        self,
        settings: Settings,
        store: InstallationStore,
        clock: Clock,
        on_installed: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._store = store
        self._clock = clock
        self._on_installed = on_installed
        self._flow: AsyncOAuthFlow | None = None

    async def install(self, request: AsyncBoltRequest) -> BoltResponse:
        """The first page: on to Slack, where somebody allows the app."""
        try:
            return _private(await self._open().handle_installation(request))
        except StorageUnavailable as error:
            log.warning("an installation could not begin: %s", error)
            return _page(503, "Not now", "The app cannot be installed now; try again in a minute.")

    async def redirected(self, request: AsyncBoltRequest) -> BoltResponse:
        """The page where Slack sends the browser back: the app is installed then, or why not."""
        try:
            return _private(await self._open().handle_callback(request))
        except StorageUnavailable as error:
            log.warning("an installation could not be kept: %s", error)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("Slack did not answer an installation: %s", type(error).__name__)
        return _again(503, "It could not be installed now.")

    async def aclose(self) -> None:
        """Closes its connections; idempotent."""
        session, self._session, self._flow = self._session, None, None
        if session is not None:
            await session.close()

    def _open(self) -> AsyncOAuthFlow:
        if self._flow is not None:
            return self._flow
        slack = self._settings.slack
        quiet = logging.getLogger("deskhand.oauth")
        quiet.setLevel(logging.CRITICAL)  # its lines hold codes
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=slack.request_timeout_s), trust_env=False
        )
        client = AsyncWebClient(
            base_url=slack.api_url, session=self._session, retry_handlers=[], logger=quiet
        )
        address = (slack.public_url or "").rstrip("/")
        self._flow = AsyncOAuthFlow(
            client=client,
            logger=quiet,
            settings=AsyncOAuthSettings(
                client_id=slack.client_id,
                client_secret=revealed(slack.client_secret),
                scopes=_scopes(),
                redirect_uri=f"{address}{REDIRECT_PATH}" if address else None,
                install_path=INSTALL_PATH,
                redirect_uri_path=REDIRECT_PATH,
                install_page_rendering_enabled=False,
                authorization_url=urljoin(slack.api_url, _AUTHORIZE),
                installation_store=_Kept(
                    self._store, self._clock, slack.install_teams, self._on_installed
                ),
                state_store=_States(self._store, self._settings.tenant, self._clock),
                callback_options=AsyncCallbackOptions(success=_succeeded, failure=_failed),
                logger=quiet,
            ),
        )
        return self._flow


class _Kept(AsyncInstallationStore):
    """What Bolt calls once Slack has given a token."""

    def __init__(
        self,
        store: InstallationStore,
        clock: Clock,
        allowed: tuple[str, ...],
        on_installed: Callable[[str], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._allowed = allowed
        self._on_installed = on_installed

    async def async_save(self, installation: SlackInstallation) -> None:
        """Raises: NotAllowed, StorageUnavailable."""
        team = installation.team_id
        if team is None or installation.is_enterprise_install:
            raise NotAllowed("The app is installed in single workspaces, not in a whole org.")
        if self._allowed and team not in self._allowed:
            log.warning("the workspace %s may not install the app, and tried to", team)
            raise NotAllowed(
                f"The workspace {team} may not install this app. Whoever runs it can add that id "
                "to DESKHAND_SLACK__INSTALL_TEAMS. Remove the app from the workspace until then."
            )
        ends_at = installation.bot_token_expires_at
        await self._store.save(
            Installation(
                tenant=team,
                name=installation.team_name or team,
                app=installation.app_id or "",
                bot_user=installation.bot_user_id or "",
                scopes=tuple(installation.bot_scopes or ()),
                installed_by=installation.user_id,
                installed_at=self._clock(),
                token=installation.bot_token or "",
                refresh_token=installation.bot_refresh_token or "",
                expires_at=None if ends_at is None else datetime.fromtimestamp(ends_at, UTC),
            )
        )
        log.info("the workspace %s has installed the app", team)
        self._on_installed(team)


class _States(AsyncOAuthStateStore):
    """What ties the page where Slack sends a browser back to the one that sent it there."""

    def __init__(self, store: InstallationStore, tenant: str, clock: Clock) -> None:
        self._store = store
        self._tenant = tenant
        self._clock = clock

    async def async_issue(self, *_: object, **__: object) -> str:
        """Raises: StorageUnavailable."""
        return await self._store.begin(self._tenant, self._clock())

    async def async_consume(self, state: str) -> bool:
        """Raises: StorageUnavailable."""
        return await self._store.take(self._tenant, state, self._clock())


async def _succeeded(given: AsyncSuccessArgs) -> BoltResponse:
    name = html.escape(given.installation.team_name or "your workspace")
    app, team = given.installation.app_id or "", given.installation.team_id or ""
    link = f"https://slack.com/app_redirect?app={app}&amp;team={team}"
    return _page(
        200,
        "Installed",
        f'The app is in {name} now. <a href="{html.escape(link, quote=False)}">Open it in Slack</a>'
        " and ask it something, or mention it in a channel that it was invited to.",
        raw=True,
    )


async def _failed(given: AsyncFailureArgs) -> BoltResponse:
    log.warning("an installation failed: %s", _named(given.reason))
    if isinstance(given.error, NotAllowed):
        return _page(403, "Not installed", str(given.error))
    return _again(given.suggested_status_code, _WHY.get(given.reason, "Slack refused it."))


def _scopes() -> list[str]:
    """What the app asks for: the same as in its manifest."""
    return list(app_manifest("http")["oauth_config"]["scopes"]["bot"])


def _named(reason: str) -> str:
    """Only what is known: a browser may send any text along."""
    return reason if reason in _WHY else "another reason"


def _again(status: int, why: str) -> BoltResponse:
    said = f'{html.escape(why)} <a href="{INSTALL_PATH}">Try again</a>.'
    return _page(status, "Not installed", said, raw=True)


def _page(status: int, title: str, said: str, *, raw: bool = False) -> BoltResponse:
    body = _PAGE.format(title=html.escape(title), said=said if raw else html.escape(said))
    return _private(
        BoltResponse(status=status, body=body, headers={"Content-Type": "text/html; charset=utf-8"})
    )


def _private(response: BoltResponse) -> BoltResponse:
    """It is one person's, stands in no frame, and tells nobody its address, which holds a code."""
    for name, value in (
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        (
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; "
            "frame-ancestors 'none'; base-uri 'none'",
        ),
    ):
        response.headers[name.lower()] = [value]
    return response
