"""Text -> sentence spans, by rules that never look further than a few words around a stop."""

from __future__ import annotations

import re

MAX_SENTENCE_CHARS = 1200

# Never the end of a sentence: what follows belongs to the abbreviation.
_OPEN_ABBREVIATIONS = frozenset(
    "mr mrs ms mx dr prof sr jr st mt rev hon gov sen rep gen col maj capt lt sgt messrs "
    "e.g eg i.e ie vs cf viz approx ca resp incl excl esp aka a.k.a bzw z.b d.h ggf".split()
)
# An abbreviation only in front of a number or a name: "No. 5", "Fig. 3", "Sec. 4.1".
_NUMBER_ABBREVIATIONS = frozenset(
    "no nos nr fig figs sec sect p pp vol ch chap art para par eq ext tel ver v dept rm apt "
    "jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
# May stand inside a sentence and at its end: only a usual opening word after it ends it.
_CLOSING_ABBREVIATIONS = frozenset(
    "etc inc ltd co corp llc plc gmbh ag est dept assn bros univ a.m p.m am pm u.s u.k u.n e.u "
    "d.c ph.d m.d b.a m.a b.sc m.sc al et.al min max avg misc temp".split()
)
_OPENING_WORDS = frozenset(
    "the this that these those it its he she they we you i if in on at for from by to as and but "
    "or so when while where who what why how there here then after before once please note see "
    "use click select open enter all any each every no not your our their my his her with "
    "without also however because since until unless both only contact make ask a an".split()
)

_CANDIDATE = re.compile(
    r"""(?P<line>\n+)
      | (?P<cjk>[。！？｡]+[」』）”’\])"']*)                        # no blank needed after these
      | (?P<stop>[.!?…‽؟।॥]+["'”’»)\]}*_]*(?:[ ]?\[\d{1,3}\])*)(?=\s|$)
    """,
    re.VERBOSE,
)
_CODE_SPAN = re.compile(r"`[^`\n]{1,300}`")
_NEXT_CHAR = re.compile(r"\s*[\"'“‘«¿¡(\[*_]*(\S?)")
_NEXT_WORD = re.compile(r"\s*[\"'“‘«(\[*_]*([^\W\d_]+)")
_LIST_NUMBER = re.compile(r"\s*[\[(]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})\Z")
_BLANK = re.compile(r"\s")
_LOOK_BACK = 40


def split_sentences(
    text: str, *, lines_end_sentences: bool = True, max_chars: int = MAX_SENTENCE_CHARS
) -> list[tuple[int, int]]:
    """Half-open spans of the sentences of `text`, in order, without surrounding blanks.

    Every non-blank character lies in exactly one span. A span is never longer than `max_chars`
    characters; longer sentences are cut at a clause or a blank. Time is linear in the text.

    lines_end_sentences: true when a line break ends a sentence (text from `blocks`, lists);
        false for hard-wrapped text, where only an empty line does.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    code_spans = _CODE_SPAN.finditer(text) if "`" in text else iter(())
    code = next(code_spans, None)
    for match in _CANDIDATE.finditer(text):
        at, end = match.span()
        if match.lastgroup == "line":
            if lines_end_sentences or end - at > 1:
                _append(spans, text, start, at, max_chars)
                start = end
            continue
        while code is not None and code.end() <= at:
            code = next(code_spans, None)
        if code is not None and code.start() < at < code.end() - 1:
            continue
        if start == at or (at - start < _LOOK_BACK and not text[start:at].strip(" .")):
            continue  # stops without words: dot leaders, a lone ellipsis
        if match.lastgroup == "cjk" or ends_sentence(text, start, at, end):
            _append(spans, text, start, end, max_chars)
            start = end
    _append(spans, text, start, len(text), max_chars)
    return spans


def ends_sentence(text: str, start: int, at: int, end: int) -> bool:
    """Whether the run of stops at `at` closes the sentence that began at `start`."""
    following = _NEXT_CHAR.match(text, end, end + 12)
    next_char = following.group(1) if following else ""
    if not next_char:
        return True
    if next_char.islower():
        return False
    if text[at] == "…" or text[at : at + 2] == "..":
        return next_char.isupper()
    if text[at] != ".":
        return True
    before = text[max(start, at - _LOOK_BACK) : at]
    if at - start <= 5 and _LIST_NUMBER.match(text, start, at):
        return False  # "3." or "b." opening a line numbers it
    word = re.split(r"[\s(\[/“\"'—–-]", before)[-1]
    lower = word.lower()
    if lower in _OPEN_ABBREVIATIONS:
        return False
    if lower in _NUMBER_ABBREVIATIONS and (next_char.isdigit() or next_char in "#§"):
        return False
    is_initial = len(word) == 1 and word.isalpha() and word.isupper()
    if is_initial or lower in _CLOSING_ABBREVIATIONS or re.fullmatch(r"(?:[a-z]\.)+[a-z]", lower):
        if not next_char.isalpha():
            return lower not in ("al", "max", "min")
        opening = _NEXT_WORD.match(text, end, end + 40)
        return opening is not None and opening.group(1).lower() in _OPENING_WORDS
    return True


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int, max_chars: int) -> None:
    """Adds text[start:end] without its outer blanks, cut where it is longer than allowed."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > max_chars:
        cut = _cut(text, start, start + max_chars)
        stop = cut
        while stop > start and text[stop - 1].isspace():
            stop -= 1
        spans.append((start, stop))
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        spans.append((start, end))


def _cut(text: str, start: int, limit: int) -> int:
    """Where to cut text[start:limit]: after a clause in its second half, a blank, or hard."""
    middle = start + (limit - start) // 2
    for mark in ("; ", ": ", ", ", " "):
        found = text.rfind(mark, middle, limit)
        if found != -1:
            return found + len(mark)
    # Any blank at all (tabs, ideographic space) before giving up on whole words.
    for position in range(limit - 1, start, -1):
        if _BLANK.match(text[position]):
            return position + 1
    return limit
