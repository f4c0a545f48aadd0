"""What the first words of a sentence tell: a reference backwards, an example, a condition."""

from __future__ import annotations

import re

_DANGLING = re.compile(
    r"^\W*(?:"
    r"(?:this|that|these|those|such)\b(?! (?:page|guide|document|article|section|handbook|policy"
    r"|tutorial|topic)\b)"
    r"|it(?:'s|’s)?\b(?!(?:'s|’s)? (?:is |was |will be |can be "
    r"|may be )?(?:also )?(?:not )?(?:possible"
    r"|recommended|important|necessary|best|advisable|required|your|our)\b)"
    r"|(?:they|he|she|its|their|his|her|them|both\b(?! .{2,80} and )"
    r"|neither\b(?! .{2,80} nor )|either\b(?! .{2,80} or )|all of (?:them|these|this|which))\b"
    r"|(?:however|but|and|or|so|also|then|thus|hence|therefore|otherwise|instead(?! of\b)"
    r"|besides(?=,)|moreover|furthermore|additionally|in addition(?! to\b)|similarly|likewise"
    r"|conversely|nevertheless|nonetheless|still|consequently|accordingly|afterwards?"
    r"|as (?:a result|such)|for (?:example|instance)"
    r"|in (?:this|that|such|either|both|the former|the latter|contrast(?! to\b)"
    r"|other words|these|those)\b"
    r"|on the other hand|in case of doubt|after (?:that|this)|before (?:that|this)|if (?:so|not|it"
    r"|they|this|that|these|those)|when (?:it|they|this|that)|to do (?:so|this|that)|once (?:it"
    r"|they|this|that)|because of (?:this|that)|at (?:this|that) point|until then|since then)\b"
    r"|the (?:former|latter|same|above|other|others|rest|first one|second one)\b"
    r")",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(r"^\W*(?:for example|for instance|e\.g\.|example)\b", re.IGNORECASE)
_CONDITION = re.compile(r"\W*(?:if|when|whenever|unless|should)\s([^,;:]{5,160}),\s", re.IGNORECASE)


def refers_back(text: str) -> bool:
    """Whether a sentence starts with a reference to the one before it."""
    return bool(_DANGLING.match(text))


def leads_into_example(text: str) -> bool:
    """Whether what follows the text is an example and no rule."""
    return bool(_EXAMPLE.match(text))


def condition_of(text: str) -> str:
    """The condition that a sentence opens with ("If you moved, ..."); empty if none."""
    clause = _CONDITION.match(text)
    return clause[1] if clause else ""
