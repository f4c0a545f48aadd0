"""Who may talk to the page's server: its own pages, opened by the address it was started under.

A page of another site can make the browser send requests here, and a name of its own that it
points at this machine would even make them look alike. So every request must name this server as
its host; what reads or writes needs the cookie that only its own pages send along, which is
SameSite=Strict and given for the key alone; and what writes needs the origin, and a token in a
header that no other site can read or set.
"""

from __future__ import annotations

import secrets

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.page.door import Door, same
from bot.page.refusal import Refusal

TOKEN_HEADER = "X-Deskhand-Token"  # noqa: S105 - a header's name
_SAFE = ("GET", "HEAD")
_FOREIGN = "This address takes requests from its own page only; reload the page."


class Guard:
    """Checks requests; its secrets last as long as the server."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(24)
        self.door = Door()
        self._port = 0

    def listen_on(self, port: int) -> None:
        """Says which port the server got."""
        self._port = port

    @property
    def cookie_name(self) -> str:
        """Browsers share cookies between the ports of a host, so the name says the port."""
        return f"deskhand_page_{self._port}"

    @property
    def origin(self) -> str:
        """Of the page, without a slash at its end."""
        return f"http://127.0.0.1:{self._port}"

    def enter(self, request: web.Request) -> web.Response | None:
        """What a browser at `/` gets instead of the page; None where it is to get the page."""
        return self.door.enter(request, self.cookie_name)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuses what does not come from the page; turns refusals into their responses."""
        try:
            self._check(request)
            return await handler(request)
        except Refusal as refusal:
            return refusal.response()
        except web.HTTPRequestEntityTooLarge:
            return Refusal(413, "too_large", "This is too large to be sent.").response()
        except web.HTTPException as error:
            return Refusal(error.status, "not_found", "There is nothing here.").response()

    def _check(self, request: web.Request) -> None:
        if request.headers.getall("Host", []) not in ([name] for name in self._hosts()):
            raise Refusal(403, "foreign", _FOREIGN)
        if not request.path.startswith("/api/"):
            if request.method not in _SAFE:
                raise Refusal(405, "not_found", "There is nothing to write to here.")
            return
        if not self.door.knows(request, self.cookie_name):
            raise Refusal(403, "foreign", _FOREIGN)
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise Refusal(403, "foreign", _FOREIGN)
        upgrades = request.headers.get("Upgrade", "").lower() == "websocket"
        origin = request.headers.get("Origin")
        needs_origin = upgrades or request.method not in _SAFE
        if (needs_origin or origin is not None) and origin != f"http://{request.host}":
            raise Refusal(403, "foreign", _FOREIGN)
        if request.method in _SAFE:
            return
        if not same(request.headers.get(TOKEN_HEADER, ""), self.token):
            raise Refusal(403, "foreign", _FOREIGN)

    def _hosts(self) -> tuple[str, ...]:
        return (f"127.0.0.1:{self._port}", f"localhost:{self._port}")

    async def on_prepare(self, request: web.Request, response: web.StreamResponse) -> None:
        """Puts the headers on every response that keep a page to itself."""
        sockets = " ".join(f"ws://{host}" for host in self._hosts())
        response.headers.update(
            {
                "Content-Security-Policy": (
                    f"default-src 'self'; connect-src 'self' {sockets}; "
                    "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
                    "form-action 'none'; frame-ancestors 'none'"
                ),
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "Cross-Origin-Resource-Policy": "same-origin",
                "Cross-Origin-Opener-Policy": "same-origin",
            }
        )
        kept = "no-store" if request.path.startswith("/api/") else "no-cache"
        response.headers["Cache-Control"] = kept
