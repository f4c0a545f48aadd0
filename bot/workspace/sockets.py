"""Socket Mode: tickets, sockets, and envelopes that must be acknowledged in three seconds."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass, field
from enum import StrEnum

from aiohttp import WSMsgType, web

from bot.workspace.clock import Clock
from bot.workspace.delivery import ACK_WITHIN_S, Answer, Envelope, EnvelopeType, within
from bot.workspace.errors import Json
from bot.workspace.faults import Faults

TICKET_LIVES_S = 30.0
CONNECTIONS = 10
CLOSE_AFTER_WARNING_S = 10.0
HEARTBEAT_S = 10.0


class Disconnect(StrEnum):
    """Why Slack asks for a new connection."""

    WARNING = "warning"
    """The socket closes in about ten seconds."""
    REFRESH = "refresh_requested"
    TOO_MANY = "too_many_websockets"


@dataclass(slots=True, kw_only=True, eq=False)
class Socket:
    """One open connection."""

    number: int
    ws: web.WebSocketResponse
    request: web.Request
    sent: list[str] = field(default_factory=list)
    """Envelope ids that went out over it."""
    acked: list[str] = field(default_factory=list)

    def cut(self) -> None:
        """Ends the connection as a broken line does, without a closing handshake."""
        if self.request.transport is not None:
            self.request.transport.abort()


class SocketMode:
    """The transport over websockets that the app opens."""

    def __init__(self, *, clock: Clock, rng: random.Random, faults: Faults, app_id: str) -> None:
        self.base_url = ""
        self.ack_within_s = ACK_WITHIN_S
        self.max_connections = CONNECTIONS
        self.sockets: list[Socket] = []
        self.opened = 0
        """Connections that were ever opened."""
        self._clock = clock
        self._rng = rng
        self._faults = faults
        self._app_id = app_id
        self._tickets: dict[str, float] = {}
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._someone = asyncio.Event()
        self._closing: set[asyncio.Future[None]] = set()

    def new_ticket(self) -> str:
        """An address that can be connected to once, within 30 seconds."""
        ticket = f"{self._rng.getrandbits(64):016x}"
        self._tickets[ticket] = self._clock.now()
        address = self.base_url.replace("http", "ws", 1)
        return f"{address}/link/?ticket={ticket}&app_id={self._app_id}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serves one connection until it ends. A spent ticket is refused with status 403."""
        made = self._tickets.pop(request.query.get("ticket", ""), None)
        if made is None or self._clock.now() - made > TICKET_LIVES_S:
            return web.Response(status=403, text="invalid or spent ticket")
        ws = web.WebSocketResponse(heartbeat=HEARTBEAT_S)
        await ws.prepare(request)
        if len(self.sockets) >= self.max_connections:
            await ws.send_json({"type": "disconnect", "reason": Disconnect.TOO_MANY.value})
            await ws.close()
            return ws
        self.opened += 1
        socket = Socket(number=self.opened, ws=ws, request=request)
        self.sockets.append(socket)
        try:
            await ws.send_json(self._hello(socket))
            self._someone.set()
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    self._take(socket, message.data)
        except ConnectionError:
            pass
        finally:
            self._forget(socket)
        return ws

    async def send(self, envelope: Envelope, attempt: int, reason: str) -> Answer:
        """Delivers over a socket drawn by chance; waits for one where none is open."""
        if not self.sockets:
            opened = asyncio.ensure_future(self._someone.wait())
            if not await within(self._clock, self.ack_within_s, opened):
                return Answer(acked=False, reason="connection_failed")
        envelope_id = f"{self._rng.getrandbits(128):032x}"
        acked: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = acked
        try:
            if self.sockets:
                socket = self._rng.choice(self.sockets)
                socket.sent.append(envelope_id)
                await self._send_over(socket, self._wrap(envelope, envelope_id, attempt, reason))
            if await within(self._clock, self.ack_within_s, acked):
                return Answer(acked=True, body=acked.result())
            return Answer(acked=False, reason="timeout")
        finally:
            self._waiting.pop(envelope_id, None)

    async def disconnect(self, reason: Disconnect, *, socket: Socket | None = None) -> None:
        """Asks for a new connection on one socket or all, and closes it as Slack does."""
        for told in [socket] if socket else list(self.sockets):
            await told.ws.send_json(
                {"type": "disconnect", "reason": reason.value, "debug_info": {}}
            )
            if reason is Disconnect.WARNING:
                closing = asyncio.ensure_future(self._close_later(told))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)
            else:
                self._forget(told)
                await told.ws.close()

    async def aclose(self) -> None:
        """Closes every socket."""
        for closing in list(self._closing):
            closing.cancel()
        for socket in list(self.sockets):
            self._forget(socket)
            socket.cut()

    async def _close_later(self, socket: Socket) -> None:
        await self._clock.sleep(CLOSE_AFTER_WARNING_S)
        self._forget(socket)
        await socket.ws.close()

    async def _send_over(self, socket: Socket, wrapped: Json) -> None:
        try:
            await socket.ws.send_str(json.dumps(wrapped))
        except (ConnectionError, RuntimeError):
            self._forget(socket)
            return
        if self._faults.befalls(self._faults.kill_socket_after_send):
            self._forget(socket)
            socket.cut()

    def _take(self, socket: Socket, data: str) -> None:
        try:
            message = json.loads(data)
        except ValueError:
            return
        if not isinstance(message, dict) or "envelope_id" not in message:
            return
        waiting = self._waiting.get(str(message["envelope_id"]))
        socket.acked.append(str(message["envelope_id"]))
        if waiting is not None and not waiting.done():
            payload = message.get("payload")
            waiting.set_result(payload if isinstance(payload, dict) else {})
        if self._faults.befalls(self._faults.kill_socket_after_ack):
            self._forget(socket)
            socket.cut()

    def _forget(self, socket: Socket) -> None:
        if socket in self.sockets:
            self.sockets.remove(socket)
        if not self.sockets:
            self._someone.clear()

    def _hello(self, socket: Socket) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.sockets),
            "connection_info": {"app_id": self._app_id},
            "debug_info": {
                "host": f"local-{socket.number}",
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
        }

    def _wrap(self, envelope: Envelope, envelope_id: str, attempt: int, reason: str) -> Json:
        wrapped: Json = {
            "envelope_id": envelope_id,
            "payload": envelope.payload,
            "type": envelope.type.value,
            "accepts_response_payload": envelope.type is not EnvelopeType.EVENT,
        }
        if envelope.type is EnvelopeType.EVENT:
            wrapped |= {"retry_attempt": attempt, "retry_reason": reason}
        return wrapped
