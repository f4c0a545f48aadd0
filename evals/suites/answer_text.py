"""The texts of an answer's JSON as they are scored: its statements, and strings found in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.generation.citation_marks import MARKS

Answer = Mapping[str, Any]
"""The answer contract's object, as `render_trace` gives it and production stores it."""

_CODE_OR_MARKS = re.compile(rf"(```.*?```|`[^`\n]{{1,300}}`)|({MARKS})", re.DOTALL)
_NUMBER = re.compile(r"\d+")
_PARAGRAPHS = re.compile(r"\n\s*\n")
_ITEM = re.compile(r"\A\s*(?:[-*+]|\d{1,3}[.)])\s+")
_TAG = re.compile(r"<[^<>]+>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A sentence, item, row or code block of an answer. marks: numbers it cites, each once."""

    text: str
    marks: tuple[int, ...]


def statements(text: str) -> tuple[Statement, ...]:
    """What stands before each run of marks, and paragraphs without any; in order.

    What looks like a mark within code is none. Parts without a word are left out.
    """
    found: list[Statement] = []
    start = 0
    for match in _CODE_OR_MARKS.finditer(text):
        if match[1] is not None:
            continue
        numbers = tuple(dict.fromkeys(int(number) for number in _NUMBER.findall(match[2])))
        found += _paragraphs(text[start : match.start()], numbers)
        start = match.end()
    found += _paragraphs(text[start:], ())
    return tuple(found)


def _paragraphs(text: str, marks: tuple[int, ...]) -> list[Statement]:
    """The last paragraph carries the marks; those before it were not cited."""
    if "```" in text:
        parts = [text]
    else:
        parts = [part for part in _PARAGRAPHS.split(text) if any(c.isalnum() for c in part)]
    last = len(parts) - 1
    return [
        Statement(text=_ITEM.sub("", part).strip(), marks=marks if number == last else ())
        for number, part in enumerate(parts)
        if any(c.isalnum() for c in part)
    ]


def without_citations(text: str) -> str:
    """The text without its marks."""
    return _CODE_OR_MARKS.sub(lambda m: m[1] or "", text)


def shown_texts(answer: Answer) -> tuple[str, ...]:
    """What the asker or a reviewer reads: reply, draft, next steps and reasons; none empty."""
    reasons = [str(reason.get("text", "")) for reason in answer.get("reasons") or ()]
    texts = (answer.get("reply"), answer.get("draft_reply"), *steps(answer), *reasons)
    return tuple(dict.fromkeys(text for text in texts if text))


def said_texts(answer: Answer) -> tuple[str, ...]:
    """The reply and the draft: what is said, without what is said about the question."""
    texts = (answer.get("reply"), answer.get("draft_reply"))
    return tuple(dict.fromkeys(text for text in texts if text))


def steps(answer: Answer) -> tuple[str, ...]:
    """The internal next steps."""
    return tuple(str(step) for step in answer.get("internal_next_steps") or ())


def is_answered(answer: Answer) -> bool:
    """Whether the question was answered."""
    return answer.get("outcome") == "answered"


def cited_documents(answer: Answer) -> tuple[str, ...]:
    """Names of the documents that the draft cites, in order, each once."""
    names = (citation["document_name"] for citation in answer.get("citations") or ())
    return tuple(dict.fromkeys(names))


def ranked_documents(answer: Answer) -> tuple[str, ...]:
    """Names of the documents found, best first, each once."""
    return tuple(dict.fromkeys(hit["document_name"] for hit in answer.get("retrieved") or ()))


def found_strings(wanted: Sequence[str], text: str) -> tuple[str, ...]:
    """Those of the strings that stand in a text as words, up to case, white space, marks and tags.

    "60" does not stand in "600" or in "60,000", nor "no" in "not".
    """
    plain = plain_text(text)
    return tuple(
        each
        for each in wanted
        if (_stands_in(found, plain) if (found := plain_text(each)) else is_written_in(each, text))
    )


def is_written_in(wanted: str, text: str) -> bool:
    """Whether a string that is all tag and mark, as "<!channel>", stands in a text as it is."""
    return wanted.lower() in text.lower()


def _stands_in(wanted: str, text: str) -> bool:
    return re.search(rf"(?<![\w]){re.escape(wanted)}(?![\w]|[.,]\d)", text) is not None


def plain_text(text: str) -> str:
    """Lower case, on one line, without marks, tags, emphasis and backticks."""
    bare = re.sub(r"(?:\[\d+\])+", " ", text)
    return " ".join(_TAG.sub(" ", bare.replace("**", "").replace("`", "")).lower().split())
