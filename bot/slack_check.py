"""What `deskhand doctor` looks at in Slack: tokens, scopes, the transport, channels, the clock."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial

import aiohttp
from pydantic import SecretStr

from bot.diagnosis import Check, Finding, NotChecked, Once, fail, ok, warn
from bot.names import APP_SCOPES, BOT_SCOPES
from bot.slack_api import Refused, SlackApi, SlackFault
from bot.transport.http import SERVER
from bot.transport.mends import mend_of
from engine.slack_settings import SlackSettings

_SIGNATURE_WINDOW_S = 300
_SKEW_WARNED_S = 60
_PORT_ANSWERS_WITHIN_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What `auth.test` says. scopes: None where Slack does not say."""

    team: str
    team_id: str
    user: str
    scopes: frozenset[str] | None
    skew_s: float | None
    """By how much this machine's clock is ahead; None where Slack does not tell the time."""


class SlackCheck:
    """The checks of one app; closes what it opened with `aclose`.

    card_channels: where the policy sends cards besides the escalation channel. admin_channel: that
    hears of modes, retraining and digests; None where none is set. wall: seconds since 1970.
    """

    def __init__(
        self,
        settings: SlackSettings,
        *,
        card_channels: Sequence[str] = (),
        admin_channel: str | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._card_channels = card_channels
        self._admin_channel = admin_channel
        self._wall = wall
        self._bot = self._api(settings.bot_token)
        self._app = self._api(settings.app_token)
        self._installed = Once(self._auth_test)

    def checks(self) -> list[Check]:
        """In the order of an installation."""
        limit_s = self._settings.request_timeout_s + 5
        return [
            Check(name="bot token", look=self._bot_token, limit_s=limit_s),
            Check(name="scopes", look=self._scopes, limit_s=limit_s),
            Check(name="transport", look=self._transport, limit_s=limit_s),
            Check(name="port", look=self._port),
            Check(name="escalation", look=self._escalation, limit_s=2 * limit_s),
            *(
                Check(name=f"cards in {channel}", look=partial(self._cards_in, channel))
                for channel in self._card_channels
            ),
            Check(name="admins", look=self._admins, limit_s=2 * limit_s),
            Check(name="clock", look=self._clock, limit_s=limit_s),
            *(
                Check(
                    name=f"shared files of {channel}",
                    look=partial(self._knowledge, channel),
                    limit_s=2 * limit_s,
                )
                for channel in self._settings.knowledge_channels
            ),
        ]

    async def aclose(self) -> None:
        """Ends what is under way."""
        await self._installed.aclose()
        for api in (self._bot, self._app):
            if api is not None:
                await api.aclose()

    def _api(self, token: SecretStr | None) -> SlackApi | None:
        if token is None:
            return None
        url, timeout_s = self._settings.api_url, self._settings.request_timeout_s
        return SlackApi(token.get_secret_value(), url=url, timeout_s=timeout_s)

    async def _bot_token(self) -> Finding:
        token = self._settings.bot_token
        if token is None:
            return fail(
                "no bot token is set",
                "copy it from api.slack.com/apps > your app > OAuth & Permissions into "
                "SLACK_BOT_TOKEN",
            )
        if not token.get_secret_value().startswith("xoxb-"):
            return fail("SLACK_BOT_TOKEN is no bot token", "use the one that begins with xoxb-")
        try:
            installed = await self._installed.get()
        except SlackFault as error:
            return _refused(error, "SLACK_BOT_TOKEN")
        return ok(f"installed in {installed.team} as @{installed.user}")

    async def _scopes(self) -> Finding:
        granted = (await self._installation()).scopes
        if granted is None:
            return warn("Slack did not say which scopes the bot token has")
        missing = [scope for scope in BOT_SCOPES if scope not in granted]
        if missing:
            told = "; ".join(f"{scope} ({BOT_SCOPES[scope]})" for scope in missing)
            return fail(
                f"the bot token lacks {told}",
                "add them under OAuth & Permissions and install the app again, or use a manifest "
                "of manifests/",
            )
        extra = sorted(granted - BOT_SCOPES.keys())
        if extra:
            return warn(
                f"the bot token has scopes that nothing needs: {', '.join(extra)}",
                "remove them under OAuth & Permissions and install the app again",
            )
        return ok(f"all {len(BOT_SCOPES)} are granted")

    async def _transport(self) -> Finding:
        if self._settings.transport == "http":
            if self._settings.signing_secret is None:
                return fail(
                    "HTTP needs the signing secret",
                    "copy it from api.slack.com/apps > your app > Basic Information into "
                    "SLACK_SIGNING_SECRET",
                )
            return ok("signed HTTP; the signing secret is set, and is proved by a first event")
        token = self._settings.app_token
        if self._app is None or token is None:
            return fail(
                "Socket Mode needs the app-level token",
                "make one under Basic Information > App-Level Tokens, with the scope "
                f"{APP_SCOPES[0]}, and put it into SLACK_APP_TOKEN",
            )
        if not token.get_secret_value().startswith("xapp-"):
            return fail(
                "SLACK_APP_TOKEN is no app-level token", "use the one that begins with xapp-"
            )
        try:
            await self._app.call("apps.connections.open")  # a ticket; nothing connects with it
        except SlackFault as error:
            return _refused(error, "SLACK_APP_TOKEN")
        return ok("Socket Mode; Slack takes connections of this app")

    async def _port(self) -> Finding:
        host, port = self._settings.host, self._settings.port
        try:
            await asyncio.to_thread(_bind, host, port)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and await _is_deskhand(port):
                return ok(f"a Deskhand that runs holds port {port}")
            why = {
                errno.EADDRINUSE: f"another program listens on port {port}",
                errno.EACCES: f"this user may not listen on port {port}",
            }.get(error.errno or 0, f"{host} port {port} cannot be listened on")
            return fail(why, "set DESKHAND_SLACK__PORT, or DESKHAND_SLACK__HOST, to another")
        return ok(f"{host} port {port} is free")

    async def _escalation(self) -> Finding:
        channel = self._settings.escalation_channel
        if channel is None:
            return warn(
                "no channel is set where people take doubtful cases",
                "set DESKHAND_SLACK__ESCALATION_CHANNEL to a channel's id (About > Channel ID)",
            )
        mend = "invite the bot to it, or mend DESKHAND_SLACK__ESCALATION_CHANNEL"
        into = "doubtful cases go to {}"
        return await self._takes_messages(channel, "the escalation channel", mend, into)

    async def _admins(self) -> Finding:
        channel = self._admin_channel
        if channel is None:
            return warn(
                "no channel is set that hears of modes, retraining and digests",
                "set DESKHAND_REVIEW__ADMIN_CHANNEL to a channel's id (About > Channel ID)",
            )
        mend = "invite the bot to it, or mend DESKHAND_REVIEW__ADMIN_CHANNEL"
        into = "modes, retraining and digests are told in {}"
        return await self._takes_messages(channel, "the admins' channel", mend, into)

    async def _cards_in(self, channel: str) -> Finding:
        mend = (
            "invite the bot to it, or mend the policy file; its cases go to the escalation channel"
        )
        into = "doubtful cases go to {}"
        return await self._takes_messages(channel, "the policy's channel", mend, into)

    async def _takes_messages(self, channel: str, called: str, mend: str, into: str) -> Finding:
        """Whether the bot can post there, and who reads it. into: what goes to `{}`."""
        await self._installation()
        if self._bot is None:
            raise NotChecked("no bot token is set")
        try:
            told = await self._bot.call("conversations.info", channel=channel)
        except Refused as error:
            if error.code != "channel_not_found":
                raise
            return fail(f"{called} {channel} is not there, or private without the bot", mend)
        info = told.get("channel") or {}
        name = f"#{info.get('name', channel)}"
        if info.get("is_archived"):
            return fail(f"{called} {name} is archived", "name another")
        if not info.get("is_member"):
            return fail(f"the bot is not in {called} {name}", "invite it there")
        if info.get("is_ext_shared") or info.get("is_pending_ext_shared"):
            return warn(
                f"{called} {name} is shared with another company, which reads all that is posted "
                "there, drafts and evidence too",
                "name a channel of your own",
            )
        return ok(into.format(name))

    async def _knowledge(self, channel: str) -> Finding:
        await self._installation()
        if self._bot is None:
            raise NotChecked("no bot token is set")
        mend = "invite the bot to it, or mend DESKHAND_SLACK__KNOWLEDGE_CHANNELS"
        try:
            told = await self._bot.call("conversations.info", channel=channel)
        except Refused as error:
            if error.code != "channel_not_found":
                raise
            return fail(f"{channel} is not there, or private without the bot", mend)
        info = told.get("channel") or {}
        name = f"#{info.get('name', channel)}"
        if info.get("is_archived"):
            return fail(f"{name} is archived, so its files are no documents", mend)
        if not info.get("is_member"):
            return fail(f"the bot is not in {name}, so its files are no documents", mend)
        return ok(f"files shared in {name} are documents for who is in it")

    async def _clock(self) -> Finding:
        skew_s = (await self._installation()).skew_s
        if skew_s is None:
            return warn("Slack did not tell the time")
        text = f"this machine's clock is {abs(skew_s):.0f} s {'ahead' if skew_s > 0 else 'behind'}"
        mend = "let it be set from the network (NTP)"
        if abs(skew_s) >= _SIGNATURE_WINDOW_S and self._settings.transport == "http":
            return fail(f"{text}: every signed request will be refused", mend)
        if abs(skew_s) >= _SKEW_WARNED_S:
            return warn(text, mend)
        return ok("this machine's clock agrees with Slack's")

    async def _installation(self) -> Installation:
        """Raises: NotChecked where the bot token does not work."""
        try:
            return await self._installed.get()
        except SlackFault:
            raise NotChecked("the bot token does not work") from None

    async def _auth_test(self) -> Installation:
        if self._bot is None:
            raise NotChecked("no bot token is set")
        before = self._wall()
        told, headers = await self._bot.call_with_headers("auth.test")
        middle = (before + self._wall()) / 2
        scopes = headers.get("x-oauth-scopes")
        return Installation(
            team=str(told.get("team", "")),
            team_id=str(told.get("team_id", "")),
            user=str(told.get("user", "")),
            scopes=None
            if scopes is None
            else frozenset(scope.strip() for scope in scopes.split(",") if scope.strip()),
            skew_s=_skew_s(headers.get("date"), middle),
        )


def _refused(error: SlackFault, setting: str) -> Finding:
    if isinstance(error, Refused):
        return fail(f"Slack refuses {setting} ({error.code})", mend_of(error.code, setting))
    return fail(str(error), "check that this machine reaches slack.com, and try again")


def _skew_s(date: str | None, now: float) -> float | None:
    try:
        return None if date is None else now - parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError):
        return None


def _bind(host: str, port: int) -> None:
    """Raises: OSError where nobody may listen there now."""
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tried.bind(address)
        tried.listen(1)


async def _is_deskhand(port: int) -> bool:
    limit = aiohttp.ClientTimeout(total=_PORT_ANSWERS_WITHIN_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.get(f"http://127.0.0.1:{port}/healthz", allow_redirects=False) as response,
        ):
            return response.headers.get("Server") == SERVER
    except (aiohttp.ClientError, OSError, TimeoutError):
        return False
