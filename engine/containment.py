"""No text leaves the engine that could act on its reader's behalf.

A renderer escapes again; this is the engine's own promise.
"""

from __future__ import annotations

import re
from collections.abc import Collection

INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffc"
    "\U000e0000-\U000e0fff\ud800-\udfff]"
)
_IMAGE = re.compile(r"!\[([^\]\n]{0,300})\]\s{0,3}(?:\([^)\n]{0,2000}\)|\[[^\]\n]{0,200}\])")
_LINK = re.compile(r"\[([^\]\n]{1,500})\]\(\s*<?([^)\s>]{1,2000})>?[^)\n]{0,300}\)")
_REFERENCE = re.compile(r"^\s{0,3}\[[^\]\n]{1,200}\]:\s*\S+.*$", re.MULTILINE)
_ANGLE = re.compile(r"<(?=[!@#/a-zA-Z?])([^<>\n]{0,2000})>")
_URL = re.compile(
    r"(?:[a-zA-Z][a-zA-Z0-9+.-]{1,20}://|\b(?:mailto|tel|javascript|data):)[^\s<>\"'`)\]}|]+"
)
_BROADCAST = re.compile(r"@(?=(?:channel|here|everyone)\b)", re.IGNORECASE)
_TRAILING = ".,;:!?"


def contain(text: str, allowed_urls: Collection[str] = ()) -> str:
    """The text without anything that acts: images, `<...>` tokens, invisible or bidirectional
    characters, live @channel, @here and @everyone, and links other than the allowed ones.

    allowed_urls: addresses that may stand in the text as they are, those of cited documents and
        those written in the cited spans themselves.
    """
    allowed = {url.rstrip(_TRAILING) for url in allowed_urls}
    text = INVISIBLE.sub("", text)
    text = _IMAGE.sub(r"\1", text)
    text = _REFERENCE.sub("", text)
    text = _LINK.sub(lambda m: m[0] if m[2].rstrip(_TRAILING) in allowed else m[1], text)
    for _ in range(3):
        text, found = _ANGLE.subn(lambda m: _unwrap(m[1], allowed), text)
        if not found:
            break
    text = _URL.sub(lambda m: _keep_or_drop(m[0], allowed), text)
    return _BROADCAST.sub("@ ", text)


def urls_in(text: str) -> set[str]:
    """Addresses written in a text, without the punctuation that ends a sentence."""
    return {match.rstrip(_TRAILING) for match in _URL.findall(text)}


def _unwrap(inner: str, allowed: set[str]) -> str:
    """What is left of a `<...>` token: an allowed address, a label, or the word itself."""
    if inner.split("|", 1)[0].rstrip(_TRAILING) in allowed:
        return inner.split("|", 1)[0]
    if inner.startswith(("!", "@", "#")):
        return inner.split("|", 1)[1] if "|" in inner else ""
    if inner.startswith(("/", "?", "mailto:")) or "=" in inner or "://" in inner:
        return inner.split("|", 1)[1] if "|" in inner else ""
    return inner


def _keep_or_drop(url: str, allowed: set[str]) -> str:
    bare = url.rstrip(_TRAILING)
    return url if bare in allowed else "(link removed)" + url[len(bare) :]
