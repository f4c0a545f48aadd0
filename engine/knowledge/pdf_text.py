"""The text layer of PDF pages, line by line -> Markdown pages."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from engine.knowledge.line_breaks import looks_like_code
from engine.knowledge.plain_text import plain_text_to_markdown

_HYPHEN = "\x02"  # what the text layer holds for a hyphen at a line's end
_BROKEN_WORD = re.compile(rf"(\w+)(?:{_HYPHEN}\s*|-\n(?=[a-z]))(\w+)")
_SQUASH = re.compile(r"[\W_]+")
_BULLET = re.compile(
    r"^\s*(?:[•·▪‣◦●○■–*\uf0b7\uf0a7\uf0d8\uf0fc\u2022-]|o(?=\s+[A-Z])|\d{1,3}[.)])\s+\S"
)
_LONE_BULLET = re.compile(r"^\s*([•·▪‣◦●○■\uf0b7\uf0a7\uf0d8\uf0fc])\s*$")
_SYMBOL_BULLET = re.compile(r"^(\s*)[\uf000-\uf0ff◦○●■]\s*|^(\s*)o(?=\s+[A-Z])")
_STOP = re.compile(r"[.!?:;。！？]['\")\]”’]*$")
_LEADER = re.compile(r"(?:[ \t]?[.·_]){5,}[ \t]*")
_RUNS_ON = re.compile(
    r"(?:,|\b(?:and|or|the|a|an|of|in|on|to|for|with|by|at|from|as|is|are))$", re.I
)
_CONTENTS_LINE = re.compile(r"…\s*\w{1,5}$")
_NARROWEST = 45  # characters; no column of prose is narrower
_LABEL = re.compile(r"^\s*[A-Z][\w /&-]{2,40}:\s*$")
_HEADING_LINES = 3
_EDGE_LINES = 2
_REPEATED_SHARE = 0.5


def pdf_to_markdown(
    pages: Sequence[str], *, headings: Mapping[str, int] | None = None
) -> list[str]:
    """Each page as Markdown: lines joined to paragraphs, words cut by a hyphen made whole,
    running headers and footers and page numbers dropped.

    headings: words of known headings (as layout analysis found them) -> level, 1 to 6.
    """
    known = _squashed(headings or {})
    split = [_lines(page) for page in _whole_words(pages)]
    repeated = _running_lines(split)
    out = []
    for lines in split:
        kept = [line for number, line in enumerate(lines) if not _runs(lines, number, repeated)]
        # A page of nothing but such lines is a page, not furniture.
        out.append(_page(kept if any(line.strip() for line in kept) else lines, known))
    return out


def _squashed(headings: Mapping[str, int]) -> dict[str, int]:
    found = {}
    for words, level in headings.items():
        key = _SQUASH.sub("", words).casefold()
        if len(key) >= 3 and not key.isdigit() and "…" not in words and "©" not in words:
            found[key] = level
    return found


def _lines(page: str) -> list[str]:
    page = page.replace("\r\n", "\n").replace("\r", "\n")
    return [_LEADER.sub(" … ", line).rstrip() for line in page.split("\n")]


def _whole_words(pages: Sequence[str]) -> list[str]:
    """Joins words cut at a line's end; keeps the hyphen where the document writes it elsewhere
    or where both halves are words of their own."""
    if not any(_BROKEN_WORD.search(page) for page in pages):
        return [page.replace(_HYPHEN, "") for page in pages]
    words = Counter(word for page in pages for word in re.findall(r"[\w-]+", page.lower()))

    def whole(match: re.Match[str]) -> str:
        first, second = match.group(1), match.group(2)
        joined, hyphened = f"{first}{second}", f"{first}-{second}"
        if words[hyphened.lower()] > words[joined.lower()]:
            return hyphened
        if words[joined.lower()]:
            return joined
        own = min(len(first), len(second)) > 2 and words[first.lower()] > 1
        return hyphened if own and words[second.lower()] > 1 else joined

    return [_BROKEN_WORD.sub(whole, page).replace(_HYPHEN, "") for page in pages]


def _pattern(line: str) -> str:
    return re.sub(r"\d+", "#", " ".join(line.split())).casefold()


def _running_lines(pages: Sequence[Sequence[str]]) -> set[str]:
    """Lines that stand at the top or bottom of most pages, numbers aside."""
    if len(pages) < 3:
        return set()
    seen: Counter[str] = Counter()
    for lines in pages:
        filled = [line for line in lines if line.strip()]
        edges = filled[:_EDGE_LINES] + filled[-_EDGE_LINES:]
        seen.update({_pattern(line) for line in edges if len(line) <= 120})
    return {line for line, count in seen.items() if count >= max(3, _REPEATED_SHARE * len(pages))}


def _runs(lines: Sequence[str], number: int, repeated: set[str]) -> bool:
    if not repeated or not lines[number].strip():
        return False
    filled = [place for place, line in enumerate(lines) if line.strip()]
    edge = number in filled[:_EDGE_LINES] or number in filled[-_EDGE_LINES:]
    return edge and _pattern(lines[number]) in repeated


def _page(lines: Sequence[str], headings: Mapping[str, int]) -> str:
    filled = [len(line) for line in lines if line.strip()]
    # The width of a full line: nearly the longest, so that one odd line does not decide.
    width = sorted(filled)[int(len(filled) * 0.9)] if filled else 0
    out: list[str] = []
    run: list[str] = []
    number = 0
    while number < len(lines):
        heading = _heading(lines, number, headings)
        if heading is not None:
            taken, level = heading
            _flush(out, run, width)
            words = " ".join(" ".join(lines[number : number + taken]).split())
            out.append(f"{'#' * level} {_escape_heading(words)}")
            run = []
            number += taken
            continue
        line = lines[number]
        if _LONE_BULLET.match(line) and "".join(lines[number + 1 : number + 2]).strip():
            number += 1
            line = f"- {lines[number].strip()}"
        if not any(char.isalnum() for char in line):
            _flush(out, run, width)
            run = []
        else:
            run.append(_SYMBOL_BULLET.sub("- ", line))
        number += 1
    _flush(out, run, width)
    return "\n\n".join(out)


def _escape_heading(words: str) -> str:
    return re.sub(r"([\\`*_\[\]<>&~|{}])", r"\\\1", words)


def _heading(
    lines: Sequence[str], number: int, headings: Mapping[str, int]
) -> tuple[int, int] | None:
    """(how many lines, level) of the known heading that begins here."""
    key = ""
    best = None
    for taken, line in enumerate(lines[number : number + _HEADING_LINES], 1):
        if not line.strip():
            break
        key += _SQUASH.sub("", line).casefold()
        if key in headings:
            best = (taken, headings[key])
    return best


def _flush(out: list[str], run: Sequence[str], width: int) -> None:
    """Adds a run of lines as paragraphs and lists."""
    if not run:
        return
    if len(run) >= 3 and looks_like_code(run):
        out.append(plain_text_to_markdown("\n".join(run)).strip("\n"))
        return
    paragraphs: list[str] = [run[0].strip()]
    for number, (line, following) in enumerate(itertools.pairwise(run)):
        # Beside a picture or in a column lines are shorter: their neighbours tell how short.
        near = max(len(text) for text in run[max(0, number - 3) : number + 5])
        if _breaks(line, following, max(_NARROWEST, min(width, near))):
            paragraphs.append(following.strip())
        else:
            paragraphs[-1] += " " + following.strip()
    text = ""
    for paragraph in paragraphs:
        text += ("\n" if _BULLET.match(paragraph) and text else "\n\n") + paragraph
    out.append(plain_text_to_markdown(text).strip("\n"))


def _breaks(line: str, following: str, width: int) -> bool:
    """Whether a paragraph or list item ends with `line`."""
    if _BULLET.match(following) or _LABEL.match(following) or _CONTENTS_LINE.search(line):
        return True
    if following.lstrip()[0].islower() or _RUNS_ON.search(line):
        return False
    first_word = following.split(maxsplit=1)[0]
    room = width - len(line) - len(first_word) - 1
    if room < 0:
        return False
    # A ragged margin leaves some room on full lines too; a stop makes an end likelier.
    return room > (0.04 if _STOP.search(line) else 0.15) * width
