"""A page that stays in step: frames of changes over a WebSocket, from where it left off."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.page.feed import Key
from bot.page.sight import Sight
from bot.workspace.changes import ChangeKind

if TYPE_CHECKING:
    from bot.page.server import PageServer

Json = dict[str, Any]
HEARTBEAT_S = 15.0
_GATHER_S = 0.03
"""How long changes are gathered into one frame: short to a reader, long to a stream of pieces."""


async def follow(server: PageServer, request: web.Request) -> web.StreamResponse:
    """Serves one page until it goes away."""
    viewer = request.query.get("as", "")
    known = viewer in server.workspace.world.people
    sight = server.sight(viewer)
    ws = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=4096)
    await ws.prepare(request)
    number = server.feed.number_of(request.query.get("after", "")) if known else None
    sending = asyncio.ensure_future(_send(server, ws, sight, number))
    try:
        async for _ in ws:
            pass  # pages say nothing; this ends when they close
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    return ws


async def _send(
    server: PageServer, ws: web.WebSocketResponse, sight: Sight, number: int | None
) -> None:
    feed = server.feed
    if number is None:
        place = feed.place
        number = feed.number_of(place) or 0
        await ws.send_str(json.dumps({"id": place, "reset": True}))
    while not ws.closed:
        await feed.beyond(number)
        await asyncio.sleep(_GATHER_S)
        keys, number = feed.since(number)
        beside = server.beside() if any(isinstance(key, str) for key in keys) else {}
        changes = [c for key in keys if (c := change_of(sight, key, beside)) is not None]
        if changes:
            await ws.send_str(json.dumps({"id": feed.name(number), "changes": changes}))


def change_of(sight: Sight, key: Key, beside: Json) -> Json | None:
    """A thing as its viewer sees it now; None where it is not for them."""
    if isinstance(key, str):
        return {"kind": key, key: beside[key]} if key in beside else None
    world = sight.workspace.world
    mine = key.place == sight.viewer.id
    if key.kind is ChangeKind.PERSON:
        return {"kind": "person", "person": sight.person(world.people[key.place])}
    if key.kind is ChangeKind.MODALS:
        return {"kind": "modals", "modals": sight.modals()} if mine else None
    if key.kind is ChangeKind.HOME:
        return {"kind": "home", "home": sight.home()} if mine else None
    channel = world.channels[key.place]
    if key.kind is ChangeKind.CHANNEL:
        if not sight.may_see(channel):
            return {"kind": "channel_gone", "channel": channel.id}
        return {"kind": "channel", "channel": sight.channel(channel)}
    if not sight.may_see(channel):
        return None
    if key.kind is ChangeKind.SESSION:
        return {"kind": "status", "status": sight.session(channel.id, key.ts)}
    if key.kind is ChangeKind.PROMPTS:
        return {"kind": "prompts", "prompts": sight.prompts(channel.id)}
    message = sight.message_at(channel, key.ts)
    if message is None:
        return {"kind": "message_gone", "channel": channel.id, "ts": key.ts}
    return {"kind": "message", "message": message}
