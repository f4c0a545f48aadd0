"""A text as people see it, and the same text as it is searched.

$ searchable("Ｈｏｗ 𝗹𝗼𝗻𝗴 is parental\u200b leave?")
How long is parental leave?
"""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby

from engine.containment import INVISIBLE

_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile(f"{INVISIBLE.pattern}+")
_JOINER = "\u200d"
_JOINERS = "\u200c\u200d"
_SELECTORS = "\ufe0e\ufe0f"
_JOINING = re.compile(
    # Scripts whose letters change their shape beside one another: Arabic to N'Ko, those of India
    # and around it, Tibetan to Mongolian, and their later neighbours.
    "[\u0620-\u08ff\u0900-\u0dff\u0f00-\u109f\u1700-\u18af\u1900-\u1cff\ua800-\uabff\ufb50-\ufdff"
    "\ufe70-\ufefc\U00010a00-\U00011fff\U0001e900-\U0001e95f]"
)
_MONGOLIAN_SHAPES = "\u180b\u180c\u180d\u180e\u180f"
_EMOJI = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u20e3\u2100-\u214f\u2190-\u23ff\u2460-\u24ff\u25a0-\u27bf"
    "\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_FLAG, _FLAGS = "\U0001f3f4", ("gbeng", "gbsct", "gbwls")
"""The flags that are written with tags: of England, Scotland and Wales (UTS 51, C.1)."""

_COMPATIBLE = re.compile(
    # Full and half width, ligatures, the shapes of Arabic letters, letters of mathematics and in
    # circles or squares, Roman numerals. Left alone is what NFKC gives another meaning, such as
    # 10² (102), 1½ (11⁄2), ™ and №, and the mark of an Arabic vowel alone.
    "(?:[\u0132\u0133\u017f\u01c4-\u01cc\u01f1-\u01f3\u2102-\u2115\u2119-\u211d\u2124\u2128"
    "\u212c-\u2138\u2145-\u2149\u2160-\u217f\u249c-\u24e9\ufb00-\ufb06\ufb13-\ufb17\ufb20-\ufb4f"
    "\ufb50-\ufbb1\ufbd3-\ufc5d\ufc64-\ufdf1\ufe80-\ufefc\uff01-\uff5e\uff61-\uffdc\uffe0-\uffe2\uffe4-\uffe6"
    "\U0001d400-\U0001d7ff\U0001ee00-\U0001eeff\U0001f110-\U0001f149])+"
)
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_DIACRITIC = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
_MOST_DIACRITICS = 3
"""On one letter; no way of writing has more, Vietnamese has two."""
_MOST_MARKS = 8
"""Of any script on one letter; Hebrew with its accents has five, Tibetan stacks up to seven."""


def readable(text: str) -> str:
    """The text without what shows nothing or turns the text around it; lines end with "\\n".

    What joins or parts letters, shapes an emoji or a flag stays where it does that, once: without
    it Persian, Hindi or a family of emoji would read otherwise. Twice is the same as once.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub(_needed, _BREAKS.sub("\n", text))


def searchable(text: str) -> str:
    """The readable text in the letters that documents are written in: NFC, compatible characters
    made alike where they mean the same, marks piled up on a letter taken off.

    Twice is the same as once.
    """
    text = readable(text)
    if text.isascii():
        return text
    text = _SPACES.sub(" ", text)
    text = _COMPATIBLE.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text)
    return unicodedata.normalize("NFC", _unpiled(unicodedata.normalize("NFD", text)))


def _needed(run: re.Match[str]) -> str:
    """What of a run of unseen characters its neighbours need."""
    text, start, end = run.string, run.start(), run.end()
    while start and unicodedata.combining(text[start - 1]):  # marks, which NFC puts in order
        start -= 1
    before, after = text[start - 1 : start], text[end : end + 1]
    if before == _FLAG and (flag := _flag(run[0])):
        return flag
    selector = next((c for c in run[0] if c in _SELECTORS), "")
    if _EMOJI.match(before):
        joined = _JOINER in run[0] and _EMOJI.match(after)
        return selector + (_JOINER if joined else "")
    if after == "\u20e3" and before and before in "0123456789#*":
        return selector
    if _JOINING.match(before):
        return next((c for c in run[0] if c in _JOINERS or c in _MONGOLIAN_SHAPES), "")
    return ""


def _flag(run: str) -> str:
    tags = {"".join(chr(0xE0000 + ord(c)) for c in name) + "\U000e007f" for name in _FLAGS}
    return run if run in tags else ""


def _unpiled(decomposed: str) -> str:
    """The text without diacritics where more stand on a letter than any language has."""
    parts = []
    for are_marks, group in groupby(decomposed, key=_is_mark):
        run = "".join(group)
        if are_marks and len(run) > _MOST_DIACRITICS:
            if len(_DIACRITIC.findall(run)) > _MOST_DIACRITICS:
                run = _DIACRITIC.sub("", run)
            run = run[:_MOST_MARKS]
        parts.append(run)
    return "".join(parts)


def _is_mark(char: str) -> bool:
    return char > "\u02ff" and unicodedata.category(char)[0] == "M"
