"""Which line breaks an author meant, and which are only where a line was full."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

# A line this short is broken on purpose if the next word would still have fitted.
_NARROWEST = 45
_WIDEST = 110

_CODE_LINE = re.compile(
    r"""^\s*(?:
        at\s*[\w.$]+\(|at\s*$|\.\.\.\s?\d*\s?(?:more)?$|Caused\ by:   # stack traces
      | [$>%]\s+\S | [#]!\S | <\/?[A-Za-z][^>]*>\s*\S*                 # prompts, tags
      | "[\w.-]+"\s*:\s*\S* | [\]\[{}(),;"']+\s*$ | "[^"]+",?$         # JSON
      | [\w.\[\]/-]+\s*=\s*\S+$ | [\w.]+\s*:?=\s*["'\d\[{]             # assignments
      | (?:curl|kubectl|docker|git|sudo|apt(?:-get)?|yum|npm|pip|ssh|cd|ls|cat|echo|export|ibmcloud
          |oc|helm|terraform|openssl|systemctl|set|SELECT|INSERT|UPDATE|DELETE|CREATE|import|def
          |class|return|if|for|while|public|private|var|let|const|function|from|FROM|RUN|COPY)\b
          (?=.*[-/=.:(){};$_<>]|\s+[a-z]+\s+[a-z-]+$).*[^.:?!]$
      | .*[;{}\\]$ | .*\)\s*;.*$
      | -{1,2}[A-Za-z][\w-]*(?:[ =]\S+)?$ | [A-Za-z]:\\\S+$ | (?:/[\w.$-]+){2,}\S*$
      | \d{4}-\d\d-\d\d[T ]\d\d:\d\d | \[\d+[/:]\d+
    )""",
    re.VERBOSE,
)
_PROSE_END = re.compile(r"[a-z]{2,}[.!?:]['\")\]]*$")


def kept_breaks(lines: Sequence[str]) -> list[bool]:
    """For each gap between two lines, whether the break was meant (true) or only a full line.

    A break is a mere wrap when the next line's first word would not have fitted on the line
    above, the widest line of the paragraph giving the width.
    """
    width = min(max(max((len(line.rstrip()) for line in lines), default=0), _NARROWEST), _WIDEST)
    kept = []
    for line, following in itertools.pairwise(lines):
        first_word = following.split(maxsplit=1)[0] if following.strip() else ""
        fits = len(line.rstrip()) + 1 + len(first_word) <= width
        kept.append(fits and not _continues(line, following))
    return kept


def is_line_oriented(lines: Sequence[str]) -> bool:
    """Whether a paragraph is a run of separate lines (an address, settings) and not prose."""
    if len(lines) < 2:
        return False
    kept = kept_breaks(lines)
    return sum(kept) * 2 > len(kept) and sum(map(len, lines)) / len(lines) < 70


def looks_like_code(lines: Sequence[str]) -> bool:
    """Whether most lines read as code, a log, a stack trace or settings rather than prose."""
    filled = [line for line in lines if line.strip()]
    if not filled:
        return False
    code = sum(1 for line in filled if _CODE_LINE.match(line[:400]))
    prose = sum(1 for line in filled if _PROSE_END.search(line.rstrip()[-40:]))
    return code >= 0.6 * len(filled) and prose <= 0.25 * len(filled)


def _continues(line: str, following: str) -> bool:
    """Whether the words run on across the break: "..., \\n and" or "the\\nfile"."""
    line, following = line.rstrip(), following.lstrip()
    if not line or not following or not following[0].islower():
        return False
    if line.split(maxsplit=1)[0] == following.split(maxsplit=1)[0]:
        return False  # `set a`, `set b`: repeated commands
    return line[-1] == "," or line[-1].islower()
