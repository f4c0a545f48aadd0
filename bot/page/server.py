"""The page's server: its addresses, over one local workspace."""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.page.acts import ACTS, GONE, Act
from bot.page.cast import Part
from bot.page.feed import Feed
from bot.page.following import follow
from bot.page.guard import Guard
from bot.page.refusal import Refusal, bad_request, forbidden, not_found
from bot.page.remembered import Remembered
from bot.page.request_fields import json_of, paging_of, ts_of
from bot.page.sight import Sight
from bot.workspace import Forbidden, LocalWorkspace
from bot.workspace.changes import Change, ChangeKind
from bot.workspace.channels import Channel
from bot.workspace.people import Kind
from engine.errors import DeskhandError
from engine.fault_place import place

Json = dict[str, Any]
STATIC = Path(__file__).parent / "static"
MAX_UPLOAD_BYTES = 50 * 2**20
_SHOWN_INLINE = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif"}
_SHOWN_INLINE["webp"] = "image/webp"
log = logging.getLogger(__name__)


class Backstage:
    """What stands beside the workspace: the bot, its faults, its answers. To be overridden."""

    def about(self) -> Json:
        """Fields of the state besides the workspace's own: `workspace`, `bot`, `faults`, ..."""
        return {}

    async def explain(self, sight: Sight, channel: Channel, ts: str) -> Json | None:
        """What stands behind a message; None where there is no Trace of it."""
        return None

    async def switch(self, name: str, on: bool) -> None:
        """Turns a fault on or off.

        Raises: Refusal.
        """
        raise not_found("There is no such fault.")


