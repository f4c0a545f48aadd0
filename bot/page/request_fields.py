"""What requests of the page say, read with a sentence for each thing that is wrong."""

from __future__ import annotations

import json
import re
from typing import Any

from aiohttp import web

from bot.page.refusal import Refusal, bad_request

Json = dict[str, Any]
_MAX_JSON_BYTES = 2**20
_PAGE, _MOST = 50, 200
_TS = re.compile(r"\d{1,12}\.\d{6}")


async def json_of(request: web.Request) -> Json:
    """The object that a page sent.

    Raises: Refusal.
    """
    if request.content_type != "application/json":
        raise Refusal(415, "not_json", "Acts are sent as application/json.")
    body = await request.content.read(_MAX_JSON_BYTES + 1)
    while len(body) <= _MAX_JSON_BYTES and not request.content.at_eof():
        body += await request.content.read(_MAX_JSON_BYTES + 1 - len(body))
    if len(body) > _MAX_JSON_BYTES:
        raise Refusal(413, "too_large", "This is too large to be sent.")
    try:
        given = json.loads(body)
    except ValueError:
        raise bad_request("This is no JSON.") from None
    if not isinstance(given, dict):
        raise bad_request("This is no JSON object.")
    return given


def paging_of(request: web.Request) -> tuple[str, int]:
    """Before which ts a page of messages ends, empty for the last, and how many it holds.

    Raises: Refusal.
    """
    before = ts_of(request, "before") if request.query.get("before") else ""
    given = request.query.get("limit", str(_PAGE))
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= _MOST):
        raise bad_request(f"The field limit must be a number from 1 to {_MOST}.")
    return before, int(given)


def ts_of(request: web.Request, name: str) -> str:
    """A message's ts.

    Raises: Refusal.
    """
    ts = request.query.get(name, "")
    if not _TS.fullmatch(ts):
        raise bad_request(f"The field {name} must be a message's ts.")
    return ts
