"""The first stage: a question made safe to search, store and show."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.question import Question, Turn
from engine.readable import readable, searchable

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

    question: normalised, redacted and cut. shown: the same in the letters it was asked in, to be
    kept and repeated. was_cut: part of what was asked this time was too long to be read.
    redactions: secrets replaced.
    """

    question: Question
    shown: Question
    was_cut: bool
    redactions: int


def admit(question: Question, *, max_chars: int) -> Admitted:
    """Cleans every text of a question; never refuses one.

    Characters that cannot be seen are dropped, those that are written in other ways made alike,
    secrets (keys, tokens, passwords, card numbers) become "[redacted]", and what goes past
    `max_chars` is cut at a blank. Only the last turns of the history are kept.
    """
    limits = (max_chars, min(_LONGEST_SUBJECT, max_chars), max_chars)
    asked = [
        _clean(text, limit)
        for text, limit in zip(
            (question.text, question.subject, question.body), limits, strict=True
        )
    ]
    turns = question.history[-_MOST_TURNS:]
    said = [_clean(turn.text, max_chars) for turn in turns]

    def cleaned(texts: list[str], history: list[str]) -> Question:
        text, subject, body = texts
        return replace(
            question,
            text=text,
            subject=subject,
            body=body,
            history=tuple(
                Turn(role=turn.role, text=words) for turn, words in zip(turns, history, strict=True)
            ),
        )

    return Admitted(
        question=cleaned([each.text for each in asked], [each.text for each in said]),
        shown=cleaned([each.shown for each in asked], [each.shown for each in said]),
        was_cut=any(each.was_cut for each in asked),
        redactions=sum(each.redactions for each in (*asked, *said)),
    )


@dataclass(frozen=True, slots=True)
class _Cleaned:
    """A text as it is searched and as it is shown."""

    text: str
    shown: str
    was_cut: bool
    redactions: int


def _clean(raw: str, limit: int) -> _Cleaned:
    whole = raw[: limit * 2]
    text, redactions = redact(searchable(whole).strip())  # before the cut, which may halve a secret
    shown = text if redactions else readable(whole).strip()
    cut = _cut(text, limit)
    was_cut = len(raw) > limit * 2 or cut != text
    return _Cleaned(cut, _cut(shown, limit), was_cut, redactions)


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    space = text.rfind(" ", max(0, limit - 200), limit)
    return readable(text[: space if space > 0 else limit]).strip()


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
