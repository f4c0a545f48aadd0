"""Questions for corpora that come without: each made of one document, which it should find.

Such a known-item figure says how well a document is found by words its own author used for it.
It is higher than with real questions and is good for comparing rankings on the same questions,
not for predicting what people will get.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.audience import FULL_MEMBER
from engine.question import Question
from evals.case import Case

DESCRIPTIONS_NOTE = (
    "known items: the author's one-sentence description of the article, which stands in its front "
    "matter alone and is not indexed, must find it"
)
HEADINGS_NOTE = (
    "known items: a heading that is a question must find its page; the heading itself is indexed, "
    "so this is an upper bound and a guard against regressions"
)

_DESCRIPTION = re.compile(r"^description:[ \t]*(.+)$", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(.*\S)\s*$", re.MULTILINE)
_FRONT_MATTER_CHARS = 4000
_FEWEST_WORDS = 4


def description_cases(rows: Iterable[Mapping[str, Any]]) -> tuple[Case, ...]:
    """A case for each article `{path, markdown}` whose description nothing else repeats."""
    described: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        markdown = row["markdown"]
        found = _DESCRIPTION.search(markdown[:_FRONT_MATTER_CHARS])
        if found is None:
            continue
        text = found.group(1).strip().strip("\"'")
        if len(text.split()) >= _FEWEST_WORDS and markdown.count(text) == 1:
            described[text].append(row["path"])
    return tuple(_case(text, names[0]) for text, names in described.items() if len(names) == 1)


def heading_cases(pages: Path) -> tuple[Case, ...]:
    """A case for each heading that ends in a question mark and that one page alone has."""
    headed: dict[str, set[str]] = defaultdict(set)
    for page in sorted(pages.rglob("*.md")):
        for heading in _HEADING.findall(page.read_text(encoding="utf-8", errors="replace")):
            text = re.sub(r"[*_`\\#]+", "", heading).strip()
            if text.endswith("?") and len(text.split()) >= _FEWEST_WORDS:
                headed[text].add(page.relative_to(pages).as_posix())
    return tuple(_case(text, *names) for text, names in headed.items() if len(names) == 1)


def _case(text: str, name: str) -> Case:
    return Case(
        question=Question(id=name, text=text),
        audience=FULL_MEMBER,
        kind="known_item",
        gains={name: 1.0},
        answerable=True,
    )
