"""The Bolt app: every request of Slack, in one place, and what is called for it.

Bolt acknowledges an event before its listener runs, so an event is kept, and acknowledged, in a
global middleware: a database that cannot take it leaves the event to be delivered again, and one of
a type that nobody knows is acknowledged too, which Bolt does not do for what has no listener.
Buttons, commands and shortcuts are kept in their listener before it acknowledges.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.intake.receiver import seconds_of
from bot.names import COMMAND, SHORTCUT
from engine.errors import DeskhandError
from engine.fault_place import place

log = logging.getLogger(__name__)

Json = Mapping[str, Any]
_BOLT_LOGGER = "deskhand.bolt"
_SERVED = "deskhand_workspace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the app is in its workspace, as `auth.test` says."""

    team: str
    bot_user: str
    bot_id: str
    url: str = ""
    name: str = ""
    team_name: str = ""


class Surfaces(Protocol):
    """What the app does for what people press and type; each is called before Slack's ack.

    What is returned is shown only to whoever pressed or typed it; "" shows nothing.
    """

    async def event(self, event: Json, team: str, *, redelivered: float | None = None) -> None:
        """An event of any type. redelivered: when it was sent first, in seconds since 1970, where
        that failed; None for what is new.

        Raises: StorageUnavailable, which leaves it unacknowledged.
        """

    def missed(self) -> None:
        """An event was not kept; Slack may give up before it can be."""

    def limited(self) -> None:
        """Slack held events back; it says so once a minute."""

    async def action(self, body: Json, action: Json) -> None:
        """A button or a feedback button."""

    async def command(self, body: Json) -> str:
        """The slash command."""

    async def shortcut(self, body: Json) -> None:
        """The message shortcut."""

    async def view(self, body: Json) -> Json | None:
        """A modal that was submitted; what is returned goes with the acknowledgement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A workspace that this process serves: who the app is there, and what is called for it."""

    identity: Identity
    surfaces: Surfaces


class Route(Protocol):
    """Finds the workspace that a request of Slack concerns."""

    def served(self, body: Json) -> Served | None:
        """None where this process serves none such."""

    async def unknown(self, body: Json) -> bool:
        """Whether one that is not served has the app all the same, so that Slack is to ask again.

        Raises: StorageUnavailable.
        """


@dataclass(frozen=True, slots=True)
class OneWorkspace:
    """The route where the settings hold one workspace's token: everything concerns it."""

    one: Served

    def served(self, body: Json) -> Served | None:
        """It."""
        return self.one

    async def unknown(self, body: Json) -> bool:
        """There is no other."""
        return False


def make_slack_app(route: Route, *, signing_secret: str, signed: bool) -> AsyncApp:
    """The app with every listener. signed: whether requests come over HTTP, with a signature."""
    bolt_log = logging.getLogger(_BOLT_LOGGER)
    bolt_log.setLevel(logging.CRITICAL)  # its lines hold whole requests; ours say what happened

    async def find(
        body: Json, context: AsyncBoltContext, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse | None:
        if body.get("type") != "url_verification" and "ssl_check" not in body:
            served = route.served(body)
            if served is None:
                return await _of_nobody(route, body)
            context[_SERVED] = served
        await next()
        return None

    async def authorize(context: AsyncBoltContext) -> AuthorizeResult:
        identity = context[_SERVED].identity
        return AuthorizeResult(
            enterprise_id=None,
            team_id=identity.team,
            bot_user_id=identity.bot_user,
            bot_id=identity.bot_id,
        )

    app = AsyncApp(
        name="deskhand",
        logger=bolt_log,
        client=AsyncWebClient(),
        signing_secret=signing_secret,
        request_verification_enabled=signed,
        before_authorize=find,
        authorize=authorize,
    )

    @app.middleware
    async def keep_events(
        body: Json,
        request: AsyncBoltRequest,
        context: AsyncBoltContext,
        next: Callable[[], Awaitable[None]],
    ) -> BoltResponse | None:
        kind, event = body.get("type"), body.get("event")
        served: Served = context[_SERVED]
        surfaces = served.surfaces
        if kind == "app_rate_limited":
            surfaces.limited()
        elif kind == "event_callback" and isinstance(event, Mapping):
            try:
                # not the body's team, which is another one where both share a channel
                sent_at = _redelivered(request, body)
                await surfaces.event(event, served.identity.team, redelivered=sent_at)
            except DeskhandError as error:
                log.warning("an event was not kept, so Slack will send it again: %s", error)
                surfaces.missed()
                return BoltResponse(status=503, body="")
        elif kind != "event_callback":
            await next()
            return None
        return BoltResponse(status=200, body="")

    @app.action(re.compile(".*"))
    async def pressed(ack: Any, body: Json, action: Json, context: AsyncBoltContext) -> None:
        await _told(_surfaces(context).action(body, action), "a button")
        await ack()

    @app.options(re.compile(".*"))
    async def suggested(ack: Any) -> None:
        await ack(options=[])

    @app.command(COMMAND)
    async def typed(ack: Any, body: Json, context: AsyncBoltContext) -> None:
        shown = await _told(_surfaces(context).command(body), "the command")
        await ack(text=shown or "", response_type="ephemeral")

    @app.shortcut(SHORTCUT)
    async def chosen(ack: Any, body: Json, context: AsyncBoltContext) -> None:
        await _told(_surfaces(context).shortcut(body), "the shortcut")
        await ack()

    @app.view(re.compile(".*"))
    async def submitted(ack: Any, body: Json, context: AsyncBoltContext) -> None:
        answer = await _told(_surfaces(context).view(body), "a modal")
        await ack(**(answer or {}))

    @app.view_closed(re.compile(".*"))
    async def closed(ack: Any) -> None:
        await ack()

    @app.error
    async def failed(error: Exception) -> BoltResponse:
        log.error("a request of Slack failed: %s at %s", type(error).__name__, place(error))
        return BoltResponse(status=500, body="")

    return app


def _surfaces(context: AsyncBoltContext) -> Surfaces:
    served: Served = context[_SERVED]
    return served.surfaces


async def _of_nobody(route: Route, body: Json) -> BoltResponse:
    """What a workspace hears that this process does not serve: Slack asks again where it will."""
    try:
        again = await route.unknown(body)
    except DeskhandError as error:
        log.warning("whose request it was could not be found: %s", error)
        again = True
    if not again:
        log.info("a request of a workspace that does not have the app")
    return BoltResponse(status=503 if again else 200, body="")


def _redelivered(request: AsyncBoltRequest, body: Json) -> float | None:
    """When an event that Slack delivers again was sent first; None for one that is new."""
    number = request.headers.get("x-slack-retry-num") or ["0"]
    if number[0] in ("", "0"):  # as of every first one over a socket
        return None
    return seconds_of(str(body.get("event_time"))) or time.time()


async def _told(work: Awaitable[Any], what: str) -> Any:
    """Its result. A fault is logged and raised: without an acknowledgement Slack says so itself."""
    try:
        async with asyncio.timeout(2.5):
            return await work
    except DeskhandError as error:
        log.warning("%s could not be taken: %s", what, error)
        raise
