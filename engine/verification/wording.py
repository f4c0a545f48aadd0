"""How strongly a text says something: only, all, must, may, some, never."""

from __future__ import annotations

import re

_KINDS = {
    "only": r"only|solely|exclusively|nothing but|no one but|sole",
    "all": r"all|every|each|any|entire(?:ly)?|whole|always|everyone|everybody|everything|both|"
    r"completely|fully|in full|unlimited|no exceptions?|guaranteed?|any time|regardless",
    "must": r"must|required?|requires|has to|have to|need(?:s|ed)? to|mandatory|shall|"
    r"obligatory|compulsory|obliged",
    "may": r"may|can|could|might|optional(?:ly)?|possible|allowed|permitted|free to",
    "some": r"some|several|many|few|most(?:ly)?|often|sometimes|usually|typically|generally|"
    r"certain|partly|partial(?:ly)?|about|around|approximately|roughly|likely|probably|perhaps",
    "never": r"never|not|no|none|cannot|nobody|nothing|neither|without|\w+n['’]t",
    "more": r"more|better|higher|larger|greater|longer|faster|earlier|increase[ds]?|rises?|rose",
    "less": r"less|worse|lower|smaller|fewer|shorter|slower|later|decrease[ds]?|falls?|fell|"
    r"reduced?",
}
_PATTERNS = {kind: re.compile(rf"\b(?:{form})\b", re.IGNORECASE) for kind, form in _KINDS.items()}


def strengths(text: str) -> dict[str, str]:
    """The kinds of strength that a text holds, each with the first word that says it."""
    found = {}
    for kind, pattern in _PATTERNS.items():
        match = pattern.search(text)
        if match is not None:
            found[kind] = match.group()
    return found


_NEGATIVE = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|cannot|without|except|excluding|"
    r"exclude[sd]?|forbid(?:s|den)?|prohibit(?:s|ed)?|ban(?:s|ned)?|refuse[sd]?|reject(?:s|ed)?|"
    r"den(?:y|ies|ied)|"
    r"lack(?:s|ed|ing)?|fail(?:s|ed)?|stop(?:s|ped)?|closed?|cancel(?:s|led|ed)?|free|only|hardly|"
    r"rarely|unable|impossible|instead|disagree[sd]?|out of|no longer|disabled?|"
    r"remain(?:s|ed)? the same|un(?:able|available|paid|limited|changed|supported)|"
    r"in(?:valid|eligible|active)|\w+n['’]t)\b",
    re.IGNORECASE,
)


def is_negative(text: str) -> bool:
    """Whether a text holds any word that may say what "not" says elsewhere."""
    return _NEGATIVE.search(text) is not None


_TURNED = (
    ("before", "after"), ("with", "without"), ("over", "under"), ("above", "below"),
    ("more", "less"), ("more", "fewer"), ("most", "least"), ("always", "never"), ("first", "last"),
    ("inside", "outside"), ("upwards", "downwards"), ("into", "out of"), ("most", "few"),
    ("many", "few"), ("someone", "nobody"), ("somebody", "nobody"), ("everyone", "nobody"),
    ("both", "neither"), ("up", "down"), ("on", "off"), ("all", "none"),
)  # fmt: skip


def turned_words(claim: str, evidence: str) -> list[tuple[str, str]]:
    """Small words that stand in one text where the other has only their opposite.

    Pairs of (word of the claim, word of the evidence).
    """
    claimed, found = _small(claim), _small(evidence)
    return [
        (said, other)
        for pair in _TURNED
        for said, other in (pair, pair[::-1])
        if said in claimed and other not in claimed and other in found and said not in found
    ]


def _small(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+", text.lower()))
