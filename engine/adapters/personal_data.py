"""Finding personal data by its form: phonenumbers and python-stdnum, with the engine's secrets."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from engine.intake import redact as redact_secrets

_EMAIL = re.compile(r"[\w.+'%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?!\w)")
_PERSON = re.compile(r"<@[UW][A-Z0-9]{2,30}(?:\|[^<>]{0,80})?>")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])")
_SHORTEST_IBAN = 15
_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)")
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(
    r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:(?:\.\d{1,3}){3})?(?![\w:])"
)
Put = Callable[[str, str], str]
"""What stands for a find, of its kind and its text."""

_NO_REGION = "ZZ"
_LONGEST_LINE = 10_000
_MOST_PHONES = 200
"""Candidates that the matcher looks at in one piece of text."""


class PersonalData:
    """The port `engine.redaction.Redactor`.

    region: two-letter country whose phone numbers are found without their prefix; None finds those
    with a prefix only. addresses: whether e-mail and network addresses and Slack's ids of people
    are replaced as well, which a case is often about. Loads its libraries at the first text.
    """

    def __init__(self, region: str | None = None, *, addresses: bool = True) -> None:
        self._region = region or _NO_REGION
        self._addresses = addresses

    def redact(self, text: str) -> str:
        """See the port."""
        return self.replaced(text, lambda kind, _: f"[{kind}]")

    def replaced(self, text: str, put: Put) -> str:
        """The text with `put(kind, found)` for each find; kind: "email", "person", "iban", "card",
        "ip", "phone", or "redacted" for a secret.
        """

        def of(kind: str, holds: Callable[[str], bool] = bool) -> Callable[[re.Match[str]], str]:
            return lambda match: put(kind, match[0]) if holds(match[0]) else match[0]

        text, _ = redact_secrets(text, lambda found: put("redacted", found))
        if self._addresses:
            text = _PERSON.sub(of("person"), _EMAIL.sub(of("email"), text))
        text = _IBAN.sub(lambda match: _without_iban(match, put), text)
        text = _CARD.sub(of("card", _is_card), text)
        if self._addresses:
            text = _IPV6.sub(of("ip", _is_address), text)
            text = _IPV4.sub(of("ip", _is_address), text)
        return self._without_phones(text, put)

    def _without_phones(self, text: str, put: Put) -> str:
        """Line by line, so that one long text cannot use up the matcher's patience for all."""
        return "".join(
            self._line_without_phones(line[at : at + _LONGEST_LINE], put)
            for line in text.splitlines(keepends=True)
            for at in range(0, len(line), _LONGEST_LINE)
        )

    def _line_without_phones(self, line: str, put: Put) -> str:
        if sum(c.isdigit() for c in line) < 6:
            return line
        from phonenumbers import PhoneNumberMatcher

        made, end = [], 0
        for match in PhoneNumberMatcher(line, self._region, max_tries=_MOST_PHONES):
            made += [line[end : match.start], put("phone", line[match.start : match.end])]
            end = match.end
        return "".join([*made, line[end:]])


def _is_card(digits: str) -> bool:
    """ISO/IEC 7812-1: 13 to 19 digits with Luhn's check digit."""
    from stdnum import luhn

    return bool(luhn.is_valid("".join(c for c in digits if c.isdigit())))


def _is_address(text: str) -> bool:
    """An address that tells something of somebody; the loopback and `a::b` of a program do not."""
    if not any(c.isdigit() for c in text):
        return False
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (found.is_loopback or found.is_unspecified)


def _without_iban(match: re.Match[str], put: Put) -> str:
    """The longest beginning that is an IBAN: words may follow it without a break."""
    from stdnum import iban

    text = match[0]
    ends = [i for i, c in enumerate(text, 1) if c.isalnum()]
    for end in reversed(ends[_SHORTEST_IBAN - 1 :]):
        if iban.is_valid(text[:end], check_country=False):
            return f"{put('iban', text[:end])}{text[end:]}"
    return text
