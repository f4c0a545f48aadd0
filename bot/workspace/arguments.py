"""A call's arguments: query, form and JSON merged, and read as the kinds Slack reads."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from bot.workspace.errors import Json, SlackError, invalid_arguments


async def parse_arguments(request: web.Request, *, json_read: bool = True) -> Json:
    """Every argument of a request, from query, form and JSON body together.

    json_read: False for a method that is blind to a JSON body.

    Raises:
        SlackError: the body is not what its content type says.
    """
    merged: Json = dict(request.query)
    if request.method != "POST":
        return merged
    if request.content_type == "application/json":
        body = await request.read()
        if body.strip():
            try:
                parsed = json.loads(body)
            except ValueError:
                raise SlackError("invalid_json") from None
            if not isinstance(parsed, dict):
                raise SlackError("json_not_object")
            merged |= parsed if json_read else {}
    elif request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        form = await request.post()
        merged |= {name: value for name, value in form.items() if isinstance(value, str)}
    return {name: value for name, value in merged.items() if value is not None}


class Arguments:
    """The arguments of one call; unknown ones are never looked at."""

    def __init__(self, given: Json) -> None:
        self.given = given

    def text(self, name: str, default: str = "") -> str:
        """A string; numbers are taken as their digits."""
        value = self.given.get(name, default)
        if isinstance(value, dict | list):
            return json.dumps(value)
        return str(value)

    def has(self, name: str) -> bool:
        """Whether it was given and is not empty."""
        return self.given.get(name) not in (None, "", [])

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean: true, 1 and their words, and all else for false."""
        value = self.given.get(name)
        if value in (None, ""):
            return default
        return str(value).lower() in ("1", "true", "yes")

    def number(self, name: str, default: int) -> int:
        """A whole number.

        Raises:
            SlackError: it is something else.
        """
        value = self.given.get(name)
        if value in (None, ""):
            return default
        try:
            return int(str(value))
        except ValueError:
            raise invalid_arguments(f"must be a number [json-pointer:/{name}]") from None

    def json(self, name: str, error: str = "invalid_arguments") -> Any:
        """A list or object, given as such or as JSON text; None when it is absent.

        Raises:
            SlackError: `error`, when the text is not JSON.
        """
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise SlackError(error) from None

    def words(self, name: str) -> list[str]:
        """A list given as such, as JSON text, or separated by commas."""
        value = self.given.get(name)
        if isinstance(value, str) and not value.lstrip().startswith("["):
            return [part.strip() for part in value.split(",") if part.strip()]
        found = self.json(name)
        return [str(part) for part in found] if isinstance(found, list) else []
