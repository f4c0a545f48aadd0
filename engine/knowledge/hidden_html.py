"""HTML without what a browser does not show: comments, hidden elements, text too small or in the
colour of its ground.

An element counts as hidden by what it, or a rule of the page's own style sheet for its class or id,
says of itself. What only a script or another file's style hides is not known here.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from engine.knowledge.document import Hidden, Hiding
from engine.knowledge.hidden import hidden_parts
from engine.knowledge.html_fragment import KNOWN_TAGS, TAG
from engine.knowledge.html_style import Style, read_style

_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_MARKDOWN_COMMENT = re.compile(
    r"^[ ]{0,3}\[(?://|_|#|comment)\]:[ \t]*(?:#|<>|<#>)[ \t]*[\"'(](.*)[\"')][ \t]*$", re.M | re.I
)
_NOT_TEXT = re.compile(
    r"<(script|style|noscript|template|svg|textarea)\b.*?(?:</\1|\Z)", re.I | re.S
)
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_WHOLE = frozenset(("html", "body", "main", "article"))
_CLOSED_BY_NEXT = frozenset("p li td th tr dt dd option".split())
_HIDDEN_ATTRIBUTE = re.compile(r"(?:^|\s)hidden(?=[\s/=]|$)|\baria-hidden\s*=\s*[\"']?true", re.I)
_VALUE = r"\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))"
_STYLE = re.compile(rf"\bstyle{_VALUE}", re.I)
_NAMES = re.compile(rf"\b(class|id){_VALUE}", re.I)
_FONT_COLOR = re.compile(r"\bcolor\s*=\s*[\"']?([#\w]{1,20})", re.I)
_GROUND = re.compile(r"\bbgcolor\b|\bbackground\b", re.I)
_SHEET = re.compile(r"<style\b[^>]{0,500}>(.*?)(?:</style|\Z)", re.I | re.S)
_REMARK = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
_BRACE = re.compile(r"([{}])")
_SIMPLE = re.compile(r"(?:[a-z][a-z0-9]{0,20})?([.#][\w-]{1,100})", re.I)
_TURNED_ON = re.compile(r"<script\b|:(?:checked|target|hover|focus)", re.I)
_CODE = re.compile(
    r"^[ \t>]*(`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t>]*\1|\Z)"
    r"|(?<!`)(`{1,3})(?!`)[^\n]{1,2000}?(?<!`)\2(?!`)",
    re.S | re.M,
)
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_FOR_SCREEN_READERS = re.compile(
    r"\b(?:sr-only|visually-?hidden|screen-?reader(?:-text)?|assistive(?:-text)?)\b", re.I
)
_MOST_SHARE = 0.4
"""Of a page, which a rule of a style sheet may hide: more is the page itself."""
_LOOK_BACK = 200
_MOST_SEGMENTS = 100_000


@dataclass(frozen=True, slots=True)
class _Looks:
    """How an element shows its text. by_rule: it is the page's style sheet that says so."""

    style: Style
    by_rule: bool = False


@dataclass(slots=True)
class _Open:
    """An element whose end was not met yet."""

    name: str
    start: int
    looks: _Looks
    on_ground: bool


@dataclass(frozen=True, slots=True)
class _Cut:
    """A stretch that is not shown, but for islands within it where inherited is true."""

    start: int
    end: int
    hiding: Hiding
    inherited: bool = False


def without_hidden(page: str, *, markdown: bool = False) -> tuple[str, tuple[Hidden, ...]]:
    """The HTML, or Markdown with HTML in it, without what is not shown, and what that was.

    markdown: code, where HTML is only talked about, stays. Time is linear.
    """
    if "<" not in page and "]:" not in page:
        return page, ()
    seen = _CODE.sub(_blank, page) if markdown else page
    cuts = [_Cut(m.start(), m.end(), Hiding.COMMENT) for m in _COMMENT.finditer(seen)]
    if markdown:
        notes = _MARKDOWN_COMMENT.finditer(seen)
        cuts += [_Cut(m.start(), m.end(), Hiding.COMMENT) for m in notes]
    seen = _COMMENT.sub(_blank, seen)
    scan = _Scan(_NOT_TEXT.sub(_blank, seen), {} if markdown else _rules(seen), markdown=markdown)
    cuts = sorted([*cuts, *scan.cuts()], key=lambda cut: (cut.start, -cut.end))
    parts, texts, position = list[str](), dict[Hiding, list[str]](), 0
    for cut in cuts:
        if cut.start < position:
            continue
        texts.setdefault(cut.hiding, []).append(TAG.sub(" ", page[cut.start : cut.end]))
        parts.append(page[position : cut.start])
        position = cut.end
    parts.append(page[position:])
    hidden = [each for hiding, said in texts.items() for each in hidden_parts(hiding, said)]
    return "".join(parts), tuple(hidden)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _rules(page: str) -> dict[str, Style]:
    """How a page's own style sheets hide classes and ids; by ".class" or "#id".

    What a script, a click or the mouse may show is not hidden, nor what only some screens hide.
    """
    found: dict[str, Style] = {}
    is_fixed = _TURNED_ON.search(page) is None
    for sheet in _SHEET.findall(page):
        depth, selectors = 0, ""
        parts = _BRACE.split(_REMARK.sub("", sheet))
        for text, brace in zip(parts[::2], parts[1::2], strict=False):
            if brace == "{":
                depth, selectors = depth + 1, text
                continue
            style = read_style(text, on_ground=True) if depth == 1 else Style()
            depth = max(0, depth - 1)
            if style.hiding is not None and (is_fixed or style.inherited):
                for selector in selectors.split(","):
                    if match := _SIMPLE.fullmatch(selector.strip()):
                        found[match[1]] = style
    return found


