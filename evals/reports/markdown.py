"""Pieces of Markdown in which foreign texts are shown and never obeyed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evals.reports.wording import seen

_MARKUP = re.compile(r"[\\`*_{}\[\]<>#!|~&]|:(?=//)|(?<=www)\.")


def table(names: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table. numbers: places of the columns that hold numbers."""
    rule = ["---:" if place in numbers else "---" for place in range(len(names))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (names, rule, *rows))


def code(text: str, most: int = 300, *, cell: bool = False) -> str:
    """A code span.  cell: in a table, where a bar would end the cell even there."""
    shown = seen(text, most) or " "
    if cell:
        shown = shown.replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def plain(sentence: str) -> str:
    """A sentence that may hold names of cases, with nothing in it that is markup."""
    return _MARKUP.sub(r"\\\g<0>", seen(sentence)).replace("@", "@<!-- -->")
