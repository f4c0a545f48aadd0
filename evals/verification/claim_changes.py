"""Rules that reword a sentence, or change what it says."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

_NUMBER = re.compile(r"(?<![\w.,/-])\d{1,4}(?![\w/:-]|[.,]\d)")
_VERB = re.compile(r"\b(is|are|can|may|must|will|was|were|has|have)\b(?! not\b)")
_NEGATED = re.compile(r"\b(is|are|can|may|must|will|do|does|was|were) not\b|\bcannot\b")
_CONDITION = re.compile(r",? (?:if|unless|except|only for|only when|as long as) [^,.;]+(?=[,.;])")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b")
_OPPOSITES = {
    "before": "after",
    "after": "before",
    "minimum": "maximum",
    "maximum": "minimum",
    "more": "less",
    "first": "last",
    "last": "first",
    "always": "never",
    "never": "always",
    "internal": "external",
    "open": "close",
    "higher": "lower",
    "lower": "higher",
    "every": "no",
    "free": "paid",
    "allowed": "forbidden",
    "without": "with",
    "with": "without",
    "longer": "shorter",
    "new": "old",
    "at least": "at most",
    "at most": "at least",
    "up to": "at least",
    "same": "different",
    "automatically": "manually",
    "yearly": "monthly",
    "monthly": "yearly",
    "day": "week",
    "days": "weeks",
    "months": "years",
    "hours": "days",
    "email": "post",
    "customer": "supplier",
    "team lead": "intern",
    "manager": "customer",
    "paid": "unpaid",
    "added": "removed",
    "remove": "add",
    "enable": "disable",
}
_REWORDINGS = {
    "do not": "don't",
    "does not": "doesn't",
    "is not": "isn't",
    "are not": "aren't",
    "cannot": "can't",
    "must": "has to",
    "at least": "a minimum of",
    "up to": "at most",
    "within": "in at most",
    "for example": "such as",
    "customer": "client",
    "approve": "agree to",
    "needs": "requires",
    "send": "forward",
    "ask": "contact",
    "people": "persons",
    "also": "in addition",
    "about": "roughly",
    "every": "each",
    "get": "receive",
    "gets": "receives",
    "begin": "start",
    "buy": "purchase",
    "1": "one",
    "2": "two",
    "3": "three",
    "4": "four",
    "5": "five",
    "6": "six",
    "7 days": "one week",
    "14 days": "two weeks",
    "10": "ten",
    "12 months": "one year",
    "24 hours": "one day",
    "30 days": "one month",
}

Change = Callable[[str], str | None]


def names_in(text: str) -> list[str]:
    """What looks like a name within a sentence."""
    return _NAME.findall(text)


def changes_of(
    random_: random.Random, names: Sequence[str], others: Sequence[str]
) -> list[tuple[str, Change]]:
    """The rules by kind; each gives the changed sentence, or None where it finds nothing to change.

    names: that stand in for a name. others: sentences of the same passage, to join with.
    Of the kinds, `reworded` and `joined` keep the meaning.
    """

    def replaced(table: dict[str, str]) -> Change:
        def change(text: str) -> str | None:
            forms = [form for form in table if re.search(rf"\b{form}\b", text)]
            for form in random_.sample(forms, min(2, len(forms))):
                text = re.sub(rf"\b{form}\b", table[form], text, count=1)
            return text

        return change

    def one_replaced(table: dict[str, str]) -> Change:
        def change(text: str) -> str | None:
            forms = [form for form in table if re.search(rf"\b{form}\b", text)]
            if not forms:
                return None
            form = random_.choice(forms)
            return re.sub(rf"\b{form}\b", table[form], text, count=1)

        return change

    def number(text: str) -> str | None:
        found = list(_NUMBER.finditer(text))
        if not found:
            return None
        match = random_.choice(found)
        value = int(match.group())
        other = random_.choice([value + 1, value * 2, value + 10, max(1, value // 2)])
        return None if other == value else f"{text[: match.start()]}{other}{text[match.end() :]}"

    def negated(text: str) -> str | None:
        if _NEGATED.search(text):
            return _NEGATED.sub(
                lambda m: "can" if m.group() == "cannot" else m.group(1), text, count=1
            )
        return _VERB.sub(r"\1 not", text, count=1) if _VERB.search(text) else None

    def named(text: str) -> str | None:
        found = list(_NAME.finditer(text))
        if not found:
            return None
        match = random_.choice(found)
        return f"{text[: match.start()]}{random_.choice(names)}{text[match.end() :]}"

    def unconditional(text: str) -> str | None:
        return _CONDITION.sub("", text, count=1) if _CONDITION.search(text) else None

    def longer(text: str) -> str | None:
        extra = random_.choice(
            [
                "and sends a copy to the finance team",
                "which costs 15 euros",
                "after a review by the board",
                "because the insurer demands it",
                "including weekends and holidays",
                "with the help of an agency",
                "as the Lisbon office has done since spring",
                "and a bonus is paid for it",
                "using a tablet",
                "which most customers prefer",
                "in every country where we sell",
                "and it takes about an hour",
            ]
        )
        return f"{text.rstrip('.!?')}, {extra}."

    def joined(text: str) -> str | None:
        if not others:
            return None
        other = random_.choice(list(others))
        return f"{text.rstrip('.!?')}, and {other[:1].lower()}{other[1:]}"

    return [
        ("reworded", replaced(_REWORDINGS)),
        ("joined", joined),
        ("number", number),
        ("negated", negated),
        ("name", named),
        ("opposite", one_replaced(_OPPOSITES)),
        ("condition", unconditional),
        ("longer", longer),
    ]
