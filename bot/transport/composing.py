"""The ways in which Slack's events come, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from slack_bolt.async_app import AsyncApp

from bot.credentials import revealed
from bot.readiness import Readiness
from bot.slack_app import Identity, OneWorkspace, Served, make_slack_app
from bot.surfaces.dispatch import Dispatch
from bot.transport.http import HttpTransport
from bot.transport.socket import SocketTransport
from engine.compose import Engine
from engine.slack_settings import SlackSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """http: probes too, whatever the events come by. socket: None where they come by HTTP."""

    http: HttpTransport
    socket: SocketTransport | None
    make_app: Callable[[SlackSettings], AsyncApp]

    def renew(self, slack: SlackSettings) -> None:
        """Takes the secrets of these settings into use for what comes in from now on."""
        app = self.make_app(slack)
        self.http.use(app)
        if self.socket is not None:
            self.socket.use(app, revealed(slack.app_token))


def ways_of(engine: Engine, identity: Identity, dispatch: Dispatch, readiness: Readiness) -> Ways:
    """The ways that the settings choose, a worker's being none; readiness follows the socket."""
    slack = engine.settings.slack
    over_http = slack.transport == "http"

    def make_app(slack: SlackSettings) -> AsyncApp:
        return make_slack_app(
            OneWorkspace(Served(identity=identity, surfaces=dispatch)),
            signing_secret=revealed(slack.signing_secret),
            signed=over_http,
        )

    if not engine.settings.role.answers:
        probes = HttpTransport(host=slack.host, port=slack.port, not_ready=readiness.why_not)
        return Ways(http=probes, socket=None, make_app=make_app)
    app = make_app(slack)
    socket = None
    if not over_http:
        socket = SocketTransport(
            app,
            app_token=revealed(slack.app_token),
            api_url=slack.api_url,
            timeout_s=slack.request_timeout_s,
            on_connected=dispatch.connected,
        )
        readiness.connected = lambda: socket.connected
    http = HttpTransport(
        host=slack.host,
        port=slack.port,
        not_ready=readiness.why_not,
        app=app if over_http else None,
    )
    return Ways(http=http, socket=socket, make_app=make_app)
