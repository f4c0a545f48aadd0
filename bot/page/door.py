"""The page's door: other accounts of the machine reach its port too, so it opens by a key.

The key is in the address that the demo prints, which only the account that started it reads. A
browser that comes with it gets the session's cookie, and an address bar without the key.
"""

from __future__ import annotations

import hmac
import secrets
from http import HTTPStatus

from aiohttp import web

KEY = "key"
CLOSED = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    {refresh}<title>Deskhand</title>
    <link rel="icon" href="/static/mark.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/static/css/tokens.css" />
    <link rel="stylesheet" href="/static/css/door.css" />
  </head>
  <body class="door">
    <main>
      <h1>Deskhand</h1>
      <p>Open the address that <code>make demo</code> printed: it carries the key to this page.</p>
    </main>
  </body>
</html>
"""
_AGAIN = '<meta http-equiv="refresh" content="0; url=/" />\n    '


class Door:
    """Who is let in; its secrets last as long as the server."""

    def __init__(self) -> None:
        self._key = secrets.token_urlsafe(24)
        self._once = ""
        self._cookie = secrets.token_urlsafe(24)

    def address(self, origin: str) -> str:
        """Where the page is opened, as often as one likes, until the server ends."""
        return f"{origin}/?{KEY}={self._key}"

    def address_once(self, origin: str) -> str:
        """Where it is opened once: for a browser's command line, which other accounts can list.

        The one given before no longer opens it.
        """
        self._once = secrets.token_urlsafe(24)
        return f"{origin}/?{KEY}={self._once}"

    def knows(self, request: web.Request, cookie_name: str) -> bool:
        """Whether a request carries the session's cookie."""
        return same(request.cookies.get(cookie_name, ""), self._cookie)

    def enter(self, request: web.Request, cookie_name: str) -> web.Response | None:
        """What a browser at `/` gets instead of the page; None where it is to get the page."""
        given = request.query.getall(KEY, [])
        if len(given) == 1 and self._fits(given[0]):
            inside = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/"})
            inside.set_cookie(cookie_name, self._cookie, path="/", httponly=True, samesite="Strict")
            return inside
        if self.knows(request, cookie_name):
            return None
        # A link elsewhere brings no strict cookie, a request of this page itself does.
        elsewhere = request.headers.get("Sec-Fetch-Site") == "cross-site"
        return web.Response(
            status=HTTPStatus.FORBIDDEN,
            text=CLOSED.format(refresh=_AGAIN if elsewhere else ""),
            content_type="text/html",
        )

    def _fits(self, key: str) -> bool:
        if self._once and same(key, self._once):
            self._once = ""
            return True
        return same(key, self._key)


def same(given: str, wanted: str) -> bool:
    """Whether two secrets are the same, in a time that says nothing of where they differ."""
    return hmac.compare_digest(given.encode(errors="surrogatepass"), wanted.encode())
