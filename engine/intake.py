"""The first stage: a question made safe to search, store and show."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from engine.containment import INVISIBLE
from engine.question import Question, Turn

_SECRETS = (
    re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S
    ),
    re.compile(r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)?[-_]?[A-Za-z0-9_-]{16,}"),
    re.compile(r"\bxox[a-z]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}"),
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"\b(?:ghp|gho|ghs|ghu|github_pat|glpat|npm|pypi)[-_][A-Za-z0-9_-]{16,}"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    re.compile(r"(?<=://)[^\s/:@]{1,100}:[^\s/@]{1,200}(?=@)"),
    re.compile(
        r"(?i)(?<=password[:=])\s*\S{4,}|(?<=passwd[:=])\s*\S{4,}|(?<=api[_-]key[:=])\s*\S{8,}"
    ),
)
_CARD = re.compile(r"\b(?:\d[ -]?){12,18}\d\b")
_HIDDEN = "[redacted]"
_MOST_TURNS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A question that may go on.

    question: cleaned, redacted and cut. was_cut: part of it was too long to be read.
    redactions: secrets replaced.
    """

    question: Question
    was_cut: bool
    redactions: int


def admit(question: Question, *, max_chars: int) -> Admitted:
    """Cleans every text of a question; never refuses one.

    Characters that cannot be seen are dropped, secrets (keys, tokens, passwords, card numbers)
    become "[redacted]", and what goes past `max_chars` is cut at a blank. Only the last turns of
    the history are kept.
    """
    cut, count = False, 0

    def clean(text: str) -> str:
        nonlocal cut, count
        text = INVISIBLE.sub("", unicodedata.normalize("NFC", text[: max_chars * 2])).strip()
        if len(text) > max_chars:
            head = text[:max_chars]
            space = head.rfind(" ", max(0, max_chars - 200))
            text, cut = (head[:space] if space > 0 else head), True
        text, found = redact(text)
        count += found
        return text

    admitted = replace(
        question,
        text=clean(question.text),
        subject=clean(question.subject)[:1000],
        body=clean(question.body),
        history=tuple(
            Turn(role=turn.role, text=clean(turn.text)) for turn in question.history[-_MOST_TURNS:]
        ),
    )
    return Admitted(question=admitted, was_cut=cut, redactions=count)


def redact(text: str) -> tuple[str, int]:
    """The text with secrets replaced, and how many there were."""
    count = 0
    for pattern in _SECRETS:
        text, found = pattern.subn(_HIDDEN, text)
        count += found
    for card in _CARD.findall(text):
        if _is_card(card):
            text, count = text.replace(card, _HIDDEN), count + 1
    return text, count


def _is_card(digits: str) -> bool:
    """Luhn's check (ISO/IEC 7812-1, annex B)."""
    numbers = [int(c) for c in digits if c.isdigit()]
    doubled = [n * 2 - 9 if n > 4 else n * 2 for n in numbers[-2::-2]]
    return (sum(numbers[-1::-2]) + sum(doubled)) % 10 == 0