class PageServer:
    """Serves the page of one workspace. parts: what its people are in the demo, by id."""

    def __init__(
        self,
        workspace: LocalWorkspace,
        *,
        parts: Mapping[str, Part],
        backstage: Backstage,
        static: Path = STATIC,
    ) -> None:
        self.workspace = workspace
        self.feed = Feed()
        self.guard = Guard()
        self.remembered = Remembered()
        self.address = ""
        self._parts = parts
        self._backstage = backstage
        self._static = static
        workspace.world.changes.listen(self._changed)

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[str]:
        """Serves on 127.0.0.1 while inside; gives the page's address, with the key to it.

        port: 0 for any free one.

        Raises: OSError where the port is taken.
        """
        app = web.Application(
            middlewares=[self.guard.middleware, self._failures], client_max_size=MAX_UPLOAD_BYTES
        )
        app.on_response_prepare.append(self.guard.on_prepare)
        app.router.add_get("/", self._page)
        app.router.add_get("/api/state", self._state)
        app.router.add_get("/api/events", self._events)
        app.router.add_get("/api/messages", self._messages)
        app.router.add_get("/api/thread", self._thread)
        app.router.add_get("/api/explain", self._explain)
        app.router.add_get("/api/files/{file}", self._file)
        app.router.add_get("/api/files/{file}/{name}", self._file)
        app.router.add_post("/api/act", self._act)
        app.router.add_post("/api/upload", self._upload)
        app.router.add_post("/api/faults", self._faults)
        app.router.add_static("/static/", self._static)
        runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.5, handler_cancellation=True
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            bound = runner.addresses[0][1]
            self.guard.listen_on(bound)
            self.address = self.guard.door.address(self.guard.origin)
            yield self.address
        finally:
            await runner.cleanup()

    def address_once(self) -> str:
        """The page's address for a browser's command line; it opens the page once."""
        return self.guard.door.address_once(self.guard.origin)

    def sight(self, person_id: str) -> Sight:
        """What somebody sees; the first person where nobody has this id.

        Raises: Refusal where somebody is named who cannot be acted as.
        """
        people = self.workspace.world.people
        person = people.get(person_id) or next(p for p in people.values() if _can_act(p.kind))
        if not _can_act(person.kind) or person.deleted:
            raise forbidden("Nobody can act as this person.")
        return Sight(
            workspace=self.workspace,
            viewer=person,
            parts=self._parts,
            remembered=self.remembered,
        )

    def beside(self) -> Json:
        """The part of the state that is the same for everybody."""
        return self._backstage.about()

    def _changed(self, change: Change) -> None:
        if change.kind is ChangeKind.MESSAGE and not self.feed.knows(change):
            self.feed.touch(Change(ChangeKind.CHANNEL, change.place))
        self.feed.touch(change)

    @web.middleware
    async def _failures(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        try:
            return await handler(request)
        except Forbidden as error:
            raise forbidden(f"{error}.") from None
        except DeskhandError as error:
            raise Refusal(500, "failed", f"{error}.") from None
        except (Refusal, web.HTTPException):
            raise
        except Exception as error:
            log.error("the page's server failed: %s at %s", type(error).__name__, place(error))
            raise Refusal(500, "failed", "The page's server failed; its log has more.") from None

    # --- reading

    async def _page(self, request: web.Request) -> web.StreamResponse:
        instead = self.guard.enter(request)
        return instead or web.FileResponse(self._static / "index.html")

    async def _state(self, request: web.Request) -> web.StreamResponse:
        sight = self.sight(request.query.get("as", ""))
        groups = self.workspace.world.groups.values()
        state = {
            "id": self.feed.place,
            "token": self.guard.token,
            "viewer": sight.viewer.id,
            "people": sight.people(),
            "channels": [sight.channel(c) for c in sight.channels()],
            "groups": [{"id": g.id, "handle": g.handle} for g in groups],
            "modals": sight.modals(),
            "home": sight.home(),
            "statuses": sight.sessions(),
            "prompts": sight.all_prompts(),
        }
        return web.json_response(state | self.beside())

    async def _events(self, request: web.Request) -> web.StreamResponse:
        return await follow(self, request)

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        sight, channel = self._place(request)
        before, limit = paging_of(request)
        messages, more = sight.roots(channel, before, limit)
        return web.json_response({"channel": channel.id, "messages": messages, "more": more})

    async def _thread(self, request: web.Request) -> web.StreamResponse:
        sight, channel = self._place(request)
        ts = ts_of(request, "ts")
        before, limit = paging_of(request)
        messages, more = sight.replies(channel, ts, before, limit)
        root = sight.message_at(channel, ts)
        if root is None and not messages:
            raise not_found("This thread is no longer there.")
        shown = {"channel": channel.id, "ts": ts, "root": root, "messages": messages, "more": more}
        return web.json_response(shown)

    async def _explain(self, request: web.Request) -> web.StreamResponse:
        sight, channel = self._place(request)
        found = await self._backstage.explain(sight, channel, ts_of(request, "ts"))
        if found is None:
            raise Refusal(404, "no_trace", "Nothing is kept about how this came to be.")
        return web.json_response(found)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        sight = self.sight(request.query.get("as", ""))
        file = self.workspace.world.files.get(request.match_info["file"])
        if file is None or not sight.may_open(file):
            raise not_found("There is no such file for this person.")
        kind = _SHOWN_INLINE.get(file.name.rpartition(".")[2].lower())
        response = web.Response(body=file.data, content_type=kind or "application/octet-stream")
        if kind is None:
            name = re.sub(r"[^\w.-]", "_", file.name, flags=re.ASCII)
            response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    # --- acting

    async def _act(self, request: web.Request) -> web.StreamResponse:
        given = await json_of(request)
        name = given.get("act")
        act = ACTS.get(name) if isinstance(name, str) else None
        if act is None:
            raise bad_request("The field act must be one of: " + ", ".join(ACTS) + ".")
        sight = self._actor_sight(given.get("as"))
        done = act(
            Act(
                workspace=self.workspace,
                actor=self.workspace.actor(sight.viewer),
                sight=sight,
                given=given,
            )
        )
        return web.json_response(await done if inspect.isawaitable(done) else done)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        if request.content_type != "application/octet-stream":
            raise Refusal(415, "not_json", "A file is sent as application/octet-stream.")
        sight = self._actor_sight(request.query.get("as"))
        name = request.query.get("name", "").replace("/", "_").replace("\\", "_").strip()
        if not name or len(name) > 255:
            raise bad_request("The field name must be the file's name.")
        if "view" in request.query:  # chosen in a form, and sent with it
            stack = self.workspace.slack.views.stack(sight.viewer.id)
            if request.query["view"] not in (view.id for view in stack):
                raise GONE
            held = self.workspace.actor(sight.viewer).hold(name, await request.read())
            return web.json_response({"id": held.id, "name": held.name})
        channel = self._channel(sight, request)
        thread_ts = ts_of(request, "thread_ts") if request.query.get("thread_ts") else ""
        if thread_ts and not self.workspace.world.is_root(channel, thread_ts):
            raise not_found("This thread is no longer there.")
        message = self.workspace.actor(sight.viewer).upload(
            channel,
            name,
            await request.read(),
            text=request.query.get("text", ""),
            thread_ts=thread_ts,
        )
        done = {"channel": channel.id, "ts": message.ts, "file": message.files[0]}
        return web.json_response(done)

    async def _faults(self, request: web.Request) -> web.StreamResponse:
        given = await json_of(request)
        name, on = given.get("name"), given.get("on", True)
        if not isinstance(name, str) or not isinstance(on, bool):
            raise bad_request("The field name must be a fault's name, and on true or false.")
        await self._backstage.switch(name, on)
        return web.json_response({"faults": self.beside().get("faults", [])})

    # --- what requests name

    def _actor_sight(self, person_id: object) -> Sight:
        if not isinstance(person_id, str) or person_id not in self.workspace.world.people:
            raise bad_request("The field as must be the id of a person.")
        return self.sight(person_id)

    def _place(self, request: web.Request) -> tuple[Sight, Channel]:
        sight = self.sight(request.query.get("as", ""))
        return sight, self._channel(sight, request)

    def _channel(self, sight: Sight, request: web.Request) -> Channel:
        channel = self.workspace.world.channels.get(request.query.get("channel", ""))
        if channel is None or not sight.may_see(channel):
            raise not_found("There is no such channel for this person.")
        return channel


def _can_act(kind: Kind) -> bool:
    return kind is not Kind.BOT