class _Scan:
    """Walks the tags of a page, in which what is no text is blank already."""

    def __init__(self, page: str, rules: dict[str, Style], *, markdown: bool) -> None:
        self._page = page
        self._rules = rules
        self._markdown = markdown
        self._opened: list[_Open] = []
        self._cuts: list[_Cut] = []
        self._islands: list[tuple[int, int]] = []

    def cuts(self) -> list[_Cut]:
        """What is not shown; stretches may lie in one another."""
        for match in TAG.finditer(self._page):
            name = match[2].lower()
            if name not in KNOWN_TAGS or name in _VOID or match[3].endswith("/"):
                continue
            if match[1]:
                self._close(name, match.start(), match.end())
                continue
            if name in _CLOSED_BY_NEXT and self._opened and self._opened[-1].name == name:
                self._close(name, match.start(), match.start())
            self._open(name, match[3], match.start())
        for each in self._opened:  # never closed: hidden to the end, as in a browser
            gap = _BLANK_LINE.search(self._page, each.start) if self._markdown else None
            self._end(each, gap.start() if gap else len(self._page))
        return self._parted()

    def _open(self, name: str, attributes: str, start: int) -> None:
        around = self._opened[-1].on_ground if self._opened else False
        own = bool(_GROUND.search(attributes))
        on_ground = around or own or (name not in _WHOLE and bool(_NAMES.search(attributes)))
        looks = _looks(name, attributes, self._rules, on_ground=on_ground)
        self._opened.append(_Open(name, start, looks, on_ground))

    def _close(self, name: str, start: int, end: int) -> None:
        opened = self._opened
        for place in range(len(opened) - 1, max(-1, len(opened) - _LOOK_BACK), -1):
            if opened[place].name == name:
                self._end(opened[place], end)
                for each in opened[place + 1 :]:
                    self._end(each, start)
                del opened[place:]
                return

    def _end(self, each: _Open, end: int) -> None:
        style = each.looks.style
        if style.shows_again:
            self._islands.append((each.start, end))
        too_much = end - each.start > _MOST_SHARE * len(self._page)
        if style.hiding is not None and not (each.looks.by_rule and too_much):
            self._cuts.append(_Cut(each.start, end, style.hiding, style.inherited))

    def _parted(self) -> list[_Cut]:
        """The cuts without the islands in them."""
        islands = sorted(self._islands)
        starts = [start for start, _ in islands]
        parted: list[_Cut] = []
        for cut in self._cuts:
            begin = cut.start
            if cut.inherited and len(parted) < _MOST_SEGMENTS:
                within = islands[bisect_left(starts, cut.start) : bisect_left(starts, cut.end)]
                for start, end in within[:_MOST_SEGMENTS]:
                    if begin <= start:
                        parted.append(_Cut(begin, start, cut.hiding))
                        begin = min(end, cut.end)
            parted.append(_Cut(begin, cut.end, cut.hiding))
        return parted


def _looks(name: str, attributes: str, rules: dict[str, Style], *, on_ground: bool) -> _Looks:
    if not attributes or name in _WHOLE:
        return _Looks(Style())
    if _FOR_SCREEN_READERS.search(attributes) or _HIDDEN_ATTRIBUTE.search(attributes):
        return _Looks(Style(hiding=Hiding.UNSHOWN))
    found = _STYLE.search(attributes)
    said = next((value for value in found.groups() if value), "") if found else ""
    if name == "font" and (color := _FONT_COLOR.search(attributes)):
        said += f";color:{color[1]}"
    style = read_style(said, on_ground=on_ground) if said else Style()
    if style.hiding is None and rules:
        for kind, *values in _NAMES.findall(attributes):
            mark = "." if kind.lower() == "class" else "#"
            for word in next((value for value in values if value), "").split():
                if mark + word in rules:
                    return _Looks(rules[mark + word], by_rule=True)
    return _Looks(style)
