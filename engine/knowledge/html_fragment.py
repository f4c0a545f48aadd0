"""HTML inside a page -> Markdown, with every tag that is not HTML kept as the text it is."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

# Possessive, so that a quote or bracket that never closes costs no second look.
TAG = re.compile(
    r"""<(/?)([A-Za-z][\w:-]*+)((?:[^<>"']++|"[^"<>]{0,4000}+"|'[^'<>]{0,4000}+'|["'])*+)>"""
)
_MAX_COLUMNS = 200  # further cells of a row join the last
_SPACE = re.compile(r"\s+")
_ESCAPED = re.compile(r"([\\`*_\[\]<>|])")
_EMPTY_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_DECLARATION = re.compile(r"<[!?][^<>]{0,2000}>")
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
    fragment = _DECLARATION.sub("", without_comments(fragment))
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
    """Collects Markdown; a table is kept apart until it ends."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._lists: list[int] = []  # next number of each open list; 0 for bullets
        self._tables: list[_Table] = []  # open ones, outermost first

    def text(self, raw: str) -> None:
        words = _ESCAPED.sub(r"\\\1", _SPACE.sub(" ", html.unescape(raw)))
        if words and not (words == " " and self._parts[-1:] == [":"]):
            self._add(words)

    def preformatted(self, raw: str) -> None:
        if self._tables:
            self.text(raw)
        elif raw.strip():
            self._add("\n\n````\n" + raw.strip("\n").replace("````", "```") + "\n````\n\n")

    def tag(self, name: str, closing: bool, attributes: str) -> None:
        if name == "table":
            self._table(closing)
        elif self._tables and name in ("tr", "td", "th"):
            if name == "tr":
                self._tables[-1].new_row(closing)
            elif not closing:
                self._tables[-1].new_cell(attributes)
        elif name == "br":
            self._add(" " if self._tables else "  \n")
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
        elif name == "dt" and closing:
            self._add(":")
        elif name == "dd" and not closing and self._parts[-1:] == [":"]:
            self._add(" ")
        elif name in _BREAKS:
            self._add("\n\n")

    def finished(self) -> str:
        while self._tables:
            self._table(closing=True)
        lines = "".join(self._parts).split("\n")
        text = "\n".join(
            line if line.endswith("  ") and line.strip() else line.rstrip() for line in lines
        )
        return _EMPTY_LINES.sub("\n\n", text).strip("\n") + "\n"

    def _add(self, words: str) -> None:
        if self._tables:
            self._tables[-1].add(words.replace("\n", " "))
            return
        if words[0] == " " and (not self._parts or self._parts[-1].endswith(("\n", " "))):
            words = words.lstrip(" ") if not words.startswith("  \n") else words
        self._parts.append(words)

    def _table(self, closing: bool) -> None:
        if not closing:
            self._tables.append(_Table())
        elif self._tables:
            table = self._tables.pop()
            if self._tables:  # within a cell of another: its rows one after the other
                self._tables[-1].add(table.flat())
            else:
                self._parts.append(f"\n\n{table.markdown()}\n\n")

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


class _Table:
    """A table's cells; one that spans rows stands in each, one that spans columns leaves
    the others empty."""

    def __init__(self) -> None:
        self._rows: list[list[list[str]]] = []
        self._spans: dict[int, _Span] = {}  # by column
        self._above: list[str] = []
        self._open: list[str] = []  # the cell that words go to

    def new_row(self, closing: bool) -> None:
        if self._rows:
            self._fill_spans(to_end=True)
        if not closing:
            self._rows.append([])

    def new_cell(self, attributes: str) -> None:
        if not self._rows:
            self._rows.append([])
        self._fill_spans()
        row = self._rows[-1]
        if len(row) >= _MAX_COLUMNS:
            self._open.append(" ")
            return
        self._open = []
        across = min(_count(attributes, "colspan"), _MAX_COLUMNS - len(row))
        last_row = len(self._rows) - 1 + _count(attributes, "rowspan") - 1
        for column in range(len(row), len(row) + across):
            cell = self._open if column == len(row) else []
            self._spans[column] = _Span(len(self._rows), last_row, cell)
        row.extend([self._open, *([] for _ in range(across - 1))])

    def add(self, words: str) -> None:
        if self._rows and self._rows[-1]:
            self._open.append(words)
        elif words.strip():
            self._above.append(words)  # a caption, or text where none may stand

    def markdown(self) -> str:
        rows = self._texts()
        above = " ".join("".join(self._above).split())
        width = max((len(row) for row in rows), default=0)
        lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
        if lines:
            lines.insert(1, "|" + " --- |" * width)
        return "\n\n".join(part for part in (above, "\n".join(lines)) if part)

    def flat(self) -> str:
        rows = (", ".join(cell for cell in row if cell) for row in self._texts())
        return " " + "; ".join(row for row in rows if row)

    def _texts(self) -> list[list[str]]:
        rows = [[" ".join("".join(cell).split()) for cell in row] for row in self._rows]
        return [row for row in rows if any(row)]

    def _fill_spans(self, *, to_end: bool = False) -> None:
        """Puts in the cells that reach down into the row from above, at its end as yet."""
        row, number = self._rows[-1], len(self._rows) - 1
        last = max(self._spans, default=-1) if to_end else _MAX_COLUMNS
        while len(row) <= last:
            span = self._spans.get(len(row))
            if span is not None and span.first_row <= number <= span.last_row:
                row.append(span.cell)
            elif to_end:
                row.append([])
            else:
                return


@dataclass(frozen=True, slots=True)
class _Span:
    """The rows that a cell reaches down into; none if the last comes before the first."""

    first_row: int
    last_row: int
    cell: list[str]


def _count(attributes: str, name: str) -> int:
    match = re.search(rf"\b{name}\s*=\s*[\"']?(\d{{1,3}})", attributes, re.I)
    return min(max(int(match.group(1)), 1), 50) if match else 1
