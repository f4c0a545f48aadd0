"""Texts of others without what acts on their reader, whatever later reads them.

The engine contains what it writes; titles, questions and a person's answer come from elsewhere.
"""

from __future__ import annotations

import re

from engine.containment import citable_url
from engine.readable import readable

_TOKEN = re.compile(
    r"<(?=[@#]|!(?!--|doctype\b)|(?:https?|ftp|mailto|slack|javascript|vbscript):"
    r"|(?:tel|file|data):(?!:))",
    re.IGNORECASE,
)
_BROADCAST = re.compile(r"(?<![\w.+-])@(?=(?:channel|here|everyone)(?:\b|https?:))", re.IGNORECASE)


def neutral(text: str) -> str:
    """The text without characters that show nothing or turn the text around them, and with a
    blank in what Slack would take for a mention, a broadcast or a link: `< !here>`, `@ here`.

    Code keeps its `<name>` and `<!-- -->`, letters and emoji what shapes them. Twice is the same as
    once.
    """
    return _BROADCAST.sub("@ ", _TOKEN.sub("< ", readable(text)))


def one_line(text: str) -> str:
    """The same on one line."""
    return " ".join(neutral(text).split())


def escape(text: str) -> str:
    """For a message's `text`, which Slack reads as mrkdwn."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def web_address(url: object) -> str | None:
    """An http(s) address that may be linked; None for all else."""
    return citable_url(url) if isinstance(url, str) else None
