"""A title for a document that does not say its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from pathlib import PurePosixPath

from engine.knowledge.document import Page
from engine.knowledge.inline import reduce_inline

_FIRST_HEADING = re.compile(r"^#[ \t]+(.{1,300})$|^([^\s#>|`*-].{0,200})\n=+[ \t]*$", re.M)
_FENCED = re.compile(r"^(```|~~~).*?(?:^\1|\Z)", re.M | re.S)
_OPENING_HEADING = re.compile(r"\A\s*#{1,3}[ \t]+(.{1,300})$", re.M)


class TitleSource(Enum):
    """Which heading may title a document that does not say its title.

    TOP_HEADING: the first of level 1. OPENING_HEADING: one of any level that opens it, else the
    first of level 1. NO_HEADING: none, as where headings are only the names of sheets.
    """

    TOP_HEADING = "top"
    OPENING_HEADING = "opening"
    NO_HEADING = "none"


def title_from_name(name: str) -> str:
    """A readable title from a path: "hr/parental-leave_2024.md" -> "Parental leave 2024"."""
    stem = PurePosixPath(name.replace("\\", "/")).stem
    if stem.lower() in ("index", "readme", "overview"):
        stem = PurePosixPath(name.replace("\\", "/")).parent.name or stem
    words = re.sub(r"[\s_\-+]+", " ", stem).strip()
    return words[:1].upper() + words[1:]


def title_heading(pages: Sequence[Page], source: TitleSource) -> str:
    """The words of the heading that titles a document; empty if there is none."""
    if source is TitleSource.NO_HEADING:
        return ""
    for number, page in enumerate(pages[:3]):
        body = _FENCED.sub("", page.markdown[:200_000])
        match = _FIRST_HEADING.search(body)
        if source is TitleSource.OPENING_HEADING and number == 0:
            match = _OPENING_HEADING.match(body) or match
        if match:
            words = next(group for group in match.groups() if group)
            words = re.sub(r"[ \t]*#*[ \t]*(?:\{[^}\n]*\})?[ \t]*$", "", words)
            if text := reduce_inline(re.sub(r"\{%.*?%\}|\*\*|__|`", "", words)).strip(" *_"):
                return text
    return ""
