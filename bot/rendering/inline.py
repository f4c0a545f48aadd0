"""The words of a paragraph as elements of a rich text: code, bold, struck out, links."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from bot.rendering import limits
from bot.rendering.elements import Element, link, text
from bot.rendering.neutral import web_address
from engine.containment import contain

_INLINE = re.compile(
    r"`(?P<code>[^`\n]{1,1000})`"
    r"|(?<![\w*])\*\*(?=\S)(?P<bold>[^*`\n]{1,1000})(?<=\S)\*\*(?![\w*])"
    r"|(?<![\w~])~~(?=\S)(?P<struck>[^~`\n]{1,1000})(?<=\S)~~(?![\w~])"
    r"|\[(?P<label>[^\[\]\n]{1,300})\]\((?P<target>https?://[^\s()<>]{1,2000})\)"
    r"|(?P<url>https?://[^\s<>\"'`()\[\]{}|\\^]{1,2000})"
)
_NAMES_A_PLACE = re.compile(r"://|[\w-]\.\w\S*$")
_AFTER = ".,;:!?"


class Links:
    """Which addresses in a text may be live: the given ones, or all http(s) where a person wrote
    the text. An address that is not live stays as words.
    """

    def __init__(self, allowed: Collection[str] = (), *, all_web: bool = False) -> None:
        self._allowed = {url.rstrip(_AFTER) for url in allowed}
        self._all_web = all_web

    def contained(self, words: str) -> str:
        """Words that are shown without marks: no address but live ones is left of them."""
        return words if self._all_web else contain(words, self._allowed)

    def live(self, url: str) -> bool:
        """Whether the address may be linked."""
        known = self._all_web or url.rstrip(_AFTER) in self._allowed
        return known and len(url) <= limits.URL and web_address(url) is not None


def inline_elements(words: str, links: Links) -> list[Element]:
    """The elements that show the words; at least one."""
    return list(_elements(words, links)) or [text(words)]


def plain_words(words: str) -> str:
    """The words without the marks of code, bold and struck out; links by their label."""

    def bare(match: re.Match[str]) -> str:
        shown = (match["code"], match["bold"], match["struck"], match["label"], match["url"])
        return next(words for words in shown if words is not None)

    return _INLINE.sub(bare, words)


def _elements(words: str, links: Links) -> Iterator[Element]:
    begin = 0
    for match in _INLINE.finditer(words):
        element, end = _marked(match, links)
        if element is None:
            continue
        if match.start() > begin:
            yield text(words[begin : match.start()])
        yield element
        begin = end
    if begin < len(words):
        yield text(words[begin:])


def _marked(match: re.Match[str], links: Links) -> tuple[Element | None, int]:
    """The element, None for what stays words, and where in the text it ends."""
    end = match.end()
    if match["code"] is not None:
        return text(match["code"], code=True), end
    if match["bold"] is not None:
        return text(match["bold"], bold=True), end
    if match["struck"] is not None:
        return text(match["struck"], strike=True), end
    if match["target"] is not None:
        target, label = match["target"], match["label"].strip()
        if not links.live(target):
            return None, end
        # A label that names a place must name the one it leads to.
        honest = label if label and not _NAMES_A_PLACE.search(label) else ""
        return link(target, honest), end
    url = match["url"].rstrip(_AFTER)
    return (link(url), match.start() + len(url)) if links.live(url) else (None, end)
