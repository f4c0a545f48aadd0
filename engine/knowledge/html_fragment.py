"""HTML inside a page -> Markdown, with every tag that is not HTML kept as the text it is."""

from __future__ import annotations

import html
import re

# Possessive, so that a quote or bracket that never closes costs no second look.
TAG = re.compile(
    r"""<(/?)([A-Za-z][\w:-]*+)((?:[^<>"']++|"[^"<>]{0,4000}+"|'[^'<>]{0,4000}+'|["'])*+)>"""
)
_SPACE = re.compile(r"\s+")
_ESCAPED = re.compile(r"([\\`*_\[\]<>|])")
_ALT = re.compile(r"\balt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.I)
_HIDDEN = frozenset("script style noscript template svg head iframe object math".split())
_BREAKS = frozenset(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure "
    "footer form header hr html main nav ol p section summary table tbody tfoot thead ul".split()
)
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big button caption cite code col colgroup del dfn em font i img "
    "input ins kbd label legend mark meta link optgroup option picture q s samp select small "
    "source span strike strong sub sup textarea time title tt u var video audio wbr map area "
    "base track".split()
)
KNOWN_TAGS = _HIDDEN | _BREAKS | _INLINE | frozenset("br h1 h2 h3 h4 h5 h6 li pre td th tr".split())


def is_html_tag(tag: str) -> bool:
    """Whether "<...>" is a tag or comment of HTML, not a placeholder such as <ServerName>."""
    if tag.startswith(("<!", "<?")):
        return True
    match = TAG.match(tag)
    return match is not None and match.group(2).lower() in KNOWN_TAGS


def tag_name(tag: str) -> str:
    """The name in "<name ...>", in lower case; empty where there is none."""
    match = TAG.match(tag)
    return match.group(2).lower() if match else ""


def html_to_markdown(fragment: str) -> str:
    """Headings, lists, tables, preformatted text and paragraphs of `fragment` as Markdown.

    Scripts, styles and comments are dropped; images become their alternative text. Malformed
    HTML loses no text. Time is linear.
    """
    fragment = without_comments(fragment)
    lowered = fragment.lower()
    out = _Writer()
    position = 0
    unclosed: set[str] = set()  # so that each missing end is searched for once
    for match in TAG.finditer(fragment):
        if match.start() < position:
            continue
        out.text(fragment[position : match.start()])
        closing, name = bool(match.group(1)), match.group(2).lower()
        position = match.end()
        if name not in KNOWN_TAGS:
            out.text(html.escape(match.group(0), quote=False))
        elif name in _HIDDEN:
            if not closing and name not in unclosed:
                end = lowered.find(f"</{name}", position)
                if end == -1:
                    unclosed.add(name)
                position = max(position, end)
        elif name == "pre" and not closing:
            end = lowered.find("</pre", position)
            end = len(fragment) if end == -1 else end
            out.preformatted(html.unescape(TAG.sub("", fragment[position:end])))
            position = end
        else:
            out.tag(name, closing, match.group(3))
    out.text(fragment[position:])
    return out.finished()


def without_comments(text: str) -> str:
    """The HTML without "<!-- ... -->"; one that never closes hides the rest, as in a browser."""
    parts, position = [], 0
    while (start := text.find("<!--", position)) != -1:
        parts.append(text[position:start])
        end = text.find("-->", start + 4)
        if end == -1:
            return "".join(parts)
        position = end + 3
    parts.append(text[position:])
    return "".join(parts)


class _Writer:
    """Collects Markdown; a table's cells are gathered until its row ends."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._lists: list[int] = []  # next number of each open list; 0 for bullets
        self._row: list[list[str]] | None = None
        self._rows = 0

    def text(self, raw: str) -> None:
        words = _ESCAPED.sub(r"\\\1", _SPACE.sub(" ", html.unescape(raw)))
        if words:
            self._add(words)

    def preformatted(self, raw: str) -> None:
        if self._row is not None:
            self.text(raw)
        elif raw.strip():
            self._add("\n\n````\n" + raw.strip("\n").replace("````", "```") + "\n````\n\n")

    def tag(self, name: str, closing: bool, attributes: str) -> None:
        if name == "table":
            self._rows = 0
        if name in ("td", "th"):
            if not closing:
                if self._row is None:
                    self._row = []
                self._row.append([])
        elif name == "tr":
            self._end_row()
            self._row = None if closing else []
        elif name == "br":
            self._add(" " if self._row is not None else "  \n")
        elif name == "img":
            alt = _ALT.search(attributes)
            words = (alt.group(1) or alt.group(2) or "") if alt else ""
            self.text(words if " " in words.strip() else "")
        elif name in ("ol", "ul"):
            self._list(name, closing)
        elif name == "li" and not closing:
            self._item()
        elif name[0] == "h" and name[1:].isdigit():
            self._add("\n\n" if closing else "\n\n" + "#" * int(name[1:]) + " ")
        elif name in _BREAKS:
            self._add("\n\n")

    def finished(self) -> str:
        self._end_row()
        lines = "".join(self._parts).split("\n")
        return "\n".join(line if line.endswith("  ") else line.rstrip() for line in lines) + "\n"

    def _add(self, words: str) -> None:
        if self._row is not None:
            if self._row:
                self._row[-1].append(words.replace("\n", " "))
            return
        if words[0] == " " and (not self._parts or self._parts[-1].endswith(("\n", " "))):
            words = words.lstrip(" ") if not words.startswith("  \n") else words
        self._parts.append(words)

    def _list(self, name: str, closing: bool) -> None:
        if closing:
            if self._lists:
                self._lists.pop()
        else:
            self._lists.append(1 if name == "ol" else 0)
        if not self._lists or (len(self._lists) == 1 and not closing):
            self._add("\n\n")

    def _item(self) -> None:
        if not self._lists:
            self._lists.append(0)
        number = self._lists[-1]
        if number:
            self._lists[-1] += 1
        indent = "   " * min(len(self._lists) - 1, 8)
        self._add(f"\n{indent}{number}. " if number else f"\n{indent}-  ")

    def _end_row(self) -> None:
        row, self._row = self._row, None
        if not row:
            return
        cells = ["".join(cell).strip() for cell in row]
        if self._rows == 0:
            self._parts.append("\n\n")
        self._parts.append("| " + " | ".join(cells) + " |\n")
        if self._rows == 0:
            self._parts.append("|" + " --- |" * len(cells) + "\n")
        self._rows += 1
