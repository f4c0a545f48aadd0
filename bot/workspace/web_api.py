"""`/api/{method}`: who calls, whether they may, whether it fails, and what it answers."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from urllib.parse import urlencode

from aiohttp import web

from bot.workspace import (
    app_methods,
    assistant_methods,
    chat_methods,
    conversation_methods,
    file_methods,
    people_methods,
    stream_methods,
)
from bot.workspace.arguments import Arguments, parse_arguments
from bot.workspace.errors import Json, SlackError, invalid_arguments, refuse
from bot.workspace.faults import Failure, Fault
from bot.workspace.method_facts import BLIND_TO_JSON, facts_of
from bot.workspace.slack import Call, Slack
from bot.workspace.sockets import SocketMode

Method = Callable[[Slack, Arguments], Json]
METHODS: dict[str, Method] = {
    **app_methods.METHODS,
    **assistant_methods.METHODS,
    **chat_methods.METHODS,
    **conversation_methods.METHODS,
    **file_methods.METHODS,
    **people_methods.METHODS,
    **stream_methods.METHODS,
}
WITHOUT_TOKEN = ("api.test", "oauth.v2.access")
APP_LEVEL = ("apps.connections.open",)
ANY_TOKEN = ("auth.test", "apps.manifest.validate")
_FAILS_BEFORE = (Fault.SERVER_ERROR, Fault.RATE_LIMITED, Fault.REFUSED)
_log = logging.getLogger(__name__)


class WebApi:
    """The Web API of one workspace."""

    def __init__(self, slack: Slack, sockets: SocketMode) -> None:
        self._slack = slack
        self._sockets = sockets

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answers one call and keeps it in the account of calls."""
        method = request.match_info["method"]
        at = self._slack.clock.now()
        given: Json = {}
        failure: Failure | None = None
        headers: dict[str, str] = {}
        status = 200
        try:
            given = await parse_arguments(request, json_read=method not in BLIND_TO_JSON)
            if method not in METHODS and method not in APP_LEVEL:
                refuse("unknown_method", req_method=method)
            failure = self._slack.faults.next_for(method)
            if failure is not None and failure.fault in _FAILS_BEFORE:
                status, body, headers = _failed(failure)
            else:
                self._check_token(method, request, given, headers)
                wait_s = self._slack.rates.wait_s(method, str(given.get("channel", "")))
                if wait_s:
                    status, body = 429, {"ok": False, "error": "ratelimited"}
                    headers["Retry-After"] = str(wait_s)
                else:
                    body = self._carry_out(method, Arguments(given))
        except SlackError as error:
            body = error.body()
        except Exception:  # a workspace that breaks says so, and its tests see a 500
            _log.exception("The workspace failed on %s", method)
            status, body = 500, {"ok": False, "error": "fatal_error"}
        if failure is not None and failure.fault is Fault.SLOW:
            await self._slack.clock.sleep(failure.seconds)
        if failure is not None and failure.fault is Fault.SERVER_ERROR_AFTER:
            status = failure.status
        dropped = failure is not None and failure.fault is Fault.DROP_RESPONSE
        self._slack.calls.append(
            Call(
                method=method,
                arguments={k: v for k, v in given.items() if k != "token"},
                at=at,
                status=0 if dropped else status,
                response=body,
            )
        )
        if dropped:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if status >= 500:
            return web.Response(status=status, text="<html>Server Error</html>", headers=headers)
        return web.json_response(body, status=status, headers=headers)

    async def authorize(self, request: web.Request) -> web.Response:
        """The page where a person allows the app, who does at once: back with a code."""
        world = self._slack.world
        if request.query.get("client_id") != world.app.client_id:
            return web.Response(status=400, text="invalid_client_id")
        code = f"{world.team_id}.{self._slack.rng.getrandbits(64):x}"
        world.oauth_codes.add(code)
        told = urlencode({"code": code, "state": request.query.get("state", "")})
        raise web.HTTPFound(f"{request.query['redirect_uri']}?{told}")

    def _carry_out(self, method: str, args: Arguments) -> Json:
        missing = [name for name in facts_of(method).required if name not in args.given]
        if missing:
            raise invalid_arguments(*(f"missing required field: {name}" for name in missing))
        if method in APP_LEVEL:
            return {"ok": True, "url": self._sockets.new_ticket()}
        return {"ok": True, **METHODS[method](self._slack, args)}

    def _check_token(
        self, method: str, request: web.Request, given: Json, headers: dict[str, str]
    ) -> None:
        app = self._slack.world.app
        token = _token(request, given)
        if method in WITHOUT_TOKEN:
            if method == "oauth.v2.access":
                _basic_auth(request, given)
            return
        if not token:
            refuse("not_authed")
        if token in app.earlier_tokens:
            token = app.bot_token
        if token not in (app.bot_token, app.app_token):
            refuse("invalid_auth")
        if token == app.bot_token and self._slack.world.token_revoked:
            refuse("token_revoked")
        app_level = token == app.app_token
        if app_level != (method in APP_LEVEL) and method not in ANY_TOKEN:
            refuse("not_allowed_token_type")
        granted = app.app_scopes if app_level else app.scopes
        needed = ("connections:write",) if method in APP_LEVEL else facts_of(method).scopes
        headers["x-oauth-scopes"] = ",".join(granted)
        if needed:
            headers["x-accepted-oauth-scopes"] = ",".join(needed)
            if not set(needed) & set(granted):
                refuse("missing_scope", needed=",".join(needed), provided=",".join(granted))


def _token(request: web.Request, given: Json) -> str:
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return header.removeprefix("Bearer ").strip()
    return str(given.get("token", ""))


def _basic_auth(request: web.Request, given: Json) -> None:
    header = request.headers.get("Authorization", "")
    if header.startswith("Basic "):
        try:
            pair = base64.b64decode(header.removeprefix("Basic ")).decode()
        except ValueError:
            return
        given["client_id"], _, given["client_secret"] = pair.partition(":")


def _failed(failure: Failure) -> tuple[int, Json, dict[str, str]]:
    if failure.fault is Fault.RATE_LIMITED:
        headers = {"Retry-After": str(int(failure.seconds))}
        return 429, {"ok": False, "error": "ratelimited"}, headers
    if failure.fault is Fault.REFUSED:
        return 200, {"ok": False, "error": failure.code}, {}
    return failure.status, {"ok": False, "error": "internal_error"}, {}
