"""What of a text would act on its reader, judged by other means than the engine's containment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from engine.containment import INVISIBLE

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_SLACK_TOKEN = re.compile(r"<(?:[!@#]|[a-z][a-z0-9+.-]*:[^\s<>:])[^>]*>", re.IGNORECASE)
_HTML_WITH_ATTRIBUTE = re.compile(r"<[a-z][^<>]*=", re.IGNORECASE)
_BROADCAST = re.compile(r"(?<!\w)@(?:channel|here|everyone)\b", re.IGNORECASE)
_CODE_TARGET = re.compile(r"[\w,'\"=*%-]*")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://[\w\[/]+|\b(?:javascript|mailto):\w+", re.IGNORECASE)
_TRAILING = ".,;:!?"


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True})


@lru_cache(maxsize=16)
def _parsed(text: str) -> tuple[Token, ...]:
    """A text's tokens, parsed once for all that looks at them."""
    return tuple(_markdown().parse(text))


def live_links(text: str, allowed: Collection[str], words: Collection[str] = ()) -> list[str]:
    """Links, as CommonMark has them, and bare addresses, other than the allowed ones.

    words: addresses that may stand in code, of which no client makes a link.
    """
    kept = {url.rstrip(_TRAILING) for url in allowed if url}
    found, codes = [], Counter[str]()
    for token in _tokens(_parsed(text)):
        if token.type == "link_open":
            target = str(token.attrGet("href"))
            if target.rstrip(_TRAILING) not in kept and not _CODE_TARGET.fullmatch(target):
                found.append(f"link {target}")
        if token.type in ("code_inline", "fence"):
            codes[token.content.strip()] += 1
    plain = text
    for code, times in codes.items():
        as_words = code
        for url in sorted(words, key=len, reverse=True):
            as_words = as_words.replace(url, "")
        # Where the code lies: between backticks, its line breaks as blanks, its margins off.
        between = re.sub(r"(?:\\ )+", r"\\s+", re.escape(code))
        for _ in range(times):
            plain = re.sub(rf"`[a-z]*\s*{between}\s*`", lambda _: as_words, plain, count=1)  # noqa: B023
    for url in sorted(kept, key=len, reverse=True):
        plain = plain.replace(url, "")
    return found + [f"address {match}" for match in _ADDRESS.findall(plain)]


def live_mentions(text: str) -> list[str]:
    """Slack's tokens for people, groups and channels, and @channel, @here and @everyone."""
    found = [f"token {match}" for match in _SLACK_TOKEN.findall(text)]
    return found + [f"broadcast {match}" for match in _BROADCAST.findall(text)]


def live_markup(text: str) -> list[str]:
    """Images, HTML with attributes, and characters that show nothing or turn the text around."""
    found = [f"invisible {match!r}" for match in INVISIBLE.findall(text)]
    for token in _tokens(_parsed(text)):
        if token.type == "image":
            found.append(f"image {token.attrGet('src')}")
        if token.type.startswith("html_") and _HTML_WITH_ATTRIBUTE.search(token.content):
            found.append(f"html {token.content}")
    return found


def _tokens(parsed: Iterable[Token]) -> Iterator[Token]:
    for token in parsed:
        yield token
        yield from _tokens(token.children or [])
