"""What the page's server does not do, and how it says so."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """Ends a request. code: for the page's script; text: one sentence for its reader."""

    status: int
    code: str
    text: str

    def response(self) -> web.Response:
        """The refusal as it goes out."""
        body = {"error": {"code": self.code, "text": self.text}}
        return web.json_response(body, status=self.status)


def bad_request(text: str) -> Refusal:
    """A field is missing or wrong."""
    return Refusal(400, "bad_request", text)


def forbidden(text: str) -> Refusal:
    """Slack's own clients would not offer it to this person."""
    return Refusal(403, "forbidden", text)


def not_found(text: str) -> Refusal:
    """It is not there, or not for this person."""
    return Refusal(404, "not_found", text)
