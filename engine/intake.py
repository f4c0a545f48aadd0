"""The first stage: a question made safe to search, store and show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.containment import INVISIBLE
from engine.question import Question, Turn

_SECRETS = (
    re.compile(
        r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?"
        r"(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)",
        re.DOTALL,
    ),
    re.compile(
        r"(?<![\w-])(?:sk|pk|rk)[-_](?:(?:live|test|proj|ant|or|svcacct|admin)[-_][\w-]{16,}"
        r"|(?=[A-Za-z]*\d)[A-Za-z0-9]{20,})"
    ),
    re.compile(r"(?<![\w-])(?:xox[a-z]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,})"),
    re.compile(r"(?<=hooks\.slack\.com/services/)[\w/]{10,}"),
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"\bAIza[\w-]{30,}"),
    re.compile(
        r"(?<![\w-])(?:(?:gh[opsur]|npm)_(?=[A-Za-z]*\d)[A-Za-z0-9]{16,}|github_pat_\w{20,}"
        r"|glpat-[\w-]{16,}|pypi-(?=[A-Za-z]*\d)[\w-]{40,})"
    ),
    re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"),
    re.compile(r"(?<=://)[^\s/:@]{1,100}:[^\s/@]{1,200}(?=@)"),
    re.compile(r"(?i)(?<=bearer )(?=[a-z._~+/-]*\d)[\w.~+/-]{20,}={0,2}"),
)
_NAMED_SECRET = re.compile(
    r"(?i)\b(password|passwd|passphrase|pwd|(?:api|access|secret)[ _-]?key|secret|token)"
    r"([\"']?[ \t]{0,5}[:=][ \t]{0,5})(\S{4,})(?=([ \t]*\S)?)"
)
_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)")
_CARD_KIND = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|35\d{14}"
    r"|6(?:011|[245]\d\d)\d{12,15}"
)
"""Lengths and first digits of the card networks; other long numbers are orders, accounts, dates."""

_HIDDEN = "[redacted]"
_MOST_TURNS = 20
_LONGEST_SUBJECT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A question that may go on.

    question: cleaned, redacted and cut. was_cut: part of what was asked this time was too long to
    be read.
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
    count = 0

    def clean(text: str, limit: int) -> tuple[str, bool]:
        nonlocal count
        was_cut = len(text) > limit * 2
        text = INVISIBLE.sub("", unicodedata.normalize("NFC", text[: limit * 2])).strip()
        text, found = redact(text)  # before the cut, which could leave half a secret
        count += found
        if len(text) > limit:
            space = text.rfind(" ", max(0, limit - 200), limit)
            text, was_cut = text[: space if space > 0 else limit], True
        return text, was_cut

    text, text_cut = clean(question.text, max_chars)
    subject, subject_cut = clean(question.subject, min(_LONGEST_SUBJECT, max_chars))
    body, body_cut = clean(question.body, max_chars)
    admitted = replace(
        question,
        text=text,
        subject=subject,
        body=body,
        history=tuple(
            Turn(role=turn.role, text=clean(turn.text, max_chars)[0])
            for turn in question.history[-_MOST_TURNS:]
        ),
    )
    return Admitted(
        question=admitted, was_cut=text_cut or subject_cut or body_cut, redactions=count
    )


def _hidden(_: str) -> str:
    return _HIDDEN


def redact(text: str, put: Callable[[str], str] = _hidden) -> tuple[str, int]:
    """The text with secrets replaced, and how many there were. put: what stands for a secret."""
    count = 0

    def hide(pattern: re.Pattern[str], replaced: Callable[[re.Match[str]], str]) -> None:
        nonlocal text, count

        def one(match: re.Match[str]) -> str:
            nonlocal count
            new = replaced(match)
            count += new != match[0]
            return new

        text = pattern.sub(one, text)

    for pattern in _SECRETS:
        hide(pattern, lambda match: put(match[0]))
    hide(_NAMED_SECRET, lambda match: _hide_value(match, put))
    hide(_CARD, lambda match: put(match[0]) if _is_card(match[0]) else match[0])
    return text, count


def _hide_value(match: re.Match[str], put: Callable[[str], str]) -> str:
    """A word after "password:" is a secret unless it reads like the rest of a sentence."""
    name, sign, value, more = match.groups()
    if _HIDDEN in value or (value.rstrip("?!.,;:)").isalpha() and (more or value.endswith("?"))):
        return match[0]
    return f"{name}{sign}{put(value)}"


def _is_card(digits: str) -> bool:
    """Luhn's check (ISO/IEC 7812-1, annex B) on a number that a card network could have given."""
    numbers = [int(c) for c in digits if c.isdigit()]
    if not _CARD_KIND.fullmatch("".join(map(str, numbers))):
        return False
    doubled = [n * 2 - 9 if n > 4 else n * 2 for n in numbers[-2::-2]]
    return (sum(numbers[-1::-2]) + sum(doubled)) % 10 == 0
