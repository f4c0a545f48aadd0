"""What a mirrored service does instead of answering, on a real socket."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum

from aiohttp import web


class Trouble(StrEnum):
    """Faults; a number is a status."""

    UNAUTHORISED = "401"
    TOO_LARGE = "413"
    LIMITED = "429"
    BROKEN = "500"
    HANG = "hang"
    DISCONNECT = "disconnect"
    NOT_JSON = "an answer of another service"


@dataclass
class Troubles:
    """trouble: what goes wrong now, for the next `times` requests (None: all), on paths that hold
    `where`. seen: method and path of each request, in order."""

    trouble: Trouble | None = None
    times: int | None = None
    where: str = ""
    retry_after: str = "0.05"
    seen: list[str] = field(default_factory=list)

    async def strike(self, request: web.Request) -> web.StreamResponse | None:
        """None where the request is answered as it should be."""
        self.seen.append(f"{request.method} {request.path}")
        if self.trouble is None or self.times == 0 or self.where not in request.path:
            return None
        if self.times is not None:
            self.times -= 1
        if self.trouble.value.isdecimal():
            headers = {"Retry-After": self.retry_after} if self.trouble is Trouble.LIMITED else {}
            return web.json_response(
                {"detail": "no"}, status=int(self.trouble.value), headers=headers
            )
        if self.trouble is Trouble.NOT_JSON:
            return web.Response(text="<html>welcome</html>", content_type="text/html")
        if self.trouble is Trouble.HANG:
            await asyncio.sleep(3600)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()
