"""A message's text as a person reads it, from Slack's `mrkdwn` with its tokens and escapes."""

from __future__ import annotations

import html
import re

from engine.readable import readable

_TOKEN = re.compile(r"<([^<>]{1,4000})>")
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_ADDRESSED_TO_OTHERS = re.compile(r"<!(?:here|channel|everyone|subteam\^[A-Z0-9]+)(?:\|[^<>]*)?>")
_EMOJI = re.compile(r":[a-z0-9_+'-]{1,100}:(?::skin-tone-\d:)?")
_SPACES = re.compile(r"[ \t\u00a0]{2,}")


def plain_text(text: str, *, bot_user: str) -> str:
    """The text without a mention of the bot, tokens as they are shown, and no invisible characters.

    A link gives its label and, where that is another text, nothing of its address.
    """
    without_bot = re.sub(rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>[,:]?", " ", text)
    shown = html.unescape(_TOKEN.sub(_shown, without_bot))
    return _SPACES.sub(" ", readable(shown)).strip()


def mentions(text: str) -> frozenset[str]:
    """Ids of the people whom a text mentions."""
    return frozenset(_MENTION.findall(text))


def calls_a_group(text: str) -> bool:
    """Whether a text calls @here, @channel, @everyone or a user group."""
    return _ADDRESSED_TO_OTHERS.search(text) is not None


def without_emoji(text: str) -> str:
    """A plain text without `:names:` of emoji."""
    return _EMOJI.sub(" ", text).strip()


def _shown(token: re.Match[str]) -> str:
    target, _, label = token[1].partition("|")
    if target.startswith(("@", "#")):
        return f"{target[0]}{label}" if label else {"@": "@someone", "#": "a channel"}[target[0]]
    if target.startswith("!"):
        if label:
            return label
        return f"@{target[1:].partition('^')[0]}"
    return label or target.removeprefix("mailto:").removeprefix("tel:")
